"""Making and redeeming activation codes."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from app.core.clock import utc_now
from app.core.crud import Service, names_of
from app.core.errors import too_many_attempts
from app.core.operations import note_change
from app.system.activation_codes import repository
from app.system.activation_codes.errors import code_invalid
from app.system.activation_codes.models import TABLE, ActivationCode, RedeemFailure
from app.system.activation_codes.schemas import (
    ActivationCodeAnswer,
    ActivationCodesCreate,
    ActivationCodesCreated,
    MyActivation,
    Redeemed,
)
from app.system.activation_codes.text import GROUP, grouped, make_code, normalise

GUESSES = 10
GUESS_WINDOW = timedelta(hours=1)


def state_of(row: ActivationCode, now: datetime) -> str:
    """The same four cases as repository.in_state."""
    if not row.is_enabled:
        return "disabled"
    if row.deadline is None:
        return "unused"
    return "active" if row.deadline > now else "expired"


class CodeService(Service[ActivationCode, ActivationCodeAnswer]):
    def title(self, row: ActivationCode) -> str:
        """Without the code itself: the recycle bin is not for codes, and one that comes back can be redeemed."""
        return f"{row.code[:GROUP]}-… ({row.batch})"

    async def more(self, session: AsyncSession, rows: Sequence[ActivationCode]) -> Mapping[int, Mapping[str, Any]]:
        names = await names_of(session, [row.redeemer_id for row in rows])
        now = utc_now()
        return {
            row.id: {
                "code": grouped(row.code),
                "state": state_of(row, now),
                "redeemer_name": names.get(row.redeemer_id or 0),
            }
            for row in rows
        }


service = CodeService("activation_code", "activation_codes", repository.codes, ActivationCodeAnswer)


def new_batch() -> str:
    return f"{utc_now():%Y%m%d}-{make_code()[:6]}"


async def make(session: AsyncSession, body: ActivationCodesCreate, creator_id: int) -> ActivationCodesCreated:
    """One statement for all of them. 100 random bits each: none has ever to be asked for whether it is taken."""
    now = utc_now()
    batch = new_batch()
    common = {"days": body.days, "note": body.note, "batch": batch, "creator_id": creator_id, "created_at": now}
    await repository.add(session, [{"code": make_code(), **common} for _ in range(body.count)])
    noted = {"batch": batch, "count": body.count, "days": body.days, "note": body.note}
    note_change(session, TABLE, {name: (None, value) for name, value in noted.items()}, None)
    return ActivationCodesCreated(created=body.count, batch=batch)


async def redeem(session: AsyncSession, text: str, user_id: int) -> Redeemed:
    """Start the code's days, now. Runs in the writing transaction: of many at once, one finds the code unused."""
    now = utc_now()
    guessed, first = await repository.guesses(session, user_id, now - GUESS_WINDOW)
    if guessed >= GUESSES:
        raise too_many_attempts((first or now) + GUESS_WINDOW, now)
    row = await repository.by_code(session, normalise(text))
    if row is None or not row.is_enabled or row.redeemer_id not in (None, user_id):
        await repository.forget_guesses(session, user_id, now - GUESS_WINDOW)
        session.add(RedeemFailure(creator_id=user_id))
        await session.flush()
        raise code_invalid()
    if row.started_at is None:
        row.redeemer_id, row.started_at, row.deadline = user_id, now, now + timedelta(days=row.days)
        await session.flush()
    return _redeemed(row)


def _redeemed(row: ActivationCode) -> Redeemed:
    return Redeemed.model_validate(row, from_attributes=True)


async def mine(session: AsyncSession, user_id: int) -> MyActivation:
    rows = await repository.redeemed_by(session, user_id)
    deadline = rows[0].deadline if rows else None
    return MyActivation(
        is_active=deadline is not None and deadline > utc_now(),
        deadline=deadline,
        redeemed=[_redeemed(row) for row in rows],
    )

"""Every query about activation codes."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, and_, delete, func, insert, select
from sqlalchemy.ext.asyncio import AsyncSession

from app.core.clock import utc_now
from app.core.crud import Repository, starts_with
from app.system.activation_codes.models import ActivationCode, RedeemFailure
from app.system.activation_codes.text import normalise

MOST_OF_ONE = 20


def in_state(state: str) -> ColumnElement[bool]:
    """The same four cases as service.state_of, in words of the database."""
    enabled, started = ActivationCode.is_enabled, ActivationCode.started_at
    if state == "disabled":
        return ~enabled
    if state == "unused":
        return and_(enabled, started.is_(None))
    over = ActivationCode.deadline <= utc_now() if state == "expired" else ActivationCode.deadline > utc_now()
    return and_(enabled, over)


codes = Repository(
    ActivationCode,
    filters={"state": in_state, "q": lambda text: starts_with(ActivationCode.code, normalise(text))},
)


async def add(session: AsyncSession, rows: Sequence[Mapping[str, Any]]) -> None:
    await (await session.connection()).execute(insert(ActivationCode), list(rows))


async def by_code(session: AsyncSession, code: str) -> ActivationCode | None:
    return await session.scalar(select(ActivationCode).where(ActivationCode.code == code, *codes.visible()))


async def redeemed_by(session: AsyncSession, user_id: int) -> Sequence[ActivationCode]:
    """Latest deadline first; disabled ones count no more."""
    query = (
        select(ActivationCode)
        .where(ActivationCode.redeemer_id == user_id, ActivationCode.is_enabled, *codes.visible())
        .order_by(ActivationCode.deadline.desc())
        .limit(MOST_OF_ONE)
    )
    return (await session.scalars(query)).all()


async def guesses(session: AsyncSession, user_id: int, since: datetime) -> tuple[int, datetime | None]:
    """How many wrong codes this account tried since then, and when it tried the first of them."""
    query = select(func.count(), func.min(RedeemFailure.created_at)).where(
        RedeemFailure.creator_id == user_id, RedeemFailure.created_at >= since
    )
    row = (await session.execute(query)).one()
    return row[0], row[1]


async def forget_guesses(session: AsyncSession, user_id: int, before: datetime) -> None:
    await session.execute(
        delete(RedeemFailure).where(RedeemFailure.creator_id == user_id, RedeemFailure.created_at < before)
    )

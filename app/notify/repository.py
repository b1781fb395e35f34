"""Every query about the outbox."""

from datetime import datetime, timedelta

from sqlalchemy import bindparam, delete, literal_column, select, update
from sqlalchemy.dialects import sqlite
from sqlalchemy.ext.asyncio import AsyncSession

from app.core.database import PointReader
from app.notify.models import OutboxMail, OutboxState

_waiting = OutboxMail.state == literal_column("'waiting'")  # a constant, or the index of waiting rows is not used

# Asked once a second by every process, so by the point reader (docs/decisions/0011).
_DUE = str(
    select(OutboxMail.id)
    .where(_waiting, OutboxMail.next_attempt_at <= bindparam("now"))
    .compile(dialect=sqlite.dialect())
)


def has_due(points: PointReader, now: datetime) -> bool:
    return points.first(_DUE, (now.replace(tzinfo=None).isoformat(" ", "microseconds"),)) is not None


async def claim(session: AsyncSession, now: datetime, lease: timedelta) -> OutboxMail | None:
    """The oldest letter that is due, for this caller alone until the lease ends. The session holds the write lock."""
    mail = await session.scalar(
        select(OutboxMail)
        .where(_waiting, OutboxMail.next_attempt_at <= now)
        .order_by(OutboxMail.next_attempt_at, OutboxMail.id)
        .limit(1)
    )
    if mail is not None:
        mail.attempts += 1
        mail.next_attempt_at = now + lease
    return mail


async def note_failure(session: AsyncSession, mail: OutboxMail, error: str, next_attempt_at: datetime) -> None:
    """Only the claim that is still the last one may say how it went."""
    await session.execute(
        update(OutboxMail)
        .where(OutboxMail.id == mail.id, OutboxMail.attempts == mail.attempts, _waiting)
        .values(last_error=error, next_attempt_at=next_attempt_at)
    )


async def finish(session: AsyncSession, mail: OutboxMail, state: OutboxState, error: str | None, now: datetime) -> None:
    await session.execute(
        update(OutboxMail)
        .where(OutboxMail.id == mail.id, OutboxMail.attempts == mail.attempts, _waiting)
        .values(state=state, last_error=error, finished_at=now, text="", html="")
    )


async def remove_finished(session: AsyncSession, before: datetime) -> None:
    await session.execute(delete(OutboxMail).where(OutboxMail.finished_at < before))

"""Every query about the outbox."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, bindparam, delete, literal_column, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from app.core.crud import LogRepository
from app.core.database import PointQuery, PointReader
from app.notify.models import MAIL, OutboxMessage, OutboxState

_waiting = OutboxMessage.state == literal_column("'waiting'")  # a constant, or the index of waiting rows is not used

# Asked once a second by every process, so by the point reader (docs/decisions/0011).
_is_due = (_waiting, OutboxMessage.next_attempt_at <= bindparam("now"))
_DUE = PointQuery(select(OutboxMessage.id).where(*_is_due).limit(1))
_DUE_WITHOUT_MAIL = PointQuery(
    select(OutboxMessage.id).where(*_is_due, OutboxMessage.medium != literal_column(f"'{MAIL}'")).limit(1)
)

outbox = LogRepository(
    OutboxMessage,
    search=[OutboxMessage.recipient, OutboxMessage.subject],
)


async def has_due(points: PointReader, now: datetime, *, mail: bool) -> bool:
    """`mail`: whether letters can be sent at all."""
    return await points.first(_DUE if mail else _DUE_WITHOUT_MAIL, {"now": now}) is not None


async def claim(session: AsyncSession, now: datetime, lease: timedelta, *, mail: bool = True) -> OutboxMessage | None:
    """The oldest message that is due, for this caller alone until the lease ends. The session holds the write lock."""
    due: list[ColumnElement[bool]] = [_waiting, OutboxMessage.next_attempt_at <= now]
    if not mail:
        due.append(OutboxMessage.medium != MAIL)
    message = await session.scalar(
        select(OutboxMessage).where(*due).order_by(OutboxMessage.next_attempt_at, OutboxMessage.id).limit(1)
    )
    if message is not None:
        message.attempts += 1
        message.next_attempt_at = now + lease
    return message


async def of_claim(session: AsyncSession, message: OutboxMessage) -> OutboxMessage | None:
    """The row, if this claim is still the last one: only that may say how it went."""
    return await session.scalar(
        select(OutboxMessage).where(
            OutboxMessage.id == message.id, OutboxMessage.attempts == message.attempts, _waiting
        )
    )


async def of_job(session: AsyncSession, message_id: int, job_id: int) -> OutboxMessage | None:
    """The row, if it is this job that sends it."""
    return await session.scalar(
        select(OutboxMessage).where(
            OutboxMessage.id == message_id,
            OutboxMessage.job_id == job_id,
            OutboxMessage.state == OutboxState.SENDING,
        )
    )


async def ids_finished(session: AsyncSession, before: datetime, limit: int) -> Sequence[int]:
    oldest = select(OutboxMessage.id).where(OutboxMessage.finished_at < before).order_by(OutboxMessage.finished_at)
    return (await session.scalars(oldest.limit(limit))).all()


async def remove(session: AsyncSession, ids: Sequence[int]) -> None:
    await session.execute(delete(OutboxMessage).where(OutboxMessage.id.in_(ids)))


async def call_off(session: AsyncSession, channel_ids: Sequence[int], now: datetime) -> None:
    """What still waits for these channels is not sent."""
    await session.execute(
        update(OutboxMessage)
        .where(OutboxMessage.channel_id.in_(channel_ids), _waiting)
        .values(state=OutboxState.CANCELLED, finished_at=now, text="", html="", link="")
    )

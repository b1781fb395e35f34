"""Every query about queues and workers."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import ColumnElement, func, literal_column, select
from sqlalchemy.ext.asyncio import AsyncSession

from app.jobs.models import Job, JobWorker
from app.jobs.repository import is_queued, is_running


class Waiting(NamedTuple):
    number: int
    oldest: datetime | None


async def waiting(session: AsyncSession) -> dict[str, Waiting]:
    """By queue, as in the following: one without any is not there."""
    query = select(Job.queue, func.count(), func.min(Job.created_at)).where(is_queued).group_by(Job.queue)
    return {row[0]: Waiting(row[1], row[2]) for row in await session.execute(query)}


async def running(session: AsyncSession) -> dict[str, int]:
    return await _numbers(session, is_running)


async def failed(session: AsyncSession, queues: Iterable[str], since: datetime) -> dict[str, int]:
    """`queues`: by name, or the index would be walked from before `since`."""
    is_failed = Job.state == literal_column("'failed'")
    return await _numbers(session, is_failed, Job.queue.in_(queues), Job.finished_at >= since)


async def _numbers(session: AsyncSession, *conditions: ColumnElement[bool]) -> dict[str, int]:
    query = select(Job.queue, func.count()).where(*conditions).group_by(Job.queue)
    return {row[0]: row[1] for row in await session.execute(query)}


async def workers(session: AsyncSession) -> Sequence[JobWorker]:
    return (await session.scalars(select(JobWorker).order_by(JobWorker.started_at.desc()))).all()

"""Every query about queues and workers."""

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import func, literal_column, select
from sqlalchemy.ext.asyncio import AsyncSession

from app.jobs.models import Job, JobWorker
from app.jobs.repository import is_queued, is_running


class Waiting(NamedTuple):
    number: int
    oldest: datetime | None


async def waiting(session: AsyncSession, queue: str) -> Waiting:
    query = select(func.count(), func.min(Job.created_at)).where(is_queued, Job.queue == queue)
    return Waiting._make((await session.execute(query)).one())


async def running(session: AsyncSession, queue: str) -> int:
    return await session.scalar(select(func.count()).where(is_running, Job.queue == queue)) or 0


async def failed(session: AsyncSession, queue: str, since: datetime) -> int:
    is_failed = Job.state == literal_column("'failed'")
    query = select(func.count()).where(is_failed, Job.queue == queue, Job.finished_at >= since)
    return await session.scalar(query) or 0


async def workers(session: AsyncSession) -> Sequence[JobWorker]:
    return (await session.scalars(select(JobWorker).order_by(JobWorker.started_at.desc()))).all()

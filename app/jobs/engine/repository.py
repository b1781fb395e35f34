"""Every query that the worker asks about jobs."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, cast

from sqlalchemy import CursorResult, bindparam, delete, insert, literal_column, select, update
from sqlalchemy.dialects import sqlite
from sqlalchemy.ext.asyncio import AsyncSession

from app.core.database import PointReader
from app.jobs.models import Job, JobEvent, JobState, JobWorker
from app.jobs.repository import is_queued, is_running

# Asked many times a second, so by the point reader (docs/decisions/0011).
_CANCELLING = str(
    select(Job.id).where(is_running, Job.cancel_asked_at > literal_column("''")).compile(dialect=sqlite.dialect())
)


class Line:
    """What waits before each queue and this release knows how to do; other kinds are left where they are."""

    def __init__(self, kinds: Sequence[str]) -> None:
        self._kinds = tuple(kinds)
        known = Job.kind.in_([bindparam(f"kind{number}") for number in range(len(kinds))])
        waiting = select(Job.id).where(is_queued, Job.queue == bindparam("queue"), known)
        self._waiting = str(waiting.compile(dialect=sqlite.dialect()))

    def has(self, points: PointReader, queue: str) -> bool:
        return points.first(self._waiting, (queue, *self._kinds)) is not None

    async def take(self, session: AsyncSession, queue: str, limit: int, worker: str, now: datetime) -> Sequence[Job]:
        """The next ones, theirs who waited longest for their turn; from now on they are this worker's."""
        next_ones = (
            select(Job)
            .where(is_queued, Job.queue == queue, Job.kind.in_(self._kinds))
            .order_by(Job.rank, Job.turn, Job.id)
            .limit(limit)
        )
        taken = (await session.scalars(next_ones)).all()
        for job in taken:
            job.state, job.worker, job.started_at, job.attempts = JobState.RUNNING, worker, now, job.attempts + 1
        await session.flush()
        return taken


def cancelling(points: PointReader) -> list[int]:
    """Running jobs that somebody wants stopped."""
    return [row[0] for row in points.all(_CANCELLING, ())]


async def adopt(session: AsyncSession, worker: str) -> Sequence[Job]:
    """Make this worker's what another one left running."""
    left = (await session.scalars(select(Job).where(is_running).order_by(Job.id))).all()
    for job in left:
        job.worker, job.attempts = worker, job.attempts + 1
    await session.flush()
    return left


async def get(session: AsyncSession, job_id: int) -> Job | None:
    return await session.get(Job, job_id)


async def own(session: AsyncSession, job_id: int, worker: str) -> Job | None:
    """The job, if it still runs and is this worker's."""
    return await session.scalar(select(Job).where(Job.id == job_id, is_running, Job.worker == worker))


async def set_progress(session: AsyncSession, job_id: int, done: float, words: str | None) -> None:
    await session.execute(update(Job).where(Job.id == job_id, is_running).values(progress=done, progress_text=words))


async def last_made(session: AsyncSession, kind: str) -> datetime | None:
    newest = select(Job.created_at).where(Job.kind == kind, ~Job.is_deleted).order_by(Job.created_at.desc()).limit(1)
    return await session.scalar(newest)


async def remove_finished(session: AsyncSession, before: datetime, limit: int) -> int:
    """Remove jobs that ended before this moment, with what they told; the oldest first."""
    old = select(Job.id).where(Job.finished_at < before).order_by(Job.finished_at).limit(limit)
    ids = (await session.scalars(old)).all()
    if ids:
        await session.execute(update(Job).where(Job.retry_of_id.in_(ids)).values(retry_of_id=None))
        await session.execute(delete(JobEvent).where(JobEvent.job_id.in_(ids)))
        await session.execute(delete(Job).where(Job.id.in_(ids)))
    return len(ids)


async def beat(session: AsyncSession, worker: dict[str, Any], now: datetime) -> None:
    """Say that this worker is alive."""
    seen = await session.execute(update(JobWorker).where(JobWorker.name == worker["name"]).values(seen_at=now))
    if not cast(CursorResult[Any], seen).rowcount:
        await session.execute(insert(JobWorker).values(**worker, started_at=now, seen_at=now))


async def remove_worker(session: AsyncSession, name: str) -> None:
    await session.execute(delete(JobWorker).where(JobWorker.name == name))


async def remove_workers(session: AsyncSession, seen_before: datetime) -> None:
    await session.execute(delete(JobWorker).where(JobWorker.seen_at < seen_before))

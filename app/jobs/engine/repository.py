"""Every query that the worker asks about jobs."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, cast

from sqlalchemy import (
    ColumnElement,
    CursorResult,
    and_,
    bindparam,
    delete,
    exists,
    func,
    insert,
    literal_column,
    select,
    update,
)
from sqlalchemy.ext.asyncio import AsyncSession

from app.core.at_once import RowQuery, change_at_once
from app.core.crud import starts_with
from app.core.database import PointQuery, PointReader
from app.jobs.models import Job, JobEvent, JobState, JobWorker
from app.jobs.repository import is_queued, is_running

# Asked many times a second, so by the point reader (docs/decisions/0011).
# Compared with the first of all moments: for IS NOT NULL SQLite walks no index.
_OWN = RowQuery(Job, Job.id == bindparam("id"), is_running, Job.worker == bindparam("of_worker"))
_CANCELLING = PointQuery(select(Job.id).where(is_running, Job.cancel_asked_at > literal_column("'0001-01-01'")))


class Line:
    """What waits before each queue and this release knows how to do; other kinds are left where they are."""

    def __init__(self, kinds: Sequence[str], queues: Sequence[str] = ()) -> None:
        """`queues`: of which `waiting` tells."""
        self._queues = tuple(queues)
        known = Job.kind.in_([bindparam(f"kind{number}") for number in range(len(kinds))])
        names = {f"queue{number}": queue for number, queue in enumerate(queues)}
        self._waiting = PointQuery(
            select(*(exists().where(is_queued, Job.queue == bindparam(name), known) for name in names))
        )
        self._next = RowQuery(
            Job,
            is_queued,
            Job.queue == bindparam("queue"),
            known,
            order=(Job.rank, Job.turn, Job.id),
            limit=bindparam("most"),
        )
        self._known = {f"kind{number}": kind for number, kind in enumerate(kinds)}
        self._asked = {**names, **self._known}

    async def waiting(self, points: PointReader) -> list[str]:
        """The queues before which something waits: one question for all of them."""
        found = await points.first(self._waiting, self._asked) or ()
        return [queue for queue, is_waited_for in zip(self._queues, found, strict=True) if is_waited_for]

    async def take(self, session: AsyncSession, queue: str, limit: int, worker: str, now: datetime) -> Sequence[Job]:
        """The next ones, theirs who waited longest for their turn; from now on they are this worker's."""
        taken = await self._next.read_in(session, queue=queue, most=limit, **self._known)
        for job in taken:
            await change_at_once(
                session, job, state=JobState.RUNNING, worker=worker, started_at=now, attempts=job.attempts + 1
            )
        return taken


async def cancelling(points: PointReader) -> list[int]:
    """Running jobs that somebody wants stopped."""
    return [row[0] for row in await points.all(_CANCELLING)]


async def adopt(session: AsyncSession, worker: str) -> Sequence[Job]:
    """Make this worker's what another one left running."""
    left = (await session.scalars(select(Job).where(is_running).order_by(Job.id))).all()
    for job in left:
        job.worker, job.attempts = worker, job.attempts + 1
    await session.flush()
    return left


async def own(session: AsyncSession, job_id: int, worker: str) -> Job | None:
    """The job, if it still runs and is this worker's."""
    return next(iter(await _OWN.read_in(session, id=job_id, of_worker=worker)), None)


async def set_progress(session: AsyncSession, job_id: int, done: float, words: str | None) -> None:
    await session.execute(update(Job).where(Job.id == job_id, is_running).values(progress=done, progress_text=words))


async def last_made(session: AsyncSession, kind: str) -> datetime | None:
    newest = select(Job.created_at).where(Job.kind == kind, ~Job.is_deleted).order_by(Job.created_at.desc()).limit(1)
    return await session.scalar(newest)


def ended_before(
    moment: datetime, states: Sequence[str] = (), queue: str | None = None, title: str = ""
) -> ColumnElement[bool]:
    """Which jobs to remove: those that ended before this moment, of these states, this queue and such a title."""
    wanted = [Job.finished_at < moment]
    if states:
        wanted.append(Job.state.in_(states))
    if queue is not None:
        wanted.append(Job.queue == queue)
    if title:
        wanted.append(starts_with(Job.title, title))
    return and_(*wanted)


async def number(session: AsyncSession, wanted: ColumnElement[bool]) -> int:
    return await session.scalar(select(func.count()).select_from(Job).where(wanted)) or 0


async def remove(session: AsyncSession, wanted: ColumnElement[bool], limit: int) -> int:
    """Remove jobs with what they told; those that ended first first."""
    old = select(Job.id).where(wanted).order_by(Job.finished_at).limit(limit)
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

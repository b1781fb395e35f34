"""Every query about schedules and their runs."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any, cast

from sqlalchemy import ColumnElement, CursorResult, bindparam, delete, func, literal_column, or_, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from app.core.crud import LogRepository, Repository
from app.core.database import PointQuery, PointReader
from app.jobs.models import Job, JobState
from app.jobs.schedules.models import ACTIVE, JobSchedule, JobScheduleRun, RunState

# Constants, or the partial index of these states is not used.
_is_active = JobScheduleRun.state.in_([literal_column(f"'{state}'") for state in sorted(ACTIVE)])
_is_given = JobScheduleRun.state == literal_column(f"'{RunState.GIVEN}'")
_is_planned = JobScheduleRun.planned_for.is_not(None)
_is_due = JobSchedule.next_run_at <= bindparam("moment")
# A schedule whose planned time has passed, and nobody was told of that one yet.
_is_untold = or_(JobSchedule.told_of.is_(None), JobSchedule.told_of != JobSchedule.next_run_at)
_is_late = (_is_given, ~JobScheduleRun.is_told_of, Job.state == JobState.QUEUED)

# Asked every second, so by the point reader (docs/decisions/0011).
_DUE = PointQuery(select(JobSchedule.id).where(_is_due).limit(1))
_OVERDUE = PointQuery(select(JobSchedule.id).where(_is_due, _is_untold).limit(1))


class RunRepository(LogRepository[JobScheduleRun]):
    async def remove_before(self, session: AsyncSession, moment: datetime, limit: int) -> int:
        """As every log's, but for what has not ended."""
        old = select(JobScheduleRun.id).where(JobScheduleRun.created_at < moment, ~_is_active)
        oldest = old.order_by(JobScheduleRun.created_at).limit(limit)
        removed = await session.execute(delete(JobScheduleRun).where(JobScheduleRun.id.in_(oldest)))
        return cast(CursorResult[Any], removed).rowcount


def _in_state(state: str) -> ColumnElement[bool]:
    return _is_active if state == "active" else JobScheduleRun.state == state


schedules = Repository(JobSchedule, search=[JobSchedule.name])
runs = RunRepository(JobScheduleRun, filters={"state": _in_state})


async def has_due(points: PointReader, now: datetime) -> bool:
    return await points.first(_DUE, {"moment": now}) is not None


async def has_overdue(points: PointReader, before: datetime) -> bool:
    return await points.first(_OVERDUE, {"moment": before}) is not None


async def due(session: AsyncSession, now: datetime) -> Sequence[int]:
    """Ids of those whose time has come, the longest overdue first."""
    found = select(JobSchedule.id).where(JobSchedule.next_run_at <= now).order_by(JobSchedule.next_run_at)
    return (await session.scalars(found)).all()


async def still_due(session: AsyncSession, schedule_id: int, now: datetime) -> JobSchedule | None:
    """It, unless somebody else has seen to it. On a database with many writers, one at a time holds it."""
    found = select(JobSchedule).where(JobSchedule.id == schedule_id, JobSchedule.next_run_at <= now)
    return await session.scalar(found.with_for_update(skip_locked=True))


async def advance(session: AsyncSession, schedule_id: int, **columns: Any) -> None:
    """Past the session's own bookkeeping: nobody has changed it, its time has come."""
    await session.execute(
        update(JobSchedule)
        .where(JobSchedule.id == schedule_id)
        .values(**columns)
        .execution_options(synchronize_session=False)
    )


async def last_planned(session: AsyncSession, schedule_id: int) -> datetime | None:
    """The latest planned time that a run is known of."""
    return await session.scalar(
        select(func.max(JobScheduleRun.planned_for)).where(JobScheduleRun.schedule_id == schedule_id)
    )


async def overdue(session: AsyncSession, before: datetime) -> Sequence[JobSchedule]:
    found = select(JobSchedule).where(JobSchedule.next_run_at <= before, _is_untold)
    return (await session.scalars(found.order_by(JobSchedule.next_run_at))).all()


async def not_begun(session: AsyncSession, before: datetime) -> Sequence[JobScheduleRun]:
    """Runs whose job has been in line since before this moment, and nobody was told of it."""
    found = select(JobScheduleRun).join(Job, Job.id == JobScheduleRun.job_id)
    return (await session.scalars(found.where(*_is_late, JobScheduleRun.created_at <= before))).all()


async def run_of(session: AsyncSession, run_id: int) -> JobScheduleRun | None:
    return await session.get(JobScheduleRun, run_id)


async def planned_in(session: AsyncSession, schedule_id: int, state: RunState) -> Sequence[JobScheduleRun]:
    """The planned ones in an active state, oldest first; what somebody asked for stands apart."""
    found = select(JobScheduleRun).where(
        JobScheduleRun.schedule_id == schedule_id, _is_active, JobScheduleRun.state == state, _is_planned
    )
    return (await session.scalars(found.order_by(JobScheduleRun.planned_for))).all()


async def unsettled(session: AsyncSession) -> Sequence[tuple[int, Job | None]]:
    """Given runs whose job has ended or is gone: nobody has noted their end."""
    found = (
        select(JobScheduleRun.id, Job)
        .outerjoin(Job, Job.id == JobScheduleRun.job_id)
        .where(_is_given, or_(Job.id.is_(None), Job.finished_at.is_not(None)))
    )
    return [(row[0], row[1]) for row in await session.execute(found)]


async def forgotten(session: AsyncSession) -> Sequence[int]:
    """Ids of schedules of which a run waits for one that is not at work any more."""
    at_work = select(JobScheduleRun.schedule_id).where(_is_given, _is_planned)
    waiting = JobScheduleRun.state == literal_column(f"'{RunState.WAITING}'")
    found = select(JobScheduleRun.schedule_id).where(waiting, JobScheduleRun.schedule_id.not_in(at_work))
    return (await session.scalars(found.distinct())).all()


async def jobs_of(session: AsyncSession, rows: Iterable[JobScheduleRun]) -> dict[int, Job]:
    """By id, the jobs of those that have not ended."""
    ids = {row.job_id for row in rows if row.state == RunState.GIVEN}
    return {job.id: job for job in await session.scalars(select(Job).where(Job.id.in_(ids)))} if ids else {}


async def of_ids(session: AsyncSession, ids: Iterable[int]) -> dict[int, JobSchedule]:
    """By id, deleted ones too."""
    return {row.id: row for row in await session.scalars(select(JobSchedule).where(JobSchedule.id.in_(set(ids))))}


async def last_runs(session: AsyncSession, ids: Iterable[int]) -> dict[int, JobScheduleRun]:
    """By schedule, the newest of each."""
    newest = select(func.max(JobScheduleRun.id)).where(JobScheduleRun.schedule_id.in_(set(ids)))
    found = select(JobScheduleRun).where(JobScheduleRun.id.in_(newest.group_by(JobScheduleRun.schedule_id)))
    return {row.schedule_id: row for row in await session.scalars(found)}


async def remove_runs(session: AsyncSession, schedule_ids: Iterable[int]) -> None:
    await session.execute(delete(JobScheduleRun).where(JobScheduleRun.schedule_id.in_(set(schedule_ids))))

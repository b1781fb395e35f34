"""The worker's part: begins what is due, and does what the product itself does again and again."""

from datetime import datetime, timedelta
from time import monotonic

from loguru import logger
from sqlalchemy.ext.asyncio import AsyncSession

from app.core.alerts import raise_alert
from app.core.database import UNAVAILABLE, Database
from app.jobs.engine.repository import last_made
from app.jobs.registry import Schedule, schedules
from app.jobs.schedules import repository
from app.jobs.schedules.cron import CronError, following, latest
from app.jobs.schedules.errors import PLAN_INVALID
from app.jobs.schedules.models import JobSchedule, JobScheduleRun, Misfire, RunState
from app.jobs.schedules.runs import FAILED, LINK, place, settle_forgotten, tell_of_silence
from app.jobs.service import enqueue

ON_TIME = timedelta(seconds=60)  # a planned time that passed longer ago was missed
MOST_COUNTED = 1_000
MOST_CAUGHT_UP = 100
PAUSE_SECONDS = 60.0  # before a schedule that could not be seen to is tried again


class Planner:
    def __init__(self, database: Database) -> None:
        self._database = database
        self._later: dict[int, float] = {}

    async def begin_due(self, now: datetime) -> None:
        """Each in a transaction of its own: the run, its job and the next planned time, or none of them."""
        if not await repository.has_due(self._database.points, now):
            return
        async with self._database.work() as work, work.reading() as reading:
            ids = await repository.due(reading, now)
        for schedule_id in ids:
            if monotonic() < self._later.get(schedule_id, 0.0):
                continue
            try:
                async with self._database.work() as work:
                    session = await work.writing()
                    schedule = await repository.still_due(session, schedule_id, now)
                    if schedule is not None and schedule.next_run_at is not None:
                        await _begin(session, schedule, schedule.next_run_at, now)
            except UNAVAILABLE:
                raise
            except Exception:
                # One that cannot be seen to must not stop the others, nor the worker.
                logger.exception("Schedule {} could not be seen to", schedule_id)
                self._later[schedule_id] = monotonic() + PAUSE_SECONDS
            else:
                self._later.pop(schedule_id, None)

    async def begin_built_in(self, now: datetime) -> None:
        for planned in schedules():
            async with self._database.work() as work, work.reading() as session:
                if await next_built_in(session, planned, now) > now:
                    continue
            async with self._database.work() as work:
                session = await work.writing()
                if await next_built_in(session, planned, now) <= now:
                    await enqueue(session, planned.kind, planned.payload, user_id=None)

    async def settle(self) -> None:
        """Look for runs whose end nobody noted."""
        async with self._database.work() as work, work.reading() as session:
            found = await repository.unsettled(session) or await repository.forgotten(session)
        if found:
            async with self._database.work() as work:
                await settle_forgotten(await work.writing())


async def next_built_in(session: AsyncSession, planned: Schedule, now: datetime) -> datetime:
    """When it is due: as long after the last one as it says, at once when there was none."""
    last = await last_made(session, planned.kind)
    return now if last is None else last + timedelta(seconds=planned.every)


async def _begin(session: AsyncSession, schedule: JobSchedule, due: datetime, now: datetime) -> None:
    try:
        ticks = latest(schedule.cron, schedule.time_zone, due, now, MOST_COUNTED)
        after = following(schedule.cron, schedule.time_zone, now)
    except CronError as error:
        await _stop(session, schedule, error)
        return
    missed = sum(1 for tick in ticks if now - tick > ON_TIME)
    if missed and schedule.told_of != due:
        await tell_of_silence(session, schedule, missed=missed)
    for tick, stands_for, state in _wanted(schedule.misfire, ticks, missed):
        run = JobScheduleRun(
            schedule_id=schedule.id,
            planned_for=tick,
            stands_for=stands_for,
            state=state,
            payload=schedule.payload,
        )
        if state == RunState.MISSED:
            session.add(run)
        else:
            await place(session, schedule, run)
    await repository.advance(session, schedule.id, next_run_at=after)


def _wanted(misfire: str, ticks: list[datetime], missed: int) -> list[tuple[datetime, int, RunState]]:
    """What becomes of these planned times, of which the first so many were missed: (time, how many it is, state)."""
    given = RunState.GIVEN
    if misfire == Misfire.ONCE:
        return [(ticks[-1], len(ticks), given)]
    passed = missed if misfire == Misfire.SKIP else max(0, missed - MOST_CAUGHT_UP)
    gone = [(ticks[passed - 1], passed, RunState.MISSED)] if passed else []
    return [*gone, *((tick, 1, given) for tick in ticks[passed:])]


async def _stop(session: AsyncSession, schedule: JobSchedule, error: CronError) -> None:
    """Pause what cannot be planned any more: its time zone, say, is not known here."""
    details = {"schedule_id": schedule.id, "name": schedule.name, "code": PLAN_INVALID, "message": str(error)}
    await repository.advance(session, schedule.id, next_run_at=None, is_enabled=False)
    await raise_alert(session, FAILED, details, link=f"{LINK}?schedule={schedule.id}")

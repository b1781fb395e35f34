"""Tells of planned runs that did not begin. Runs in the web processes: a worker that is gone cannot say so itself."""

import asyncio
from datetime import datetime, timedelta

from loguru import logger

from app.core.clock import utc_now
from app.core.database import UNAVAILABLE, Database
from app.core.parameters import Parameters, declare_parameter
from app.jobs.schedules import repository
from app.jobs.schedules.runs import tell_of_silence

LOOK_SECONDS = 30.0
OVERDUE_MINUTES = declare_parameter(
    "jobs.schedule_overdue_minutes",
    "integer",
    5,
    "Minutes until a planned run counts as not run",
    "When nobody has begun a scheduled run this long after its planned time, an alert says so, once.",
    least=1,
)


class OverdueWatch:
    def __init__(self, database: Database, parameters: Parameters) -> None:
        self._database = database
        self._parameters = parameters

    async def run(self) -> None:
        """As long as the process runs."""
        while True:
            await asyncio.sleep(LOOK_SECONDS)
            try:
                await self.look(utc_now())
            except UNAVAILABLE as error:
                logger.warning("Overdue schedules could not be looked for: {}", error)
            except Exception:
                logger.exception("Looking for overdue schedules failed")

    async def look(self, now: datetime) -> None:
        before = now - timedelta(minutes=await self._parameters.get(OVERDUE_MINUTES))
        async with self._database.work() as work, work.reading() as reading:
            is_late = bool(await repository.not_begun(reading, before))
        if not is_late and not await repository.has_overdue(self._database.points, before):
            return
        async with self._database.work() as work:
            # Asked again, now that nobody else writes: every process looks, and one tells.
            session = await work.writing()
            for schedule in await repository.overdue(session, before):
                await tell_of_silence(session, schedule)
                await repository.advance(session, schedule.id, told_of=schedule.next_run_at)
            for run in await repository.not_begun(session, before):
                schedule = (await repository.of_ids(session, [run.schedule_id]))[run.schedule_id]
                await tell_of_silence(session, schedule, run)
                run.is_told_of = True
                await session.flush()

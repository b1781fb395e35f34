"""What the worker does beside jobs: says that it is alive, puts what is scheduled in line, removes what is old."""

import asyncio
from datetime import timedelta
from time import monotonic
from typing import Any

from loguru import logger

from app.core.clock import utc_now
from app.core.database import UNAVAILABLE, Database
from app.core.parameters import Parameters
from app.jobs.engine import repository
from app.jobs.engine.port import Engine
from app.jobs.models import ALIVE_SECONDS
from app.jobs.schedules.planner import Planner
from app.jobs.schedules.runs import RUN_RETENTION_DAYS, prune
from app.jobs.service import RETENTION_DAYS

BEAT_SECONDS = 5.0
DUE_SECONDS = 1.0
BUILT_IN_SECONDS = 10.0
SETTLE_SECONDS = 60.0
PRUNE_SECONDS = 600.0
REMOVED_AT_ONCE = 200
FORGET_AFTER = timedelta(hours=1)


class Chores:
    def __init__(self, database: Database, parameters: Parameters, engine: Engine, worker: dict[str, Any]) -> None:
        """`worker`: its name, release, host and pid."""
        self._database = database
        self._parameters = parameters
        self._engine = engine
        self._worker = worker
        self._planner = Planner(database)

    async def run(self) -> None:
        """As long as the worker runs."""
        due = {
            self.beat: 0.0,
            self.begin_due: 0.0,
            self.begin_built_in: 0.0,
            self.settle: 0.0,
            self.prune: monotonic() + PRUNE_SECONDS / 10,
        }
        every = {
            self.beat: BEAT_SECONDS,
            self.begin_due: DUE_SECONDS,
            self.begin_built_in: BUILT_IN_SECONDS,
            self.settle: SETTLE_SECONDS,
            self.prune: PRUNE_SECONDS,
        }
        while True:
            for chore, at in due.items():
                if monotonic() < at:
                    continue
                try:
                    await chore()
                except UNAVAILABLE as error:
                    logger.warning("The worker's chore {} has to wait: {}", chore.__name__, error)
                due[chore] = monotonic() + every[chore]
            await asyncio.sleep(max(0.05, min(due.values()) - monotonic()))

    async def beat(self) -> None:
        async with self._database.work() as work:
            session, now = await work.writing(), utc_now()
            await repository.beat(session, self._worker, now)
            await repository.remove_workers(session, now - timedelta(seconds=ALIVE_SECONDS * 240))

    async def sign_off(self) -> None:
        async with self._database.work() as work:
            await repository.remove_worker(await work.writing(), self._worker["name"])

    async def begin_due(self) -> None:
        await self._planner.begin_due(utc_now())

    async def begin_built_in(self) -> None:
        await self._planner.begin_built_in(utc_now())

    async def settle(self) -> None:
        await self._planner.settle()

    async def prune(self) -> None:
        kept = timedelta(days=await self._parameters.get(RETENTION_DAYS))
        ended = repository.ended_before(utc_now() - kept)
        while True:
            async with self._database.work() as work:
                removed = await repository.remove(await work.writing(), ended, REMOVED_AT_ONCE)
            if removed < REMOVED_AT_ONCE:
                break
        kept = timedelta(days=await self._parameters.get(RUN_RETENTION_DAYS))
        await prune(self._database, utc_now() - kept)
        while await self._engine.forget(utc_now() - FORGET_AFTER):
            """Some at a time."""

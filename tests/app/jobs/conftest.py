"""A worker in the test's own process, on an engine that only remembers while the test runs."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime
from time import monotonic
from typing import Any, TypeVar

import pytest
from pydantic import BaseModel

from app.core.database import Database
from app.jobs import Job, enqueue
from app.jobs.engine.port import CarryOut
from app.jobs.engine.runner import Runner
from app.jobs.engine.scribe import Scribe
from app.jobs.models import ENDED
from app.system.parameters.service import CachedParameters
from tests.app.harness import DATABASE, rows
from tests.app.jobs import kinds

T = TypeVar("T")
PATIENCE = 10.0


@dataclass
class Direct:
    """The `Engine` without its memory."""

    runner: Runner | None = None
    begun: "set[asyncio.Task[None]]" = field(default_factory=set)

    def launch(self, carry_out: CarryOut) -> None: ...

    async def start(self, job_id: int) -> None:
        assert self.runner is not None
        self.begun.add(asyncio.create_task(self.runner.carry_out(job_id)))

    async def step(self, name: str, call: Callable[[], Awaitable[T]]) -> T:
        return await call()

    async def forget(self, before: datetime) -> int:
        return 0

    async def stop(self, seconds: float = 2) -> None: ...


@dataclass
class Work:
    """What tests do with jobs and the worker."""

    database: Database

    async def ask(self, kind: str, payload: BaseModel, user_id: int | None = None, **more: Any) -> int:
        async with self.database.work() as work:
            return (await enqueue(await work.writing(), kind, payload, user_id=user_id, **more)).id

    async def get(self, job_id: int) -> Job:
        async with self.database.work() as work, work.reading() as session:
            job = await session.get(Job, job_id)
        assert job is not None
        return job

    async def until(self, job_id: int, *states: str) -> Job:
        """Until it has ended, or is in one of these states."""
        ends = monotonic() + PATIENCE
        while (job := await self.get(job_id)).state not in (states or ENDED):
            assert monotonic() < ends, job.state
            await asyncio.sleep(0.005)
        return job

    async def see(self, seen: Callable[[], bool]) -> None:
        ends = monotonic() + PATIENCE
        while not seen():
            assert monotonic() < ends
            await asyncio.sleep(0.005)

    def events(self, job_id: int) -> list[tuple[str, str]]:
        statement = "SELECT name, CAST(data AS TEXT) FROM job_event WHERE job_id = :job ORDER BY id"
        return [(row[0], row[1]) for row in rows(self.database.settings, statement, job=job_id)]

    @asynccontextmanager
    async def worker(self, name: str = "worker-1", **settings: Any) -> AsyncIterator[Runner]:
        database = Database(self.database.settings.model_copy(update=settings))
        scribe, direct = Scribe(database, name), Direct()
        runner = direct.runner = Runner(database, CachedParameters(database), direct, scribe, name, "release-1")
        stopping = asyncio.Event()
        await runner.adopt()
        tasks = [asyncio.create_task(runner.run(stopping)), asyncio.create_task(scribe.run())]
        try:
            yield runner
        finally:
            stopping.set()
            await tasks[0]
            await runner.leave()
            await asyncio.gather(*direct.begun, return_exceptions=True)
            await scribe.flush()
            tasks[1].cancel()
            await database.close()


# Everything about jobs is shown on both, the server's in the slow tests.
BOTH = ["sqlite", pytest.param("postgresql", marks=pytest.mark.slow)]


@pytest.fixture(params=BOTH if DATABASE == "sqlite" else [DATABASE])
def database_kind(request: pytest.FixtureRequest) -> str:
    kind: str = request.param
    return kind


@pytest.fixture
def jobs(database: Database) -> Work:
    for kept in (kinds.STARTED, kinds.CLEANED, kinds.ENDED):
        kept.clear()
    return Work(database)

"""Carries out queued jobs in the test's own process: what a task does is tried here, the worker in tests/app/jobs."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeVar

from fastapi import FastAPI
from sqlalchemy import select, update

from app.core.database import Database
from app.jobs import Job, JobContext, JobError, JobState
from app.jobs.registry import find_task
from app.jobs.service import end, validated

T = TypeVar("T")


@dataclass
class Told:
    """What jobs told, in order, by job."""

    events: dict[int, list[tuple[str, dict[str, Any]]]] = field(default_factory=dict)
    progress_of: dict[int, list[tuple[float, str | None]]] = field(default_factory=dict)
    heard: asyncio.Event = field(default_factory=asyncio.Event)

    async def has_room(self) -> None:
        return

    def tell(self, job_id: int, name: str, data: Mapping[str, Any], *, joined: bool = False) -> None:
        self.events.setdefault(job_id, []).append((name, dict(data)))
        if name == "delta":
            self.heard.set()

    def progress(self, job_id: int, done: float, words: str | None) -> None:
        self.progress_of.setdefault(job_id, []).append((done, words))

    async def step(self, name: str, call: Callable[[], Awaitable[T]]) -> T:
        return await call()

    def names(self, job_id: int) -> list[str]:
        return [name for name, _ in self.events.get(job_id, [])]

    def text(self, job_id: int, key: str = "text") -> str:
        return "".join(data.get(key, "") for name, data in self.events.get(job_id, []) if name == "delta")


class SmallRunner:
    def __init__(self, app: FastAPI, database: Database) -> None:
        self._app = app
        self._database = database
        self.told = Told()

    async def job(self, job_id: int) -> Job:
        async with self._database.work() as work, work.reading() as session:
            return await session.get_one(Job, job_id)

    async def queued(self, *kinds: str) -> list[int]:
        async with self._database.work() as work, work.reading() as session:
            query = select(Job.id).where(Job.state == "queued").order_by(Job.id)
            return list(await session.scalars(query.where(Job.kind.in_(kinds)) if kinds else query))

    async def all(self, *kinds: str) -> None:
        """Every queued job, one after the other, and those that they put in line."""
        while waiting := await self.queued(*kinds):
            await self.run(waiting[0])

    async def run(self, job_id: int) -> Job:
        """To its end, which is written as the worker does. Cancelling this is a cancelled job."""
        await self.begin(job_id)
        try:
            result = await self.attempt(job_id)
        except JobError as error:
            await self._end(job_id, JobState.FAILED, error=error)
        except asyncio.CancelledError:
            await self._end(job_id, JobState.CANCELLED)
            raise
        else:
            await self._end(job_id, JobState.DONE, result=result)
        return await self.job(job_id)

    async def begin(self, job_id: int) -> None:
        async with self._database.work() as work:
            session = await work.writing()
            await session.execute(
                update(Job).where(Job.id == job_id).values(state="running", attempts=Job.attempts + 1)
            )

    async def attempt(self, job_id: int) -> dict[str, Any] | None:
        """The task alone: what a worker that is killed meanwhile leaves behind."""
        job = await self.job(job_id)
        task = find_task(job.kind)
        assert task is not None
        context = JobContext(
            job_id=job.id,
            user_id=job.user_id,
            attempt=job.attempts,
            worker="test",
            release="test",
            settings=self._database.settings,
            database=self._database,
            parameters=self._app.state.parameters,
            teller=self.told,
            steps=self.told,
        )
        return await task.run(context, validated(task.payload, job.payload))

    async def _end(
        self, job_id: int, state: JobState, *, result: dict[str, Any] | None = None, error: JobError | None = None
    ) -> None:
        async with self._database.work() as work:
            session = await work.writing()
            await end(session, await session.get_one(Job, job_id), state, result=result, error=error)

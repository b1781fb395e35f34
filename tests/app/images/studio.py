"""A worker inside the test: runs what is in line, remembers finished steps, and can die between two of them."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeVar

from fastapi import FastAPI
from sqlalchemy import select

from app.core.database import Database
from app.jobs import Job, JobContext, JobError, JobState
from app.jobs.registry import find_task
from app.jobs.service import end, validated

T = TypeVar("T")


class Killed(BaseException):
    """The worker was killed here: nothing after it runs, and nothing is tidied up."""


@dataclass
class Memory:
    """Finished steps by job. `dies_in`: the step in which the worker is killed, after its work was done."""

    values: dict[str, Any] = field(default_factory=dict)
    run: list[str] = field(default_factory=list)
    dies_in: str = ""

    def of(self, job_id: int) -> "Steps":
        return Steps(self, job_id)


@dataclass
class Steps:
    memory: Memory
    job_id: int

    async def step(self, name: str, call: Callable[[], Awaitable[T]]) -> T:
        key = f"{self.job_id} {name}"
        if key in self.memory.values:
            found: T = self.memory.values[key]
            return found
        self.memory.run.append(name)
        value = await call()
        if self.memory.dies_in == name:
            raise Killed
        self.memory.values[key] = value
        return value


@dataclass
class Told:
    events: list[tuple[str, dict[str, Any]]] = field(default_factory=list)
    progress_values: list[float] = field(default_factory=list)

    async def has_room(self) -> None:
        return

    def tell(self, job_id: int, name: str, data: Mapping[str, Any], *, joined: bool = False) -> None:
        self.events.append((name, dict(data)))

    def progress(self, job_id: int, done: float, words: str | None) -> None:
        self.progress_values.append(done)


class Studio:
    def __init__(self, app: FastAPI) -> None:
        self.app = app
        self.database: Database = app.state.database
        self.memory = Memory()
        self.told = Told()

    def context(self, job: Job) -> JobContext:
        return JobContext(
            job_id=job.id,
            user_id=job.user_id,
            attempt=1,
            worker="test",
            release="test",
            settings=self.app.state.settings,
            database=self.database,
            parameters=self.app.state.parameters,
            teller=self.told,
            steps=self.memory.of(job.id),
        )

    async def job(self, job_id: int) -> Job:
        async with self.database.work() as work, work.reading() as session:
            found = await session.scalar(select(Job).where(Job.id == job_id))
        assert found is not None
        return found

    async def run(self, job_id: int) -> Job:
        """Run this job to its end, as the worker would."""
        job = await self.job(job_id)
        task = find_task(job.kind)
        assert task is not None
        state, result, error = JobState.DONE, None, None
        try:
            result = await task.run(self.context(job), validated(task.payload, job.payload))
        except JobError as failure:
            state, error = JobState.FAILED, failure
        async with self.database.work() as work:
            session = await work.writing()
            row = await session.get_one(Job, job_id)
            await end(session, row, state, result=result, error=error)
        return await self.job(job_id)

    async def run_all(self, kind: str) -> list[Job]:
        """Every queued job of a kind."""
        async with self.database.work() as work, work.reading() as session:
            waiting = await session.scalars(select(Job.id).where(Job.kind == kind, Job.state == JobState.QUEUED))
        return [await self.run(job_id) for job_id in waiting]

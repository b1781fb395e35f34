"""Takes jobs from the line and carries them out: at most so many of each queue, each within its time."""

import asyncio
import json
from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from time import monotonic
from typing import Any

from loguru import logger
from pydantic import ValidationError

from app.core.at_once import read_at_once
from app.core.clock import utc_now
from app.core.database import UNAVAILABLE, Database
from app.core.parameters import Parameters
from app.jobs.context import JobContext
from app.jobs.engine import repository
from app.jobs.engine.port import Engine
from app.jobs.engine.scribe import PAUSE_SECONDS, Scribe
from app.jobs.errors import (
    INTERNAL_ERROR,
    INTERRUPTED_TOO_OFTEN,
    PAYLOAD_INVALID,
    TIME_LIMIT,
    JobError,
)
from app.jobs.models import Job, JobState
from app.jobs.registry import Task, find_task, known_kinds, limits
from app.jobs.service import STATE, tell, tell_owner, validated

LOOK_SECONDS = 0.025
TAKEN_AT_ONCE = 50
STUBBORN_SECONDS = 5.0  # after which a task that goes on in spite of being cancelled is left behind
ORPHAN_SECONDS = 3.0


class Why(Enum):
    """Why a running task is being stopped."""

    CANCELLED = "cancelled"
    TIME_LIMIT = "time limit"
    LEAVING = "leaving"


@dataclass
class Live:
    running: "asyncio.Task[dict[str, Any] | None]"
    queue: str
    why: Why | None = None

    def stop(self, why: Why) -> None:
        if self.why is None:
            self.why = why
            self.running.cancel()


class Runner:
    def __init__(
        self, database: Database, parameters: Parameters, engine: Engine, scribe: Scribe, worker: str, release: str
    ) -> None:
        self._database = database
        self._parameters = parameters
        self._engine = engine
        self._scribe = scribe
        self._worker = worker
        self._release = release
        self._limits = limits(database.settings)
        self._line = repository.Line(known_kinds(), list(self._limits))
        self._live: dict[int, Live] = {}
        self._begun: dict[int, str] = {}  # claimed and not ended, with the queue: what takes a place
        self._to_start: list[int] = []
        self._orphans: dict[int, float] = {}
        self.idle = asyncio.Event()  # nothing is claimed that has not ended
        self.idle.set()

    async def adopt(self) -> None:
        """Take over what an interrupted worker left running. Before the engine is launched."""
        async with self._database.work() as work:
            session = await work.writing()
            for job in await repository.adopt(session, self._worker):
                if find_task(job.kind) is None:
                    logger.warning("Job {} is of the kind {}, which this release does not know: left", job.id, job.kind)
                    continue
                logger.info("Job {} ({}) is taken up again, attempt {}", job.id, job.kind, job.attempts)
                await tell(session, job, STATE)
                self._claimed(job)

    async def run(self, stopping: asyncio.Event) -> None:
        """Until it is asked to stop; what runs then goes on."""
        while not stopping.is_set():
            try:
                await self._look()
            except UNAVAILABLE as error:
                logger.warning("The line could not be looked at: {}", error)
                await asyncio.sleep(1)
            await asyncio.sleep(LOOK_SECONDS)

    async def leave(self) -> None:
        """Stop what still runs, to be taken up again by the next worker."""
        for live in self._live.values():
            live.stop(Why.LEAVING)
        if self._live:
            await asyncio.wait([live.running for live in self._live.values()], timeout=1)

    # Looking.

    async def _look(self) -> None:
        points = self._database.points
        for job_id in await repository.cancelling(points):
            await self._cancel(job_id)
        await self._start()
        for queue in await self._line.waiting(points):
            free = self._limits[queue] - sum(1 for taken in self._begun.values() if taken == queue)
            if free > 0:
                await self._take(queue, min(free, TAKEN_AT_ONCE))

    async def _take(self, queue: str, limit: int) -> None:
        async with self._database.work() as work:
            session = await work.writing()
            taken = await self._line.take(session, queue, limit, self._worker, utc_now())
            for job in taken:
                await tell(session, job, STATE)
                await tell_owner(session, job)
        for job in taken:
            self._claimed(job)
        await self._start()

    def _claimed(self, job: Job) -> None:
        self._begun[job.id] = job.queue
        self._to_start.append(job.id)
        self.idle.clear()

    async def _start(self) -> None:
        while self._to_start:
            await self._engine.start(self._to_start[0])
            del self._to_start[0]

    async def _cancel(self, job_id: int) -> None:
        live = self._live.get(job_id)
        if live is not None:
            live.stop(Why.CANCELLED)
            return
        # Not begun yet, or of a kind that this release does not know.
        since = self._orphans.setdefault(job_id, monotonic())
        if monotonic() - since > ORPHAN_SECONDS:
            del self._orphans[job_id]
            await self._scribe.end(job_id, JobState.CANCELLED)

    # Carrying out: what the engine calls, and calls again after a crash.

    async def carry_out(self, job_id: int) -> None:
        """Run the job to its end. Raises CancelledError when it is to be taken up again another time."""
        try:
            job = await self._get(job_id)
            if job is None or job.state != JobState.RUNNING:
                return  # it ended, and the worker was interrupted before the engine heard of it
            await self._carry_out(job, self._ours(job))
        except Exception as error:
            # Not the task's, which _watch has seen: ours, and the job must not hang on it.
            logger.opt(exception=error).error("Job {} could not be carried out", job_id)
            await self._fail(job_id, _unexpected(job_id))
        finally:
            self._begun.pop(job_id, None)
            self._orphans.pop(job_id, None)
            if not self._begun:
                self.idle.set()

    def _ours(self, job: Job) -> Task:
        task = find_task(job.kind)
        if task is None or job.worker != self._worker or job.id in self._live:
            raise asyncio.CancelledError
        return task

    async def _get(self, job_id: int) -> Job | None:
        while True:
            try:
                return await read_at_once(self._database.points, Job, job_id)
            except UNAVAILABLE as error:
                logger.warning("Job {} cannot be read yet: {}", job_id, error)
                await asyncio.sleep(PAUSE_SECONDS)

    async def _carry_out(self, job: Job, task: Task) -> None:
        if job.cancel_asked_at is not None:
            await self._end(job.id, JobState.CANCELLED)
            return
        most = self._database.settings.job_attempts
        if job.attempts > most:
            words = f"The worker was interrupted {most} times while this job ran, so it is not tried again."
            await self._fail(job.id, JobError(INTERRUPTED_TOO_OFTEN, words))
            return
        try:
            payload = validated(task.payload, job.payload)
        except ValidationError as error:
            await self._fail(job.id, _payload_invalid(error))
            return
        context = JobContext(
            job_id=job.id,
            user_id=job.user_id,
            attempt=job.attempts,
            worker=self._worker,
            release=self._release,
            settings=self._database.settings,
            database=self._database,
            parameters=self._parameters,
            teller=self._scribe,
            steps=self._engine,
        )
        live = Live(asyncio.ensure_future(task.run(context, payload)), job.queue)
        self._live[job.id] = live
        try:
            await self._watch(job, task, live)
        finally:
            live.running.cancel()
            del self._live[job.id]

    async def _watch(self, job: Job, task: Task, live: Live) -> None:
        await _until_done(live, task.time_limit)
        if not live.running.done():
            live.stop(Why.TIME_LIMIT)
            await asyncio.wait({live.running}, timeout=STUBBORN_SECONDS)
        running = live.running
        if not running.done():
            logger.error("Job {} ({}) goes on in spite of being stopped: left behind", job.id, job.kind)
        is_over = running.done() and not running.cancelled()
        failed = running.exception() if is_over else None
        result = running.result() if is_over and failed is None else None
        if live.why is Why.LEAVING and (failed is not None or not is_over):
            raise asyncio.CancelledError
        if live.why is Why.CANCELLED:
            await self._end(job.id, JobState.CANCELLED, result=result)
        elif live.why is Why.TIME_LIMIT:
            words = f"It took longer than the {task.time_limit:g} seconds that it may."
            await self._fail(job.id, JobError(TIME_LIMIT, words))
        elif isinstance(failed, JobError):
            await self._fail(job.id, failed)
        elif failed is not None or not is_over:
            logger.opt(exception=failed).error("Job {} ({}) failed unexpectedly", job.id, job.kind)
            await self._fail(job.id, _unexpected(job.id))
        else:
            await self._end(job.id, JobState.DONE, result=result)

    async def _end(self, job_id: int, state: JobState, result: Mapping[str, Any] | None = None) -> None:
        try:
            json.dumps(result, allow_nan=False)
        except (TypeError, ValueError):
            logger.exception("Job {} returned what cannot be kept", job_id)
            await self._fail(job_id, _unexpected(job_id))
            return
        if not await self._scribe.end(job_id, state, result=result):
            logger.warning("Job {} had ended already", job_id)

    async def _fail(self, job_id: int, error: JobError) -> None:
        logger.info("Job {} failed: {} {}", job_id, error.code, error.message)
        try:
            json.dumps(error.details, allow_nan=False)
        except (TypeError, ValueError):
            logger.exception("The details of what failed in job {} cannot be kept", job_id)
            error.details = None
        await self._scribe.end(job_id, JobState.FAILED, error=error)


async def _until_done(live: Live, seconds: float) -> None:
    """Wait for the end of the task; when it was told to stop meanwhile, not for long."""
    ends = monotonic() + seconds
    told: float | None = None
    while not live.running.done():
        now = monotonic()
        if live.why is not None and told is None:
            told = now
        until = ends if told is None else told + STUBBORN_SECONDS
        if now >= until:
            return
        await asyncio.wait({live.running}, timeout=min(until - now, 1.0))


def _unexpected(job_id: int) -> JobError:
    return JobError(INTERNAL_ERROR, f"Something unexpected went wrong. The worker's log says more of job {job_id}.")


def _payload_invalid(error: ValidationError) -> JobError:
    first = error.errors(include_url=False, include_input=False, include_context=False)[0]
    where = ".".join(str(part) for part in first["loc"]) or "it"
    words = f"What the job was given does not fit this release any more: {where}: {first['msg']}."
    return JobError(PAYLOAD_INVALID, words, details={"loc": list(first["loc"]), "rule": first["type"]})

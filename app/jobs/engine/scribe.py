"""Writes down what running jobs tell: that of all of them in one transaction, about every 40 ms.

An end is written with everything that its job told before. What cannot be written now is written later: a job whose
end is not written is not over.
"""

import asyncio
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from time import monotonic
from typing import Any

from loguru import logger

from app.core.clock import utc_now
from app.core.database import UNAVAILABLE, Database
from app.jobs.engine import repository
from app.jobs.errors import JobError
from app.jobs.models import JobState
from app.jobs.repository import add_events
from app.jobs.service import PROGRESS, end, one_line

FLUSH_SECONDS = 0.04
PROGRESS_SECONDS = 0.25
PAUSE_SECONDS = 0.5  # after a write that did not succeed
LONGEST_WORDS = 200
MOST_WAITING = 5_000


@dataclass
class End:
    job_id: int
    state: JobState
    result: Mapping[str, Any] | None
    error: JobError | None
    written: "asyncio.Future[bool]"


@dataclass
class Batch:
    events: list[dict[str, Any]] = field(default_factory=list)
    progress: dict[int, tuple[float, str | None]] = field(default_factory=dict)
    ends: list[End] = field(default_factory=list)

    def parts(self) -> "list[Batch]":
        """Each by itself, to find the one that cannot be written."""
        return [
            *(Batch(events=[event]) for event in self.events),
            *(Batch(progress={id_: told}) for id_, told in self.progress.items()),
            *(Batch(ends=[end]) for end in self.ends),
        ]

    def __bool__(self) -> bool:
        return bool(self.events or self.progress or self.ends)


class Scribe:
    """The `Teller` of all jobs of this worker."""

    def __init__(self, database: Database, worker: str) -> None:
        self._database = database
        self._worker = worker
        self._events: list[dict[str, Any]] = []
        self._last: dict[int, dict[str, Any]] = {}  # the last event of each job, if another may be joined to it
        self._progress: dict[int, tuple[float, str | None]] = {}
        self._ends: list[End] = []
        self._wanted = asyncio.Event()
        self._has_room = asyncio.Event()
        self._has_room.set()
        self._wrote_at = self._wrote_progress_at = 0.0

    async def has_room(self) -> None:
        if not self._has_room.is_set():  # asked with every word
            await self._has_room.wait()

    def tell(self, job_id: int, name: str, data: Mapping[str, Any], *, joined: bool = False) -> None:
        if not all(type(each) is str for pair in data.items() for each in pair):  # any text can be written
            json.dumps(data, allow_nan=False)  # here, where it fails whoever told it and not all the others
        last = self._last.get(job_id)
        if joined and last is not None and last["name"] == name:
            _join(last["data"], data)
            return
        event = {"job_id": job_id, "name": name, "data": dict(data), "created_at": utc_now()}
        self._events.append(event)
        if joined:
            self._last[job_id] = event
        else:
            self._last.pop(job_id, None)
        if len(self._events) >= MOST_WAITING:
            self._has_room.clear()
        self._wanted.set()

    def progress(self, job_id: int, done: float, words: str | None) -> None:
        self._progress[job_id] = (round(done, 4), None if words is None else one_line(words, LONGEST_WORDS))
        self._wanted.set()

    async def end(
        self, job_id: int, state: JobState, result: Mapping[str, Any] | None = None, error: JobError | None = None
    ) -> bool:
        """Returns when it is written. False when the job had ended, or was another's: then it is not ours to end."""
        written: asyncio.Future[bool] = asyncio.get_running_loop().create_future()
        self._ends.append(End(job_id, state, result, error, written))
        self._wanted.set()
        return await asyncio.shield(written)

    async def run(self) -> None:
        """As long as the worker runs. Cancel it after the last `flush`."""
        while True:
            await self._wanted.wait()
            urgent = self._events or self._ends
            due = self._wrote_at + FLUSH_SECONDS if urgent else self._wrote_progress_at + PROGRESS_SECONDS
            wait = due - monotonic()
            if wait > 0:
                # Not longer than the shorter time: something urgent may come meanwhile.
                await asyncio.sleep(min(wait, FLUSH_SECONDS))
                if not (urgent or self._events or self._ends) and wait > FLUSH_SECONDS:
                    continue
            await self.flush()

    async def flush(self) -> None:
        """Write what there is, however long the database makes us wait."""
        batch = self._taken()
        while batch:
            try:
                await self._write(batch)
            except UNAVAILABLE as error:
                logger.warning("What jobs told cannot be written yet: {}", error)
                await asyncio.sleep(PAUSE_SECONDS)
            except Exception as error:
                # Whatever one job told, it must not silence the others.
                await self._write_apart(batch, error)
                break
            else:
                break
        self._wrote_at = monotonic()
        if batch.progress:
            self._wrote_progress_at = self._wrote_at
        self._has_room.set()

    def _taken(self) -> Batch:
        batch = Batch(self._events, {}, self._ends)
        self._events, self._ends, self._last = [], [], {}
        if batch.ends or monotonic() - self._wrote_progress_at >= PROGRESS_SECONDS:
            batch.progress, self._progress = self._progress, {}
        if not self._progress:
            self._wanted.clear()
        return batch

    async def _write(self, batch: Batch) -> None:
        mine: list[bool] = []
        async with self._database.work() as work:
            session = await work.writing()
            events = list(batch.events)
            for job_id, (done, words) in batch.progress.items():
                await repository.set_progress(session, job_id, done, words)
                data = {"progress": done, "text": words}
                events.append({"job_id": job_id, "name": PROGRESS, "data": data, "created_at": utc_now()})
            if events:
                await add_events(session, events)
            for one in batch.ends:
                job = await repository.own(session, one.job_id, self._worker)
                mine.append(job is not None)
                if job is not None:
                    await end(session, job, one.state, result=one.result, error=one.error)
        for one, is_mine in zip(batch.ends, mine, strict=True):
            if not one.written.done():
                one.written.set_result(is_mine)

    async def _write_apart(self, batch: Batch, error: Exception) -> None:
        parts = batch.parts()
        if len(parts) == 1:
            logger.opt(exception=error).error("Something that a job told cannot be written: {}", parts[0])
            for one in batch.ends:
                one.written.set_exception(error)
            return
        for part in parts:
            try:
                await self._write(part)
            except UNAVAILABLE:
                self._put_back(part)
            except Exception as own_error:  # logged once it is alone; the others are to be written
                await self._write_apart(part, own_error)

    def _put_back(self, part: Batch) -> None:
        self._events[:0] = part.events
        self._ends[:0] = part.ends
        self._progress = part.progress | self._progress
        self._wanted.set()


def _join(told: dict[str, Any], more: Mapping[str, Any]) -> None:
    for key, value in more.items():
        before = told.get(key)
        told[key] = before + value if isinstance(before, str) and isinstance(value, str) else value

"""The feeds of jobs: one look at the database for all listeners of a process, and its own to each (core/lookout.py).

Made for many that are told something new many times a second: what a job told is passed on as the text that it is.
"""

import asyncio
import json
from collections import defaultdict
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from time import monotonic
from typing import Any

from app.core.database import PointReader
from app.core.errors import ProblemError
from app.core.lookout import CHECK_SECONDS, RETRY_MILLISECONDS, Lookout
from app.core.principal import Principal
from app.jobs import repository
from app.jobs.models import ENDED, JobState
from app.jobs.repository import EventRow, JobView
from app.jobs.service import END, PROGRESS, STATE

LOOK_SECONDS = 0.03
ASK_SECONDS = 1.0  # how often a stream that is told much asks whether its session still holds
LINE_SECONDS = 1.0  # how often a stream of a queued job looks for its place
BATCH = 500
MOST_UNREAD = 2_000
STILL_HERE = b": still here\n\n"
STANDING = frozenset({STATE, PROGRESS, END})  # what every job tells of how it stands

StillIn = Callable[[], Awaitable[Principal]]


@dataclass(eq=False)
class Inbox:
    """What a stream has not read yet. When it is too slow, nothing: then it reads from the table itself."""

    rows: list[EventRow] = field(default_factory=list)
    is_overfull: bool = False
    news: asyncio.Event = field(default_factory=asyncio.Event)

    def put(self, row: EventRow) -> None:
        if len(self.rows) >= MOST_UNREAD:
            self.rows.clear()
            self.is_overfull = True
        if not self.is_overfull:
            self.rows.append(row)
        self.news.set()

    def take(self) -> list[EventRow]:
        rows, self.rows = self.rows, []
        self.news.clear()
        return rows


class JobFeed(Lookout):
    def __init__(self, points: PointReader, socket: Path | None) -> None:
        super().__init__(socket, LOOK_SECONDS)
        self._points = points
        self._head: int | None = None
        self._looking = asyncio.Lock()
        self._inboxes: dict[int, set[Inbox]] = defaultdict(set)

    def _wake(self) -> None:
        for inboxes in self._inboxes.values():
            for inbox in inboxes:
                inbox.news.set()

    async def _look(self) -> None:
        async with self._looking:  # two at once would pass everything on twice
            head = await repository.last_event(self._points)
            if self._head is None or head < self._head:
                self._head = head  # the first look, or an older database was put back: streams read what they miss
                return
            while self._head < head:
                until = min(head, self._head + BATCH)
                for row in await repository.events(self._points, self._head, until, self._inboxes):
                    for inbox in self._inboxes[row.job_id]:
                        inbox.put(row)
                self._head = until

    async def stream(
        self, job_id: int, last_seen: int | None, still_in: StillIn, *, in_full: bool = True
    ) -> AsyncGenerator[bytes, None]:
        """As text/event-stream. Ends after `end`, or when it is to be asked anew. `in_full`: not only how it stands."""
        inbox = Inbox()
        with self._listening():
            await self._look()
            self._inboxes[job_id].add(inbox)
            try:
                async for chunk in self._events(job_id, last_seen, still_in, inbox, in_full=in_full):
                    yield chunk
            finally:
                self._inboxes[job_id].discard(inbox)
                if not self._inboxes[job_id]:
                    del self._inboxes[job_id]

    async def _events(
        self, job_id: int, last_seen: int | None, still_in: StillIn, inbox: Inbox, *, in_full: bool
    ) -> AsyncGenerator[bytes, None]:
        began_live = self._is_live()
        job = await repository.view(self._points, job_id)
        if job is None:
            return
        place = await repository.place_in_line(self._points, job)
        seen, asked, backlog = last_seen or 0, monotonic(), True
        yield b"retry: %d\n\n" % RETRY_MILLISECONDS + _event(STATE, seen, _state(job, place))
        while not self._is_over(began_live):
            if monotonic() - asked > ASK_SECONDS:
                try:
                    await still_in()
                except ProblemError:
                    return
                asked = monotonic()
            # Once it is known that it has ended, the table holds everything that it told.
            was_over = job.state in ENDED
            rows, backlog = await self._unread(job_id, seen, inbox, backlog=backlog or was_over)
            rows = [row for row in rows if row.id > seen]
            if rows:
                seen = rows[-1].id
            has_ended = bool(rows) and rows[-1].name == END
            if has_ended or place is not None or any(row.name == STATE for row in rows):
                job = await repository.view(self._points, job_id)
                if job is None:
                    return
            before, place = place, await repository.place_in_line(self._points, job)
            told = [row for row in rows if row.name != END and (in_full or row.name in STANDING)]
            chunk = b"".join(_told(row, job, place) for row in told)
            if has_ended or (was_over and not backlog):
                yield chunk + _event(END, seen, _end(job, in_full=in_full))
                return
            if place not in {before, None}:
                chunk += _event(STATE, seen, _state(job, place))
            if chunk or rows:  # also where all of it was held back: a stream that is silent for long is cut
                yield chunk or STILL_HERE
            if backlog or job.state in ENDED:
                continue
            if not await self._heard(inbox, CHECK_SECONDS if place is None else LINE_SECONDS):
                yield STILL_HERE

    async def _heard(self, inbox: Inbox, seconds: float) -> bool:
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                return await inbox.news.wait()
        return False

    async def _unread(self, job_id: int, seen: int, inbox: Inbox, *, backlog: bool) -> tuple[list[EventRow], bool]:
        """What this stream has not sent yet, and whether there may be more of it in the table."""
        if not backlog and not inbox.is_overfull:
            return inbox.take(), False
        inbox.take()
        inbox.is_overfull = False
        rows = await repository.events_of(self._points, job_id, seen, BATCH)
        return rows, len(rows) == BATCH


def _told(row: EventRow, job: JobView, place: int | None) -> bytes:
    if row.name == STATE:
        return _event(STATE, row.id, {**_state(job, place), **json.loads(row.data)})
    return b"event: %s\nid: %d\ndata: %s\n\n" % (row.name.encode(), row.id, row.data.encode())


def _event(name: str, event_id: int, data: dict[str, Any]) -> bytes:
    return f"event: {name}\nid: {event_id}\ndata: {json.dumps(data)}\n\n".encode()


def _failure(job: JobView) -> dict[str, Any] | None:
    if job.error_code is None:
        return None
    return {"code": job.error_code, "message": job.error_message, "details": job.error_details}


def _state(job: JobView, place: int | None) -> dict[str, Any]:
    return {
        "state": job.state,
        "cancelling": job.state == JobState.RUNNING and job.cancel_asked_at is not None,
        "progress": job.progress,
        "progress_text": job.progress_text,
        "place_in_line": place,
        "error": _failure(job),
        "at": _at(job),
    }


def _at(job: JobView) -> str:
    return (job.finished_at or job.started_at or job.created_at).isoformat()


def _end(job: JobView, *, in_full: bool) -> dict[str, Any]:
    return {"state": job.state, "result": job.result if in_full else None, "error": _failure(job), "at": _at(job)}

"""The feed: one look at the database for all listeners of a process, and a stream for each.

A stream is not for ever: it ends when its session does, when another instance has taken over, and when the process is
asked to stop. The page connects again at once, to whoever is live then, and says which event it saw last.
"""

import asyncio
import contextlib
import sqlite3
from collections.abc import AsyncGenerator, Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from fastapi.sse import ServerSentEvent
from loguru import logger

from app.core.database import PointReader
from app.core.errors import ErrorCode, ProblemError
from app.core.events.repository import first_and_last, news
from app.core.principal import Principal
from app.core.release import Release

LOOK_SECONDS = 0.25
CHECK_SECONDS = 15.0  # how often an idle stream asks whether its session still holds
RETRY_MILLISECONDS = 500
BATCH = 200
MOST_LISTENERS = 2000


@dataclass(frozen=True)
class Listener:
    """`still_in`: asks anew who this is; raises a problem when the session has ended."""

    still_in: Callable[[], Awaitable[Principal]]
    last_seen: int | None


class Feed:
    def __init__(self, points: PointReader, release: Release, socket: Path | None) -> None:
        """`socket`: the instance's own one; `current.sock` beside it says who is live. None where there is only one."""
        self._points = points
        self._release = release
        self._socket = socket
        self._head = 0
        self._listeners = 0
        self._wanted = asyncio.Event()
        self._news = asyncio.Event()
        self._stopping = False

    def stop(self) -> None:
        """End every stream."""
        self._stopping = True
        self._wake()

    def _wake(self) -> None:
        self._news.set()
        self._news = asyncio.Event()

    def _is_live(self) -> bool:
        if self._socket is None:
            return True
        try:
            return (self._socket.parent / "current.sock").readlink().name == self._socket.name
        except OSError:
            return True  # no such link: nobody else could be the live one

    def _look(self) -> int:
        """Wake every stream when there is something new, whoever finds it. Returns the oldest event that is kept."""
        first, head = first_and_last(self._points)
        if head != self._head:
            self._head = head
            self._wake()
        return first

    async def watch(self) -> None:
        """Run as long as the process: looks for news while somebody listens."""
        was_live = True
        while True:
            await self._wanted.wait()
            try:
                self._look()
            except sqlite3.Error as error:
                logger.warning("The feed could not look for news: {}", error)
            live = self._is_live()
            if live != was_live:
                was_live = live
                self._wake()
            await asyncio.sleep(LOOK_SECONDS)

    def refuse_if_full(self) -> None:
        """Raise 503 before a stream is begun: once it has, there is no status left to say it with."""
        if self._listeners >= MOST_LISTENERS:
            raise ProblemError(ErrorCode.SERVICE_UNAVAILABLE, "Too many open event streams.")

    async def stream(self, listener: Listener) -> AsyncGenerator[ServerSentEvent, None]:
        """Say hello, then everything after the last event seen, then what comes. Ends when it should be asked anew."""
        self._listeners += 1
        self._wanted.set()
        try:
            async for event in self._events(listener):
                yield event
        finally:
            self._listeners -= 1
            if not self._listeners:
                self._wanted.clear()

    async def _events(self, listener: Listener) -> AsyncGenerator[ServerSentEvent, None]:
        first = self._look()
        seen = self._head if listener.last_seen is None else listener.last_seen
        # Older than what is kept, or from a database that was since put back: the page must look at everything again.
        missed = seen > self._head or (seen < first - 1 and listener.last_seen is not None)
        seen = self._head if missed else seen
        began_live = self._is_live()
        yield _event("hello", seen, {"release": self._release.id, "version": self._release.version})
        if missed:
            yield _event("reset", seen, {})
        while not self._stopping and not (began_live and not self._is_live()):
            changed = self._news
            try:
                principal = await listener.still_in()
            except ProblemError:
                return
            while seen < self._head:
                until = min(self._head, seen + BATCH)
                for item in news(self._points, seen, until, principal.user_id):
                    yield _event(item.name, item.id, item.data)
                seen = until
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(CHECK_SECONDS):
                    await changed.wait()


def _event(name: str, event_id: int, data: dict[str, Any]) -> ServerSentEvent:
    return ServerSentEvent(event=name, id=str(event_id), data=data, retry=RETRY_MILLISECONDS)

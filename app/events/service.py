"""The feed: one look at the database for all listeners of a process, and a stream for each (core/lookout.py).

A stream ends when its session does, too.
"""

import asyncio
import contextlib
from collections.abc import AsyncGenerator, Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from fastapi.sse import ServerSentEvent

from app.core.database import PointReader
from app.core.errors import ProblemError
from app.core.events.repository import first_and_last, news
from app.core.lookout import CHECK_SECONDS, RETRY_MILLISECONDS, Lookout
from app.core.principal import Principal
from app.core.release import Release

LOOK_SECONDS = 0.25
BATCH = 200


@dataclass(frozen=True)
class Listener:
    """`still_in`: asks anew who this is; raises a problem when the session has ended."""

    still_in: Callable[[], Awaitable[Principal]]
    last_seen: int | None


class Feed(Lookout):
    def __init__(self, points: PointReader, release: Release, socket: Path | None) -> None:
        super().__init__(socket, LOOK_SECONDS)
        self._points = points
        self._release = release
        self._head = 0
        self._news = asyncio.Event()

    def _wake(self) -> None:
        self._news.set()
        self._news = asyncio.Event()

    async def _look(self) -> int:
        """Wake every stream when there is something new, whoever finds it. Returns the oldest event that is kept."""
        first, head = await first_and_last(self._points)
        if head != self._head:
            self._head = head
            self._wake()
        return first

    async def stream(self, listener: Listener) -> AsyncGenerator[ServerSentEvent, None]:
        """Say hello, then everything after the last event seen, then what comes. Ends when it should be asked anew."""
        with self._listening():
            async for event in self._events(listener):
                yield event

    async def _events(self, listener: Listener) -> AsyncGenerator[ServerSentEvent, None]:
        first = await self._look()
        seen = self._head if listener.last_seen is None else listener.last_seen
        # Older than what is kept, or from a database that was since put back: the page must look at everything again.
        missed = seen > self._head or (seen < first - 1 and listener.last_seen is not None)
        seen = self._head if missed else seen
        began_live = self._is_live()
        yield _event("hello", seen, {"release": self._release.id, "version": self._release.version})
        if missed:
            yield _event("reset", seen, {})
        while not self._is_over(began_live):
            changed = self._news
            try:
                principal = await listener.still_in()
            except ProblemError:
                return
            while seen < self._head:
                until = min(self._head, seen + BATCH)
                for item in await news(self._points, seen, until, principal.user_id):
                    yield _event(item.name, item.id, item.data)
                seen = until
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(CHECK_SECONDS):
                    await changed.wait()


def _event(name: str, event_id: int, data: dict[str, Any]) -> ServerSentEvent:
    return ServerSentEvent(event=name, id=str(event_id), data=data, retry=RETRY_MILLISECONDS)

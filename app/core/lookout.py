"""One look at the database for all streams of a process, and when each of these has to end.

A stream is not for ever: it ends when another instance has taken over, and when the process is asked to stop. The page
connects again at once, to whoever is live then, and says which event it saw last.
"""

import asyncio
import sqlite3
from abc import ABC, abstractmethod
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from loguru import logger
from sqlalchemy.exc import SQLAlchemyError

from app.core.errors import ErrorCode, ProblemError

MOST_LISTENERS = 2000
RETRY_MILLISECONDS = 500
CHECK_SECONDS = 15.0  # how often an idle stream asks whether its session still holds


class Lookout(ABC):
    def __init__(self, socket: Path | None, look_seconds: float) -> None:
        """`socket`: the instance's own one; `current.sock` beside it says who is live. None where there is only one."""
        self._socket = socket
        self._look_seconds = look_seconds
        self._listeners = 0
        self._wanted = asyncio.Event()
        self._stopping = False

    @abstractmethod
    async def _look(self) -> object:
        """Look for news, and wake the streams that it concerns."""

    @abstractmethod
    def _wake(self) -> None:
        """Wake every stream."""

    def stop(self) -> None:
        """End every stream."""
        self._stopping = True
        self._wake()

    def _is_live(self) -> bool:
        if self._socket is None:
            return True
        try:
            return (self._socket.parent / "current.sock").readlink().name == self._socket.name
        except OSError:
            return True  # no such link: nobody else could be the live one

    def _is_over(self, began_live: bool) -> bool:
        """Whether a stream has to end; one that began at an instance that is not live yet goes on until it was."""
        return self._stopping or (began_live and not self._is_live())

    async def watch(self) -> None:
        """Run as long as the process: looks for news while somebody listens."""
        was_live = True
        while True:
            await self._wanted.wait()
            try:
                await self._look()
            except (SQLAlchemyError, sqlite3.Error) as error:
                logger.warning("The feed could not look for news: {}", error)
            live = self._is_live()
            if live != was_live:
                was_live = live
                self._wake()
            await asyncio.sleep(self._look_seconds)

    def refuse_if_full(self) -> None:
        """Raise 503 before a stream is begun: once it has, there is no status left to say it with."""
        if self._listeners >= MOST_LISTENERS:
            raise ProblemError(ErrorCode.SERVICE_UNAVAILABLE, "Too many open event streams.")

    @contextmanager
    def _listening(self) -> Iterator[None]:
        self._listeners += 1
        self._wanted.set()
        try:
            yield
        finally:
            self._listeners -= 1
            if not self._listeners:
                self._wanted.clear()

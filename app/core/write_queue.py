"""Writers wait for their turn here, not in SQLite's busy back-off, whose long sleeps make the slow tail.

Coroutines of one process queue on an asyncio lock, processes on a lock of the file beside the database.
The kernel lets go of the file lock when a process dies, however it dies.

A process that finds the file locked asks again soon, on its event loop: no thread waits for it in the kernel. That one
would hold the lock until its busy event loop came round to the transaction, a hundred times as long as the transaction
itself takes, while everybody waits (docs/decisions/0150).
"""

import asyncio
import fcntl
import os
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path

FIRST_PAUSE_SECONDS = 0.001  # a transaction holds the lock about as long
LONGEST_PAUSE_SECONDS = 0.005
PAUSES_GROW = 1.1


class WriteQueueTimeoutError(Exception):
    """The turn to write did not come in time."""


def lock_file_of(database: Path) -> Path:
    return database.with_name(f"{database.name}.write-lock")


def _open(path: Path) -> int:
    return os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o640)


@contextmanager
def sole_writer(database: Path) -> Iterator[None]:
    """The queue for code without an event loop (migrations). Waits as long as it takes."""
    descriptor = _open(lock_file_of(database))
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


class WriteQueue:
    def __init__(self, database: Path, patience: float) -> None:
        """`patience`: seconds to wait for the turn."""
        self._path = lock_file_of(database)
        self._patience = patience
        self._lock = asyncio.Lock()
        self._descriptor = -1

    @asynccontextmanager
    async def turn(self) -> AsyncIterator[None]:
        try:
            async with asyncio.timeout(self._patience):
                await self._acquire()
        except TimeoutError:
            raise WriteQueueTimeoutError from None
        try:
            yield
        finally:
            self._release()

    async def _acquire(self) -> None:
        await self._lock.acquire()
        try:
            if self._descriptor < 0:
                self._descriptor = _open(self._path)
            pause = FIRST_PAUSE_SECONDS
            while not self._taken():
                await asyncio.sleep(pause)
                pause = min(pause * PAUSES_GROW, LONGEST_PAUSE_SECONDS)
        except BaseException:
            self._lock.release()
            raise

    def _taken(self) -> bool:
        try:
            fcntl.flock(self._descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True

    def _release(self) -> None:
        fcntl.flock(self._descriptor, fcntl.LOCK_UN)
        self._lock.release()

    def close(self) -> None:
        if self._descriptor >= 0:
            os.close(self._descriptor)
            self._descriptor = -1

"""Writers wait in a queue, not in SQLite's busy back-off: its sleeping retries are what makes the slow tail.

Coroutines of one process queue on an asyncio lock, processes on a lock of the file beside the database.
The kernel lets go of the file lock when a process dies, however it dies.
"""

import asyncio
import fcntl
import os
from collections.abc import AsyncIterator, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path


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
        self._waiter = ThreadPoolExecutor(max_workers=1, thread_name_prefix="write-queue")

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
            fcntl.flock(self._descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            await self._wait_for_other_process()
        except BaseException:
            self._lock.release()
            raise

    async def _wait_for_other_process(self) -> None:
        turn = asyncio.get_running_loop().run_in_executor(self._waiter, fcntl.flock, self._descriptor, fcntl.LOCK_EX)
        try:
            await asyncio.shield(turn)
        except asyncio.CancelledError:
            # The thread cannot be called back: when its turn comes, it is given away at once.
            turn.add_done_callback(lambda _: self._release())
            raise
        except BaseException:
            self._lock.release()
            raise

    def _release(self) -> None:
        fcntl.flock(self._descriptor, fcntl.LOCK_UN)
        self._lock.release()

    def close(self) -> None:
        self._waiter.shutdown(wait=False)
        if self._descriptor >= 0:
            os.close(self._descriptor)
            self._descriptor = -1

"""Writers wait for their turn here, not in SQLite's busy back-off, whose long sleeps make the slow tail.

Coroutines of one process queue on an asyncio lock, processes on a lock of the file beside the database.
The kernel lets go of the file lock when a process dies, however it dies.

A process that finds the file locked waits on its event loop, and asks again when it is woken or a moment has passed:
no thread waits for it in the kernel. That one would hold the lock until its busy event loop came round to the
transaction, a hundred times as long as the transaction itself takes, while everybody waits (docs/decisions/0150).
Whoever has waited longest goes first, over all processes: each notes in a shared file since when its first one waits,
and the others let an elder go ahead for a moment (docs/decisions/0151).
"""

import asyncio
import fcntl
import mmap
import os
import socket
import struct
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress
from pathlib import Path
from time import monotonic

from app.core.niceness import PRECEDENCE, Niceness

PAUSE_SECONDS = 0.004  # for who is not woken: a writer without an event loop, or one that was killed, wakes nobody
COURTESY_SECONDS = 0.003  # an elder whose event loop is busy, or that died, keeps nobody waiting for longer
# Turns of one process go on for so long: to hand each one over to a process that must first get a processor costs more
# than most transactions do.
KEEP_SECONDS = 0.02
SLOTS = 64


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


class _Arrivals:
    """Since when the first writer of each process waits, in the lock file itself: a hint, the lock alone decides.

    SLOTS moments of CLOCK_MONOTONIC, 0 where nobody waits, then the moment of the last turn. Processes that share a
    slot, or one that died while it waited, cost the others a moment of courtesy. Who lets go of the lock wakes the
    eldest by a datagram, for asking every millisecond costs more than the transactions do.
    """

    SLOT = struct.Struct("d")
    ALL = struct.Struct(f"{SLOTS}d")

    def __init__(self, descriptor: int, wake: Callable[[], None]) -> None:
        size = self.ALL.size + self.SLOT.size
        file = os.fstat(descriptor)
        if file.st_size < size:
            os.ftruncate(descriptor, size)
        self._memory = mmap.mmap(descriptor, size)
        self._own = os.getpid() % SLOTS
        self._name = f"\0groundwork-{file.st_dev}-{file.st_ino}-"
        self._wake = wake
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_NONBLOCK)
        with suppress(OSError):  # of another process in the same slot: then nobody wakes this one
            self._socket.bind(f"{self._name}{self._own}")
        self._loop = asyncio.get_running_loop()
        self._loop.add_reader(self._socket, self._woken)

    def note(self, since: float) -> None:
        self.SLOT.pack_into(self._memory, self._own * self.SLOT.size, since)

    def count_turn(self) -> None:
        self.SLOT.pack_into(self._memory, self.ALL.size, monotonic())

    def may_try(self, since: float) -> bool:
        """Whether nobody waits for longer, or whoever does has not come for a while."""
        if not any(0 < other < since for other in self.ALL.unpack_from(self._memory)):
            return True
        (last_turn,) = self.SLOT.unpack_from(self._memory, self.ALL.size)
        return monotonic() - max(float(last_turn), since) > COURTESY_SECONDS

    def wake_eldest(self) -> None:
        waiting = [(since, slot) for slot, since in enumerate(self.ALL.unpack_from(self._memory)) if since]
        if waiting:
            with suppress(OSError):  # it died, or has been woken so often that it will look anyway
                self._socket.sendto(b"", f"{self._name}{min(waiting)[1]}")

    def _woken(self) -> None:
        with suppress(BlockingIOError):
            while True:
                self._socket.recv(1)
                self._wake()

    def close(self) -> None:
        self._loop.remove_reader(self._socket)
        self._socket.close()
        self._memory.close()


class WriteQueue:
    def __init__(self, database: Path, patience: float) -> None:
        """`patience`: seconds to wait for the turn."""
        self._path = lock_file_of(database)
        self._patience = patience
        self._lock = asyncio.Lock()
        self._descriptor = -1
        self._arrivals: _Arrivals | None = None
        self._woken = asyncio.Event()
        self._waiting = 0
        self._is_kept = False  # between two turns of this process
        self._taken_at = 0.0
        self._niceness = Niceness(PRECEDENCE)

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
        since = monotonic()
        self._waiting += 1
        try:
            await self._lock.acquire()
        except BaseException:
            if self._is_kept and self._waiting == 1 and not self._lock.locked():
                self._let_go()  # it was kept for this one
            raise
        finally:
            self._waiting -= 1
        if self._is_kept:
            self._is_kept = False
            return
        try:
            await self._take(since)
        except BaseException:
            self._lock.release()
            raise
        self._taken_at = monotonic()

    async def _take(self, since: float) -> None:
        arrivals = self._opened()
        arrivals.note(since)
        try:
            while True:
                self._woken.clear()
                if arrivals.may_try(since) and self._taken():
                    break
                with suppress(TimeoutError):
                    async with asyncio.timeout(PAUSE_SECONDS):
                        await self._woken.wait()
        finally:
            arrivals.note(0)
        arrivals.count_turn()
        self._niceness.begin()

    def _opened(self) -> _Arrivals:
        if self._arrivals is None:
            self._descriptor = _open(self._path)
            self._arrivals = _Arrivals(self._descriptor, self._woken.set)
        return self._arrivals

    def _taken(self) -> bool:
        try:
            fcntl.flock(self._descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True

    def _release(self) -> None:
        if self._waiting and monotonic() - self._taken_at < KEEP_SECONDS:
            self._is_kept = True
        else:
            self._let_go()
        self._lock.release()

    def _let_go(self) -> None:
        self._is_kept = False
        arrivals = self._opened()
        arrivals.count_turn()
        fcntl.flock(self._descriptor, fcntl.LOCK_UN)
        arrivals.wake_eldest()
        self._niceness.end()

    def close(self) -> None:
        if self._arrivals is not None:
            self._arrivals.close()
            self._arrivals = None
            os.close(self._descriptor)
            self._descriptor = -1

"""Copies SQLite's write-ahead log into the database file beside those who write, not within one of their transactions.

By itself SQLite does that in the commit that fills the log: with many indexes each second, for 25 ms and more, while
all others wait (docs/decisions/0150).
"""

import asyncio
import os
import sqlite3
import struct
from contextlib import closing
from pathlib import Path
from typing import NamedTuple

from app.core.write_queue import sole_writer

LOOK_SECONDS = 0.25
FRAMES = 1000  # SQLite's own measure: about 4 MB
NET_FRAMES = 10_000  # where no process looks after it (a command), the commit that comes so far does it
# https://sqlite.org/fileformat2.html#the_write_ahead_log: page size at 8, salts at 16; a frame has them at 8.
HEADER, FRAME_HEADER = struct.Struct(">8xI4x8s8x"), struct.Struct(">8x8s8x")


class Log(NamedTuple):
    """How far the log is written; `salts` change when it begins again at its start."""

    salts: bytes
    frames: int


def look(database: Path) -> Log:
    """Read the log's own file, and nothing else of the database.

    A process that closes the database's or the index's (-shm) file loses every lock that SQLite has on it in that
    process, as POSIX has it, and what is written then is broken. SQLite has no locks on the log.
    """
    try:
        descriptor = os.open(database.with_name(f"{database.name}-wal"), os.O_RDONLY | os.O_CLOEXEC)
    except FileNotFoundError:
        return Log(b"", 0)
    try:
        header = os.pread(descriptor, HEADER.size, 0)
        if len(header) < HEADER.size:
            return Log(b"", 0)
        page, salts = HEADER.unpack(header)
        step = FRAME_HEADER.size + page
        # Frames of this time round come first, then what is left of the time before.
        few, most = 0, (os.fstat(descriptor).st_size - HEADER.size) // step
        while few < most:
            middle = (few + most) // 2
            found = os.pread(descriptor, FRAME_HEADER.size, HEADER.size + middle * step)
            few, most = (middle + 1, most) if FRAME_HEADER.unpack(found) == (salts,) else (few, middle)
        return Log(salts, few)
    finally:
        os.close(descriptor)


def _checkpoint(database: Path) -> bool:
    """Copy what can be copied without keeping anybody waiting; False when another process is at it."""
    with closing(sqlite3.connect(database, isolation_level=None, timeout=0)) as connection:
        (is_busy, _, _) = connection.execute("PRAGMA wal_checkpoint(PASSIVE)").fetchone()
        return not is_busy


def _copy_all(database: Path) -> None:
    if _checkpoint(database):
        # What was written meanwhile is little. Only when all of it is copied does the log begin again at its start.
        with sole_writer(database):
            _checkpoint(database)


async def keep_log_short(database: Path) -> None:
    """Runs as long as the process."""
    copied = Log(b"", 0)
    while True:
        await asyncio.sleep(LOOK_SECONDS)
        log = look(database)
        if log.frames >= FRAMES and log != copied:
            await asyncio.to_thread(_copy_all, database)
            copied = look(database)

"""Copies SQLite's write-ahead log into the database file beside those who write, not within one of their transactions.

By itself SQLite does that in the commit that fills the log: with many indexes each second, for 25 ms and more, while
all others wait (docs/decisions/0150).
"""

import asyncio
import sqlite3
import struct
from contextlib import closing
from pathlib import Path

from app.core.write_queue import sole_writer

LOOK_SECONDS = 0.25
FRAMES = 1000  # SQLite's own measure: about 4 MB
NET_FRAMES = 10_000  # where no process looks after it (a command), the commit that comes so far does it
# https://sqlite.org/walformat.html, "WAL-Index File Format": mxFrame at 16, nBackfill at 96, in the machine's order.
INDEX_HEADER = struct.Struct("=16xI76xI")


def waiting_frames(database: Path) -> int:
    """Frames of the log that are not in the database file yet; 0 when nobody has the database open."""
    try:
        with database.with_name(f"{database.name}-shm").open("rb") as index:
            last, copied = map(int, INDEX_HEADER.unpack(index.read(INDEX_HEADER.size)))
    except (FileNotFoundError, struct.error):
        return 0
    return max(0, last - copied)


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
    while True:
        await asyncio.sleep(LOOK_SECONDS)
        if waiting_frames(database) >= FRAMES:
            await asyncio.to_thread(_copy_all, database)

"""Few hops to a thread, an event loop that nobody holds up, and a log that does not grow."""

import asyncio
import sqlite3
import sys
import time
from collections.abc import Callable
from contextlib import closing, suppress
from typing import Any

import pytest
from sqlalchemy import insert, select, text

from app.core.database import Database
from app.core.databases import checkpoints
from app.core.databases.sqlite_connections import MOST_PARAMETERS, ROWS_AT_ONCE, Reader
from app.core.settings import Settings
from app.iam.users.models import User

pytestmark = pytest.mark.sqlite
NUMBERS = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < :most) SELECT i FROM n"


@pytest.fixture
def hops(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What was handed to a thread."""
    handed: list[str] = []
    away = Reader.away

    async def watched(connection: Reader, call: Callable[..., Any], *arguments: Any) -> Any:
        handed.append(call.__name__)
        return await away(connection, call, *arguments)

    monkeypatch.setattr(Reader, "away", watched)
    return handed


async def _add(database: Database, *names: str) -> None:
    async with database.work() as work:
        session = await work.writing()
        session.add_all(User(username=name, display_name=name, password_hash="x") for name in names)


async def test_a_transaction_that_writes_needs_no_thread(database: Database, hops: list[str]) -> None:
    await _add(database, "first")  # the connection is made
    hops.clear()
    await _add(database, "ada")
    async with database.work() as work:
        user = (await (await work.writing()).scalars(select(User).where(User.username == "ada"))).one()
        user.display_name = "Ada"
    assert hops == []


async def test_a_statement_that_reads_is_one_hop(database: Database, hops: list[str]) -> None:
    await _add(database, "ada")
    async with database.work() as work, work.reading() as session:
        await session.execute(text("SELECT 1"))
        hops.clear()
        assert (await session.scalars(select(User.username))).all() == ["ada"]
        assert len((await session.execute(text(NUMBERS), {"most": ROWS_AT_ONCE - 1})).all()) == ROWS_AT_ONCE - 1
    assert hops == ["_execute", "_execute"]


async def test_many_rows_and_everything_unusual_go_to_the_thread(database: Database, hops: list[str]) -> None:
    async with database.work() as work:
        session = await work.writing()
        hops.clear()
        people = [{"username": f"u{n}", "display_name": "x", "password_hash": "x"} for n in range(MOST_PARAMETERS)]
        await session.execute(insert(User), people)
        await session.execute(text("DELETE FROM iam_user"))
    assert len(hops) == 2


@pytest.mark.parametrize("most", [0, 1, ROWS_AT_ONCE, ROWS_AT_ONCE + 1, 3 * ROWS_AT_ONCE])
async def test_every_row_comes_at_once_and_piece_by_piece(database: Database, most: int) -> None:
    expected = list(range(1, most + 1)) or [1]  # the first row of the recursion is always there
    async with database.work() as work, work.reading() as session:
        assert (await session.scalars(text(NUMBERS), {"most": most})).all() == expected
        found = await session.stream_scalars(text(NUMBERS), {"most": most}, execution_options={"yield_per": 7})
        assert [number async for number in found] == expected


async def test_who_waits_for_a_foreign_writer_holds_nobody_up(database: Database, settings: Settings) -> None:
    foreign = sqlite3.connect(settings.database_path, isolation_level=None)
    await _add(database, "first")
    foreign.execute("BEGIN IMMEDIATE")
    waiting = asyncio.create_task(_add(database, "ada"))
    longest = 0.0
    for _ in range(20):
        began = time.perf_counter()
        await asyncio.sleep(0.01)
        longest = max(longest, time.perf_counter() - began)
    assert not waiting.done()
    assert longest < 0.15
    foreign.execute("COMMIT")
    foreign.close()
    await waiting
    async with database.work() as work, work.reading() as session:
        assert len((await session.scalars(select(User.id))).all()) == 2


async def test_who_was_cancelled_while_waiting_leaves_no_lock(database: Database, settings: Settings) -> None:
    foreign = sqlite3.connect(settings.database_path, isolation_level=None)
    await _add(database, "first")
    foreign.execute("BEGIN IMMEDIATE")
    waiting = asyncio.create_task(_add(database, "lost"))
    await asyncio.sleep(0.1)
    waiting.cancel()
    with suppress(asyncio.CancelledError):
        await waiting
    foreign.execute("COMMIT")
    foreign.close()
    await _add(database, "next")
    async with database.work() as work, work.reading() as session:
        assert (await session.scalars(select(User.username).order_by(User.id))).all() == ["first", "next"]


async def test_who_was_cancelled_while_reading_harms_nobody(database: Database) -> None:
    async def read(most: int) -> int:
        async with database.work() as work, work.reading() as session:
            return len((await session.execute(text(f"SELECT count(*) FROM ({NUMBERS})"), {"most": most})).all())  # noqa: S608  # ours

    for _ in range(4):  # more than there are connections
        long = asyncio.create_task(read(500_000))
        await asyncio.sleep(0.02)
        long.cancel()
        with suppress(asyncio.CancelledError):
            await long
    assert await read(10) == 1


async def test_the_log_begins_again_while_others_write(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    database = Database(settings)  # which nobody tends yet
    monkeypatch.setattr(checkpoints, "FRAMES", 40)
    monkeypatch.setattr(checkpoints, "LOOK_SECONDS", 0.01)
    log = settings.database_path.with_name(f"{settings.database_path.name}-wal")

    async def write(times: int) -> int:
        before = log.stat().st_size
        for _ in range(times):
            await _add(database, f"u{time.monotonic_ns()}")
            await asyncio.sleep(0.002)
        return log.stat().st_size - before

    await _add(database, "first")
    alone = await write(60)
    assert checkpoints.look(settings.database_path).frames > 60
    tending = asyncio.create_task(database.tend())
    assert await write(240) < 2 * alone  # by itself it would be four times as much
    assert checkpoints.look(settings.database_path).frames < 200
    tending.cancel()
    await database.close()


async def test_looking_at_the_log_drops_nobody_s_lock(database: Database, settings: Settings) -> None:
    """Closing one of SQLite's own files would: POSIX takes all locks of a process with it."""
    begin = f"import sqlite3; sqlite3.connect({str(settings.database_path)!r}, timeout=0).execute('BEGIN IMMEDIATE')"
    async with database.work() as work:
        await work.writing()
        checkpoints.look(settings.database_path)
        other = await asyncio.create_subprocess_exec(sys.executable, "-c", begin, stderr=asyncio.subprocess.PIPE)
        _, said = await other.communicate()
        assert b"database is locked" in said


async def test_the_log_is_counted_to_its_last_frame(settings: Settings) -> None:
    with closing(sqlite3.connect(settings.database_path, isolation_level=None)) as connection:
        connection.execute("PRAGMA journal_mode=WAL")
        connection.execute("CREATE TABLE counted (page BLOB)")
        for _ in range(30):
            connection.execute("INSERT INTO counted VALUES (zeroblob(3000))")
            (_, frames, _) = connection.execute("PRAGMA wal_checkpoint(PASSIVE)").fetchone()
            assert checkpoints.look(settings.database_path).frames == frames


def test_a_database_that_nobody_has_open_waits_for_nothing(settings: Settings) -> None:
    assert checkpoints.look(settings.database_path).frames == 0

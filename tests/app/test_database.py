"""No update is lost, readers cannot write, and the transaction ends in one place."""

import asyncio
import multiprocessing
import sqlite3
import time
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest
from sqlalchemy import Column, Integer, inspect, select, text, update
from sqlalchemy.exc import DBAPIError, StatementError
from sqlalchemy.ext.asyncio import AsyncSession, create_async_engine
from sqlalchemy.orm import registry

from app.core.database import Database
from app.core.databases import provider_of
from app.core.errors import ErrorCode, ProblemError
from app.core.principal import Principal
from app.core.settings import Settings
from app.core.write_queue import WriteQueue, WriteQueueTimeoutError, sole_writer
from app.iam.users.models import User
from tests.app.harness import AddUser, rows

INCREMENTS = 200


def _count(settings: Settings) -> int:
    return int(rows(settings, "SELECT display_name FROM iam_user")[0][0])


async def _add_one(session: AsyncSession) -> None:
    """Read, add, write: what loses updates when two do it at once."""
    user = (await session.scalars(select(User))).one()
    value = int(user.display_name)
    await asyncio.sleep(0)
    user.display_name = str(value + 1)
    await session.flush()


@pytest.fixture
async def counter(add_user: AddUser, database: Database) -> None:
    await add_user()
    async with database.work() as work:
        await (await work.writing()).execute(update(User).values(display_name="0"))


async def test_concurrent_increments_all_count(counter: None, database: Database, settings: Settings) -> None:
    async def increment() -> None:
        async with database.work() as work:
            await _add_one(await work.writing())

    await asyncio.gather(*(increment() for _ in range(INCREMENTS)))
    assert _count(settings) == INCREMENTS


async def test_the_same_on_a_naive_engine_loses_some(counter: None, settings: Settings) -> None:
    """Shows that the test above can fail: the defaults of SQLAlchemy and its drivers lose updates, silently."""
    naive = create_async_engine(settings.database_url)

    async def increment() -> None:
        async with AsyncSession(naive) as session:
            await _add_one(session)
            await session.commit()

    results = await asyncio.gather(*(increment() for _ in range(INCREMENTS)), return_exceptions=True)
    await naive.dispose()
    succeeded = sum(not isinstance(result, BaseException) for result in results)
    assert _count(settings) < succeeded


def _increment_in_process(settings: Settings, times: int) -> None:
    async def run() -> None:
        database = Database(settings)
        for _ in range(times):
            async with database.work() as work:
                await _add_one(await work.writing())
        await database.close()

    asyncio.run(run())


async def test_increments_of_several_processes_all_count(counter: None, settings: Settings) -> None:
    context = multiprocessing.get_context("fork")
    processes = [context.Process(target=_increment_in_process, args=(settings, 25)) for _ in range(4)]
    for process in processes:
        process.start()
    for process in processes:
        await asyncio.to_thread(process.join, 30)
    assert [process.exitcode for process in processes] == [0, 0, 0, 0]
    assert _count(settings) == 100


@pytest.mark.sqlite
async def test_a_writer_holds_the_lock_from_its_beginning(database: Database, settings: Settings) -> None:
    """Also against those outside the queue: without it, what was read could be old when the write comes."""
    foreign = sqlite3.connect(settings.database_path, isolation_level=None, timeout=0)
    async with database.work() as work:
        await work.writing()
        with pytest.raises(sqlite3.OperationalError, match="locked"):
            foreign.execute("BEGIN IMMEDIATE")
    foreign.execute("BEGIN IMMEDIATE")
    foreign.close()


async def test_a_writer_waits_for_its_turn(counter: None, database: Database, settings: Settings) -> None:
    async def increment() -> None:
        async with database.work() as work:
            await _add_one(await work.writing())

    with provider_of(settings).sole_writer():
        waiting = asyncio.create_task(increment())
        await asyncio.sleep(0.3)
        assert not waiting.done()
    await waiting
    assert _count(settings) == 1


async def test_a_reading_session_cannot_write(database: Database) -> None:
    with pytest.raises(DBAPIError, match=r"readonly|read-only"):
        async with database.work() as work, work.reading() as session:
            await session.execute(update(User).values(display_name="x"))


async def test_reading_does_not_wait_for_a_writer(counter: None, database: Database) -> None:
    async with database.work() as writer:
        session = await writer.writing()
        await session.execute(update(User).values(display_name="1"))
        async with asyncio.timeout(1), database.work() as work, work.reading() as reading:
            assert await reading.scalar(select(User.display_name)) == "0"


async def test_an_error_takes_everything_back_unless_it_says_otherwise(
    counter: None, database: Database, settings: Settings
) -> None:
    async def fail(error: Exception, value: str) -> None:
        async with database.work() as work:
            await (await work.writing()).execute(update(User).values(display_name=value))
            raise error

    with pytest.raises(RuntimeError):
        await fail(RuntimeError(), "1")
    with pytest.raises(ProblemError):
        await fail(ProblemError(ErrorCode.CONFLICT), "2")
    assert _count(settings) == 0
    with pytest.raises(ProblemError):
        await fail(ProblemError(ErrorCode.INVALID_CREDENTIALS, keeps_changes=True), "3")
    assert _count(settings) == 3


async def test_a_cancelled_writer_gives_its_turn_back(counter: None, database: Database, settings: Settings) -> None:
    async def hold() -> None:
        async with database.work() as work:
            await _add_one(await work.writing())
            await asyncio.sleep(60)

    holder = asyncio.create_task(hold())
    await asyncio.sleep(0.2)
    holder.cancel()
    with pytest.raises(asyncio.CancelledError):
        await holder
    async with asyncio.timeout(2), database.work() as work:
        await _add_one(await work.writing())
    assert _count(settings) == 1


async def test_the_first_transaction_joins_up_no_classes_while_others_wait(settings: Settings) -> None:
    mappers = registry()
    try:
        late: type[object] = mappers.mapped(
            type("Late", (), {"__tablename__": "late", "id": Column(Integer, primary_key=True)})
        )
        database = Database(settings)
        assert inspect(late).configured
        await database.close()
    finally:
        mappers.dispose()


@pytest.mark.sqlite
async def test_sqlite_is_set_up_as_meant(database: Database) -> None:
    async def ask(session: AsyncSession, name: str) -> object:
        return await session.scalar(text(f"PRAGMA {name}"))

    async with database.work() as work:
        session = await work.writing()
        assert await ask(session, "journal_mode") == "wal"
        assert await ask(session, "synchronous") == 1
        assert await ask(session, "foreign_keys") == 1
        async with work.reading() as reading:
            assert await ask(reading, "query_only") == 1
            assert await ask(reading, "foreign_keys") == 1


async def test_moments_keep_their_meaning_and_need_a_zone(add_user: AddUser, database: Database) -> None:
    moment = datetime(2026, 1, 2, 3, 4, tzinfo=timezone(timedelta(hours=8)))
    await add_user("ada", created_at=moment)
    async with database.work() as work, work.reading() as session:
        stored = (await session.scalars(select(User.created_at))).one()
    assert stored == moment
    assert stored.tzinfo is UTC
    with pytest.raises(StatementError, match="without a zone"):
        await add_user("grace", created_at=datetime(2026, 1, 2))  # noqa: DTZ001 - what must be refused


async def test_audit_columns_fill_themselves(add_user: AddUser, database: Database) -> None:
    ada = await add_user("ada")
    async with database.work() as work:
        work.principal = Principal(ada.id, "0" * 32, "ada", "Ada", is_administrator=False)
        session = await work.writing()
        session.add(User(username="grace", display_name="Grace", password_hash="x"))
        (await session.merge(ada)).display_name = "Countess"
    async with database.work() as work, work.reading() as session:
        users = {user.username: user for user in await session.scalars(select(User))}
    assert users["grace"].creator_id == ada.id
    assert users["grace"].modifier_time is None
    assert users["ada"].modifier_id == ada.id
    assert users["ada"].modifier_time is not None
    assert users["ada"].creator_id is None


def _hold_the_lock(path: Path, seconds: float, ready: "multiprocessing.synchronize.Event") -> None:
    with sole_writer(path):
        ready.set()
        time.sleep(seconds)


@pytest.mark.parametrize(("held", "patience", "gets_it"), [(0.3, 5.0, True), (30.0, 0.3, False)])
async def test_the_queue_across_processes(tmp_path: Path, held: float, patience: float, gets_it: bool) -> None:
    path = tmp_path / "some.db"
    context = multiprocessing.get_context("fork")
    ready = context.Event()
    holder = context.Process(target=_hold_the_lock, args=(path, held, ready))
    holder.start()
    await asyncio.to_thread(ready.wait, 5)
    queue = WriteQueue(path, patience)
    try:
        if gets_it:
            async with queue.turn():
                """The other process let go."""
        else:
            with pytest.raises(WriteQueueTimeoutError):
                await queue.turn().__aenter__()
            holder.kill()  # a killed holder lets go, and the turn that was given up is given away
            async with asyncio.timeout(5):
                while True:
                    try:
                        async with queue.turn():
                            break
                    except WriteQueueTimeoutError:
                        continue
    finally:
        holder.kill()
        holder.join()
        queue.close()

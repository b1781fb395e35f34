"""A row added or changed at once is stored, logged and changed afterwards as one that the ORM flushed."""

from typing import Any

import pytest
from sqlalchemy import bindparam, inspect, select
from sqlalchemy.ext.asyncio import AsyncSession

from app.chat.conversations.models import Conversation
from app.core.at_once import RowQuery, add_at_once, change_at_once, get_at_once, read_at_once
from app.core.database import Database
from app.core.models import Record
from app.core.operations import CHANGES
from app.core.principal import Principal
from app.iam.users.models import User
from app.jobs.models import Job
from tests.app.harness import AddUser

MOMENTS = ("created_at", "touched_at")


@pytest.fixture
async def ada(add_user: AddUser) -> User:
    return await add_user("ada")


async def _flushed(session: AsyncSession, row: Record) -> None:
    session.add(row)
    await session.flush()


def _a_job(user_id: int) -> Job:
    return Job(kind="ping", queue="default", title="Größe", payload={"words": ["名"]}, user_id=user_id, rank=-3)


def _a_conversation(user_id: int) -> Conversation:
    return Conversation(user_id=user_id, title="Largo", temperature=0.5)


@pytest.mark.parametrize("make", [_a_job, _a_conversation])
async def test_it_is_as_if_flushed(database: Database, make: Any, ada: User) -> None:
    stored: list[dict[str, Any]] = []
    told: list[list[Any]] = []
    for add in (_flushed, add_at_once):
        async with database.work() as work:
            work.principal = Principal(ada.id, "0" * 32, "ada", "Ada", is_administrator=False)
            session = await work.writing()
            row = make(ada.id)
            await add(session, row)
            assert row in session
            told.append([{**change, "id": 0} for change in session.info[CHANGES] if change["field"] not in MOMENTS])
        async with database.work() as work, work.reading() as session:
            columns = row.__table__.columns
            found = (await session.execute(select(row.__table__).where(columns["id"] == row.id))).mappings().one()
            stored.append({name: value for name, value in found.items() if name not in {"id", *MOMENTS}})
            assert found["created_at"] == row.created_at
    assert stored[0] == stored[1]
    assert stored[0]["creator_id"] == ada.id
    assert told[0] == told[1] != []


async def test_a_change_after_it_is_one_of_the_row(database: Database, ada: User) -> None:
    async with database.work() as work:
        session = await work.writing()
        row = _a_conversation(ada.id)
        await add_at_once(session, row)
        assert not session.dirty
        row.title = "Presto"
    async with database.work() as work, work.reading() as session:
        assert (await session.scalars(select(Conversation.title))).all() == ["Presto"]
        assert (await session.get_one(Conversation, row.id)).modifier_time is not None


async def _set(session: AsyncSession, row: Record, **values: Any) -> None:
    for name, value in values.items():
        setattr(row, name, value)
    await session.flush()


async def test_a_change_at_once_is_as_if_flushed(database: Database, ada: User) -> None:
    stored: list[dict[str, Any]] = []
    told: list[list[Any]] = []
    for change in (_set, change_at_once):
        async with database.work() as work:
            work.principal = Principal(ada.id, "0" * 32, "ada", "Ada", is_administrator=False)
            session = await work.writing()
            row, other = _a_conversation(ada.id), _a_conversation(ada.id)
            await add_at_once(session, row)
            await add_at_once(session, other)
            session.info[CHANGES].clear()
            row.temperature = 1.5  # what waits in the session goes first
            await change(session, row, title="Presto", touched_at=row.touched_at, system_prompt="名")
            assert row.title == "Presto"
            assert not session.dirty
            told.append([{**change, "id": change["id"] == row.id} for change in session.info[CHANGES]])
        async with database.work() as work, work.reading() as session:
            columns = row.__table__.columns
            found = (await session.execute(select(row.__table__).where(columns["id"] == row.id))).mappings().one()
            stored.append({name: value for name, value in found.items() if name not in {"id", *MOMENTS}})
            assert stored[-1].pop("modifier_time") is not None
            assert (await session.get_one(Conversation, other.id)).title == "Largo"
    assert stored[0] == stored[1]
    assert (stored[0]["modifier_id"], stored[0]["system_prompt"]) == (ada.id, "名")
    in_order = [sorted(each, key=lambda change: str(change["field"])) for each in told]
    assert in_order[0] == in_order[1] != []


async def test_it_goes_with_its_transaction(database: Database, ada: User) -> None:
    async def write_and_fail() -> None:
        async with database.work() as work:
            await add_at_once(await work.writing(), _a_conversation(ada.id))
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await write_and_fail()
    async with database.work() as work, work.reading() as session:
        assert (await session.scalars(select(Conversation.id))).all() == []


async def test_a_row_is_read_as_the_orm_reads_it(database: Database, ada: User) -> None:
    async with database.work() as work:
        session = await work.writing()
        job = _a_job(ada.id)
        await add_at_once(session, job)
    found = await read_at_once(database.points, Job, job.id)
    async with database.work() as work, work.reading() as session:
        expected = await session.get_one(Job, job.id)
    assert found is not None
    names = Job.__table__.columns.keys()
    assert [getattr(found, name) for name in names] == [getattr(expected, name) for name in names]
    assert found.created_at.tzinfo is not None
    assert await read_at_once(database.points, Job, job.id + 1) is None


async def test_a_row_that_was_read_belongs_to_its_session(database: Database, ada: User) -> None:
    async with database.work() as work:
        session = await work.writing()
        job = _a_job(ada.id)
        await add_at_once(session, job)
    async with database.work() as work:
        session = await work.writing()
        found = await get_at_once(session, Job, job.id)
        assert found is not None
        assert not session.dirty
        assert await session.get(Job, job.id) is found
        found.title = "Presto"
        assert await get_at_once(session, Job, job.id) is found  # with what waits in the session
        assert await get_at_once(session, Job, job.id + 1) is None
    assert (await read_at_once(database.points, Job, job.id) or job).title == "Presto"


async def test_what_was_taken_back_is_read_anew(database: Database, ada: User) -> None:
    async with database.work() as work:
        session = await work.writing()
        job = _a_job(ada.id)
        await add_at_once(session, job)
        id_ = job.id
        nested = await session.begin_nested()
        job.title = "Presto"
        await session.flush()
        await nested.rollback()
        assert (await get_at_once(session, Job, id_), job.title) == (job, "Größe")


async def test_a_query_of_rows_keeps_its_order_and_bound(database: Database, ada: User) -> None:
    query = RowQuery(Job, Job.user_id == bindparam("user"), order=(Job.id.desc(),), limit=bindparam("most"))
    async with database.work() as work:
        session = await work.writing()
        made = [_a_job(ada.id) for _ in range(3)]
        for job in made:
            await add_at_once(session, job)
        assert await query.read_in(session, user=ada.id, most=2) == [made[2], made[1]]
    assert [job.id for job in await query.read(database.points, user=ada.id, most=5)] == [made[i].id for i in (2, 1, 0)]


async def test_the_first_within_a_savepoint_goes_with_it(database: Database, ada: User) -> None:
    async with database.work() as work:
        session = await work.writing()
        row = _a_conversation(ada.id)
        await add_at_once(session, row)
        nested = await session.begin_nested()
        await change_at_once(session, row, title="Presto")
        await nested.rollback()
        id_ = (inspect(row).identity or (0,))[0]
    found = await read_at_once(database.points, Conversation, id_)
    assert found is not None
    assert found.title == "Largo"

"""A row added or changed at once is stored, logged and changed afterwards as one that the ORM flushed."""

from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from app.chat.conversations.models import Conversation
from app.core.at_once import add_at_once, change_at_once
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

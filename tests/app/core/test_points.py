"""What goes past the ORM is stored and read as the ORM would, in the transaction of whoever asks."""

from datetime import UTC, datetime
from typing import Any

import pytest
from sqlalchemy import bindparam, func, select
from sqlalchemy.exc import IntegrityError

from app.core.database import Database, PointInsert, PointQuery, add_rows, rows_in
from app.core.events.models import Event
from app.iam.users.models import User
from app.system.operation_log import repository
from app.system.operation_log.models import OperationRecord

AT = datetime(2026, 5, 1, 12, 30, 15, 123456, tzinfo=UTC)
RECORD = {
    "creator_id": None,
    "created_at": AT,
    "username": "ada",
    "action": "create_code",
    "resource": "codes",
    "resource_id": None,
    "method": "POST",
    "path": "/api/v1/codes",
    "outcome": "success",
    "status": 201,
    "duration_ms": 3,
    "client_network": "203.0.113.0/24",
    "request_id": "r1",
    "changes": [{"field": "note", "before": None, "after": "Größe “x” 名"}],
}
EVENT = PointInsert(Event.__table__, "user_id", "name", "data", "created_at")
NAMED = PointQuery(select(User.id, User.created_at).where(User.username == bindparam("name")))


async def test_a_row_is_as_the_orm_would_write_it(database: Database) -> None:
    async with database.work() as work:
        session = await work.writing()
        session.add(OperationRecord(**RECORD))
        await session.flush()
        last = await repository.add(session, [RECORD, RECORD])
    columns = [column for column in OperationRecord.__table__.columns if column.key != "id"]
    async with database.work() as work, work.reading() as session:
        rows = [tuple(row) for row in await session.execute(select(*columns).order_by(OperationRecord.id))]
        assert await session.scalar(select(func.max(OperationRecord.id))) == last
    assert rows[0] == rows[1] == rows[2]
    assert AT in rows[0]


async def test_what_waits_in_the_session_comes_before(database: Database) -> None:
    async with database.work() as work:
        session = await work.writing()
        session.add(User(username="ada", display_name="Ada", password_hash="x", created_at=AT))
        ((id_, created_at),) = await rows_in(session, NAMED, {"name": "ada"})
        assert created_at == AT
        # The foreign key holds: the person is there.
        await add_rows(session, EVENT, [{"user_id": id_, "name": "hello", "data": {}, "created_at": AT}])
        assert await rows_in(session, NAMED, {"name": "nobody"}) == []


async def test_it_is_taken_back_with_its_transaction(database: Database) -> None:
    async def write_and_fail() -> None:
        async with database.work() as work:
            await repository.add(await work.writing(), [RECORD])
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await write_and_fail()
    async with database.work() as work, work.reading() as session:
        assert await session.scalar(select(func.count()).select_from(OperationRecord)) == 0


@pytest.mark.sqlite
async def test_a_column_that_was_forgotten_is_said(database: Database) -> None:
    row: dict[str, Any] = {"user_id": None, "name": "x", "data": {}}
    with pytest.raises(KeyError, match="created_at"):
        async with database.work() as work:
            await add_rows(await work.writing(), EVENT, [row])


async def test_a_broken_rule_is_the_error_that_everybody_knows(database: Database) -> None:
    async def tell_nobody_there() -> None:
        async with database.work() as work:
            row = {"user_id": 999, "name": "x", "data": {}, "created_at": AT}
            await add_rows(await work.writing(), EVENT, [row])

    with pytest.raises(IntegrityError):
        await tell_nobody_there()

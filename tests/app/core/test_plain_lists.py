"""Lists past the ORM: the same rows as by it, and what must not be kept or is too long for it goes the ordinary way."""

from typing import Any

import pytest
from fastapi import FastAPI
from sqlalchemy import bindparam, inspect, select
from sqlalchemy.orm.exc import DetachedInstanceError

from app.core.clock import utc_now
from app.core.crud import PageQuery, recyclable
from app.core.crud.plain import holds_a_value
from app.core.database import POINTS, Database, PointQuery
from app.iam.sessions.repository import sessions
from app.iam.users.models import User
from app.system.operation_log.repository import operations
from app.system.parameters.models import Parameter
from app.system.parameters.repository import parameters
from tests.app.harness import Person, SignInAs

FIRST = PageQuery(page_size=3, sort="-created_at")
SECOND = FIRST.model_copy(update={"page": 2})
UP = PageQuery(page_size=3, sort="created_at")


def values_of(row: Any) -> dict[str, Any]:
    return {each.key: getattr(row, each.key) for each in inspect(type(row)).column_attrs if not each.deferred}


@pytest.fixture
async def admin(sign_in_as: SignInAs) -> Person:
    person = await sign_in_as("grace", is_administrator=True)
    for number in range(5):
        parameter = {"key": f"k{number}", "name": "x", "value": "", "description": "名"}
        role = {"code": f"r{number}", "name": f"R {number}"}
        for path, body in (("/parameters", parameter), ("/roles", role)):
            assert (await person.send("POST", path, body)).status_code == 201
    assert (await person.send("DELETE", "/parameters/3")).status_code == 204
    return person


async def test_every_resource_has_the_same_page_and_count_both_ways(admin: Person, database: Database) -> None:
    found = 0
    async with database.work() as work, work.reading() as plain, work.reading() as ordinary:
        del ordinary.info[POINTS]
        for service in recyclable().values():
            repository = service.repository
            for query in (FIRST, SECOND, UP):
                rows, others = await repository.page(plain, query), await repository.page(ordinary, query)
                assert [values_of(row) for row in rows] == [values_of(row) for row in others], service.plural
                assert await repository.count(plain, query) == await repository.count(ordinary, query)
                found += len(rows)
            assert repository._kept["-created_at", frozenset()] is not None, service.plural
    assert found > 15


async def test_a_filter_by_a_column_is_kept_for_every_value_and_apart_from_none(admin: Person) -> None:
    assert (await admin.send("GET", "/activation-codes?batch=A")).json()["items"] == []
    batch, other = [
        (await admin.send("POST", "/activation-codes", {"count": count, "days": 1})).json()["batch"] for count in (3, 2)
    ]
    page = (await admin.send("GET", f"/activation-codes?batch={batch}&page_size=2")).json()
    assert (page["total"], [item["batch"] for item in page["items"]]) == (3, [batch, batch])
    assert page["items"][0]["creator_name"] == "Grace"
    everything = (await admin.send("GET", f"/activation-codes?creator_id={admin.user.id}")).json()
    assert {item["batch"] for item in everything["items"]} == {batch, other}
    assert (await admin.send("GET", "/activation-codes")).json()["total"] == 5
    assert (await admin.send("GET", "/activation-codes?creator_id=999")).json()["total"] == 0


async def test_a_list_of_one_moment_is_not_kept(admin: Person, database: Database) -> None:
    async with database.work() as work, work.reading() as session:
        assert (await sessions.page(session, FIRST))[0].user_id == admin.user.id
    assert sessions._kept["-created_at", frozenset()] is None
    assert holds_a_value([User.created_at > utc_now()])
    assert not holds_a_value([~User.is_deleted, User.id == bindparam("id")])


async def test_a_session_that_writes_has_rows_of_its_own(admin: Person, database: Database) -> None:
    async with database.work() as work:
        (row, *_) = await parameters.page(await work.writing(), UP)
        row.name = "changed"
    async with database.work() as work, work.reading() as session:
        assert await session.scalar(select(Parameter.name).where(Parameter.id == row.id)) == "changed"


@pytest.mark.sqlite
async def test_what_was_not_read_cannot_be_asked_for(admin: Person, database: Database) -> None:
    async with database.work() as work, work.reading() as session:
        (row, *_) = await operations.page(session, FIRST)
    assert row not in session
    with pytest.raises(DetachedInstanceError):
        _ = row.changes


@pytest.mark.sqlite
async def test_what_takes_long_is_given_up_and_done_in_a_thread(
    app: FastAPI, admin: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    database: Database = app.state.database
    before = (await admin.send("GET", "/parameters?page_size=2")).json()
    walk = PointQuery(select(User.id, Parameter.id).join(Parameter, Parameter.id > 0))
    assert await database.points.all_if_brief(walk) is not None
    monkeypatch.setattr("app.core.databases.sqlite.BRIEF_STEPS", 5)
    assert await database.points.all_if_brief(walk) is None
    assert len(await database.points.all(walk)) > 3  # nobody gives up there
    assert (await admin.send("GET", "/parameters?page_size=2")).json() == before
    monkeypatch.undo()
    assert await database.points.all_if_brief(PointQuery(select(User.id))) is not None

"""The generic base, as the resources built on it show it: names in one query, plans, counting, the PATCH body."""

from typing import Annotated

import pytest
from fastapi import FastAPI
from pydantic import Field, ValidationError
from sqlalchemy import select

from app.core.crud import Body, Name, partial_of, recyclable, starts_with
from app.core.database import Database
from app.core.settings import Settings
from app.iam.users.models import User
from app.system.activation_codes.models import TABLE as CODES
from app.system.parameters.repository import parameters
from app.tables import metadata
from tests.app.harness import AddUser, Person, SignInAs
from tests.app.plans import recorded


@pytest.fixture
async def admin(sign_in_as: SignInAs) -> Person:
    return await sign_in_as("grace", is_administrator=True)


class ThingCreate(Body):
    name: Name
    note: str | None = None
    size: Annotated[int, Field(ge=1)] = 1


def test_a_patch_has_the_same_rules_and_no_field_that_must_be_there() -> None:
    update = partial_of(ThingCreate, without=frozenset({"size"}))
    assert (update.__name__, set(update.model_fields)) == ("ThingUpdate", {"name", "note"})
    assert update.model_validate({}).model_dump(exclude_unset=True) == {}
    assert update.model_validate({"note": None}).model_dump(exclude_unset=True) == {"note": None}
    for wrong in ({"name": None}, {"name": ""}, {"name": 1}, {"size": 2}, {"other": 1}):
        with pytest.raises(ValidationError):
            update.model_validate(wrong)
    with pytest.raises(ValidationError):
        partial_of(ThingCreate).model_validate({"size": 0})
    schema = update.model_json_schema()
    assert "required" not in schema
    assert "default" not in str(schema)


async def test_names_of_people_come_in_one_query(app: FastAPI, admin: Person, sign_in_as: SignInAs) -> None:
    for number in range(5):
        person = await sign_in_as(f"user{number}", is_administrator=True)
        await person.send("POST", "/parameters", {"key": f"k{number}", "name": "x", "value": ""})
        await admin.send("PATCH", f"/parameters/{number + 1}", {"value": "2"})
    with recorded(app.state.database) as queries:
        items = (await admin.send("GET", "/parameters")).json()["items"]
    assert [(row["creator_name"], row["modifier_name"]) for row in items] == [
        (f"User{number}", "Grace") for number in range(5)
    ]
    of_list = [statement for statement, _ in queries.found if "iam_session" not in statement]  # which is who asks
    asked = [statement for statement in of_list if "system_parameter" in statement or "iam_user" in statement]
    assert len(asked) == 3, asked


async def test_the_name_of_a_deleted_person_stays(admin: Person, sign_in_as: SignInAs) -> None:
    person = await sign_in_as("ada", is_administrator=True)
    await person.send("POST", "/parameters", {"key": "k", "name": "x", "value": ""})
    assert (await admin.send("DELETE", f"/users/{person.user.id}")).status_code == 204
    assert (await admin.send("GET", "/parameters")).json()["items"][0]["creator_name"] == "Ada"


async def test_counting_stops(admin: Person, monkeypatch: pytest.MonkeyPatch) -> None:
    for number in range(4):
        await admin.send("POST", "/parameters", {"key": f"k{number}", "name": "x", "value": ""})
    for limit, expected in ((5, (4, True)), (4, (4, True)), (3, (3, False))):
        monkeypatch.setattr(parameters, "_kept", {})
        monkeypatch.setattr("app.core.crud.repository.COUNT_LIMIT", limit)
        page = (await admin.send("GET", "/parameters?page_size=1&page=4")).json()
        assert (page["total"], page["total_is_exact"], len(page["items"])) == (*expected, 1)


async def test_lists_of_many_codes_walk_indexes(app: FastAPI, admin: Person, settings: Settings) -> None:
    with recorded(app.state.database) as queries:
        for sort in ("created_at", "deadline", "days", "code"):
            for sign in ("", "-"):
                await admin.send("GET", f"/activation-codes?sort={sign}{sort}&page=9")
        for query in ("batch=A", "creator_id=1", "state=unused", "created_from=0", "q=A&sort=code"):
            assert (await admin.send("GET", f"/activation-codes?{query}")).status_code == 200
        await admin.send("GET", "/recycle-bin")
        await admin.send("GET", "/recycle-bin/activation_codes")
    assert queries.bad_plans(settings, {CODES}) == []
    with recorded(app.state.database) as sorted_by_state:
        for state in ("active", "expired", "disabled"):
            await admin.send("GET", f"/activation-codes?state={state}")
    assert sorted_by_state.bad_plans(settings, {CODES}, may_sort=True) == []


async def test_a_prefix_is_a_range_of_the_index_and_no_pattern(database: Database, add_user: AddUser) -> None:
    for name in ("a%b", "a_b", "axb", "ayb", "b"):
        await add_user(name)
    async with database.work() as work, work.reading() as session:
        for prefix, count in (("a", 4), ("a%", 1), ("a_", 1), ("c", 0)):
            rows = (await session.scalars(select(User).where(starts_with(User.username, prefix)))).all()
            assert (prefix, len(rows)) == (prefix, count)


def test_every_table_has_the_audit_columns_but_those_that_no_person_changes() -> None:
    audit = {"is_deleted", "creator_id", "created_at", "modifier_id", "modifier_time"}
    without = {name for name, table in metadata.tables.items() if not audit <= set(table.columns.keys())}
    assert without <= {
        "core_version",
        "core_event",
        "job_event",
        "job_worker",
        "iam_login_log",
        "iam_permission",
        "iam_seeded",
    } | {
        "iam_role_menu",
        "iam_user_role",
        "transfer_import_change",  # of an import, which says who
        "transfer_import_issue",
        "notify_preference",  # its row says whose it is, and nobody else changes it
    }


def test_every_resource_can_be_restored() -> None:
    for service in recyclable().values():
        assert {"is_deleted", "modifier_time"} <= set(service.repository.model.__table__.columns.keys())

"""Parameters: their types, what is declared in code, and that every worker reads the value in force."""

import pytest
from fastapi import FastAPI

from app.core.database import Database
from app.core.parameters import CACHE_SECONDS, LOG_RETENTION_DAYS, declare_parameter
from app.system.parameters.service import CachedParameters, ensure_parameters
from tests.app.harness import Person, problem_code

SECRET = "hunter2-hunter2"


async def _builtin(admin: Person, key: str) -> dict[str, object]:
    items = (await admin.send("GET", f"/parameters?q={key}")).json()["items"]
    found: dict[str, object] = items[0]
    return found


async def test_create_change_delete_restore(admin: Person) -> None:
    made = await admin.send(
        "POST", "/parameters", {"key": "shop.open", "name": "  Open  ", "value": "true", "value_type": "boolean"}
    )
    row = made.json()
    assert (made.status_code, made.headers["location"]) == (201, f"/api/v1/parameters/{row['id']}")
    assert (row["name"], row["creator_name"], row["modifier_name"], row["default_value"]) == (
        "Open",
        "Grace",
        None,
        None,
    )
    changed = (await admin.send("PATCH", f"/parameters/{row['id']}", {"value": "false"})).json()
    assert changed == {
        **row,
        "value": "false",
        **{k: changed[k] for k in ("modifier_id", "modifier_name", "modifier_time")},
    }
    assert (changed["modifier_name"], changed["modifier_time"] > row["created_at"]) == ("Grace", True)
    assert (await admin.send("DELETE", f"/parameters/{row['id']}")).status_code == 204
    assert (await admin.send("GET", f"/parameters/{row['id']}")).status_code == 404
    assert (await admin.send("POST", "/parameters/restore", {"ids": [row["id"]]})).status_code == 204
    assert (await admin.send("GET", f"/parameters/{row['id']}")).json()["value"] == "false"


async def test_a_taken_key_is_a_conflict_that_names_it_and_a_deleted_one_is_free(admin: Person) -> None:
    body = {"key": "a", "name": "A", "value": ""}
    first = (await admin.send("POST", "/parameters", body)).json()["id"]
    answer = await admin.send("POST", "/parameters", body)
    assert (answer.status_code, problem_code(answer)) == (409, "conflict")
    assert answer.json()["errors"] == [
        {"loc": ["body", "key"], "message": "There is another with this key.", "code": "taken"}
    ]
    await admin.send("DELETE", f"/parameters/{first}")
    assert (await admin.send("POST", "/parameters", body)).status_code == 201
    assert (await admin.send("POST", "/parameters/restore", {"ids": [first]})).status_code == 409


VALUES: dict[str, tuple[tuple[str, ...], tuple[str, ...]]] = {  # good ones, bad ones
    "integer": (("0", "-3", "9007199254740991"), ("", "x", "1.5", "１", "9" * 99, " 1")),
    "boolean": (("true", "false"), ("", "True", "1", "yes")),
    "json": (("{}", "[1]", '"x"'), ("", "{", "[" * 5000)),
    "string": (("", "x"), ("a\nb", "a\x00b")),
    "text": (("", "a\nb"), ("a\x00b", "x" * 20_001)),
}


async def test_a_value_fits_its_type(admin: Person) -> None:
    for value_type, (good, bad) in VALUES.items():
        body = {"key": value_type, "name": "A", "value": good[0], "value_type": value_type}
        id_ = (await admin.send("POST", "/parameters", body)).json()["id"]
        for value in good:
            assert (await admin.send("PATCH", f"/parameters/{id_}", {"value": value})).json()["value"] == value
        for value in bad:
            answer = await admin.send("PATCH", f"/parameters/{id_}", {"value": value})
            assert (value_type, value, answer.status_code) == (value_type, value, 422)
            assert answer.json()["errors"][0]["loc"] == ["body", "value"]
        assert (await admin.send("GET", f"/parameters/{id_}")).json()["value"] == good[-1]


async def test_what_is_not_asked_for_or_of_another_type_is_refused(admin: Person) -> None:
    good = {"key": "a", "name": "A", "value": "1"}
    for wrong in (
        {"is_builtin": True},
        {"creator_id": 1},
        {"key": "A"},
        {"value": 1},
        {"name": ""},
        {"name": "A\nB"},
        {"value": None},
        {"value_type": "float"},
        {"is_secret": 1},
        {"key": "a" * 65},
    ):
        answer = await admin.send("POST", "/parameters", {**good, **wrong})
        assert (wrong, answer.status_code, problem_code(answer)) == (wrong, 422, "validation_failed")
    others: tuple[object, ...] = ({"name": "A", "value": "1"}, [], None, "x")
    for body in others:
        assert (await admin.send("POST", "/parameters", body)).status_code == 422
    assert (await admin.send("GET", "/parameters")).json()["total"] == 0


async def test_what_is_declared_in_code_can_be_changed_but_not_deleted(admin: Person, database: Database) -> None:
    assert await ensure_parameters(database)
    assert await ensure_parameters(database) == []
    row = await _builtin(admin, LOG_RETENTION_DAYS.key)
    assert (row["is_builtin"], row["value"], row["default_value"]) == (True, "180", "180")
    path = f"/parameters/{row['id']}"
    assert (await admin.send("PATCH", path, {"value": "30", "name": "Days"})).status_code == 200
    assert (await admin.send("PATCH", path, {"value": "0"})).json()["errors"][0]["loc"] == ["body", "value"]
    for body, field in (({"key": "other"}, "key"), ({"value_type": "text"}, "value_type")):
        answer = await admin.send("PATCH", path, body)
        assert (answer.status_code, answer.json()["errors"][0]["loc"]) == (409, ["body", field])
    for answer in (
        await admin.send("DELETE", path),
        await admin.send("POST", "/parameters/batch-delete", {"ids": [row["id"]]}),
    ):
        assert (answer.status_code, problem_code(answer)) == (409, "conflict")


async def test_a_secret_is_never_sent_back(admin: Person, app: FastAPI) -> None:
    body = {"key": "mail.key", "name": "Key", "value": SECRET, "is_secret": True}
    made = await admin.send("POST", "/parameters", body)
    path = f"/parameters/{made.json()['id']}"
    answers = [made, await admin.send("GET", path), await admin.send("GET", "/parameters?q=mail")]
    answers.append(await admin.send("PATCH", path, {"value": f"{SECRET}2"}))
    assert (await admin.send("PATCH", path, {"is_secret": False})).status_code == 422
    logged = (await admin.send("GET", "/operation-logs?sort=at")).json()["items"]
    details = [await admin.send("GET", f"/operation-logs/{entry['id']}") for entry in logged[:2]]
    assert '"before":"•••","after":"•••"' in details[1].text
    for answer in (*answers, *details):
        assert answer.status_code in (200, 201)
        assert SECRET not in answer.text


async def test_a_change_holds_at_once_in_every_worker(admin: Person, database: Database) -> None:
    here, there = CachedParameters(database), CachedParameters(database)
    assert await here.get(LOG_RETENTION_DAYS) == await there.get(LOG_RETENTION_DAYS) == 180
    await ensure_parameters(database)
    row = await _builtin(admin, LOG_RETENTION_DAYS.key)
    for value in (7, 8, 9):
        await admin.send("PATCH", f"/parameters/{row['id']}", {"value": str(value)})
        assert await here.get(LOG_RETENTION_DAYS) == await there.get(LOG_RETENTION_DAYS) == value


async def test_the_life_of_a_copy_is_a_parameter_itself(
    admin: Person, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    await ensure_parameters(database)
    row = await _builtin(admin, CACHE_SECONDS.key)
    await admin.send("PATCH", f"/parameters/{row['id']}", {"value": "60"})
    parameters, reads = CachedParameters(database), 0
    load = parameters._load

    async def counted() -> dict[str, str]:
        nonlocal reads
        reads += 1
        return await load()

    monkeypatch.setattr(parameters, "_load", counted)
    assert [await parameters.get(CACHE_SECONDS) for _ in range(3)] == [60, 60, 60]
    assert (reads, parameters.cache_seconds()) == (1, 60)
    assert (await admin.send("POST", "/parameters/refresh-cache")).status_code == 204
    await parameters.get(CACHE_SECONDS)
    assert reads == 2


def test_a_declaration_must_make_sense() -> None:
    with pytest.raises(ValueError, match="twice"):
        declare_parameter("cache.seconds", "integer", 1, "x", "x")
    with pytest.raises(ValueError, match="not of type"):
        declare_parameter("test.x", "integer", "1", "x", "x")
    with pytest.raises(ValueError, match="not of type"):
        declare_parameter("test.x", "integer", True, "x", "x")


async def test_search_and_sort(admin: Person) -> None:
    for key, name in (("b.one", "Zebra"), ("a.two", "100% wool"), ("c.one", "Ape")):
        await admin.send("POST", "/parameters", {"key": key, "name": name, "value": ""})

    async def keys(query: str) -> list[str]:
        return [row["key"] for row in (await admin.send("GET", f"/parameters?{query}")).json()["items"]]

    assert await keys("") == ["a.two", "b.one", "c.one"]
    assert await keys("sort=-name") == ["b.one", "c.one", "a.two"]
    assert await keys("q=ONE") == ["b.one", "c.one"]
    assert await keys("q=0%25 w") == ["a.two"]
    assert await keys("q=%25") == ["a.two"]
    assert await keys("is_builtin=true") == []
    assert await keys(f"creator_id={admin.user.id}&page_size=2&page=2") == ["c.one"]
    assert await keys("creator_id=99") == []
    assert await keys("created_from=2100-01-01T00:00:00%2B08:00") == []
    assert await keys("created_from=0&created_to=4000000000") == ["a.two", "b.one", "c.one"]
    assert await keys("page=1000000") == []

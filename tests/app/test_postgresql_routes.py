"""PostgreSQL: a walk over every group of routes. That everything else holds there is APP_TEST_DATABASE=postgresql."""

import asyncio
import json
from typing import Any

import httpx
import pytest
from fastapi import FastAPI
from sqlalchemy import text
from typer.testing import CliRunner

from app.cli import cli, seed
from app.core.databases import provider_of
from app.core.settings import Settings
from tests.app.harness import Person, SignInAs

NO_LISTS = {"/api/v1/events", "/api/v1/system/link-check", "/api/v1/system/drift"}  # endless; of a machine
pytestmark = [pytest.mark.slow, pytest.mark.postgresql]


@pytest.fixture
def database_kind() -> str:
    return "postgresql"


@pytest.fixture
def run(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> CliRunner:
    monkeypatch.setattr(seed, "get_settings", lambda: settings)
    return CliRunner()


@pytest.fixture
async def admin(log_in_as: SignInAs) -> Person:
    return await log_in_as("grace", is_administrator=True)


SAMPLES = {"integer": 1, "number": 1, "boolean": "true", "string": "a"}


def _values(schema: dict[str, Any]) -> list[Any]:
    """What may be asked of a parameter: all of an enum, or one of its kind."""
    kinds = [part for part in schema.get("anyOf", [schema]) if part.get("type") != "null"]
    kind = kinds[0]
    if "enum" in kind or "const" in kind:
        return list(kind.get("enum", [kind.get("const")]))
    if kind.get("format") == "date-time":
        return ["2026-01-02T03:04:05Z"]
    return [SAMPLES[kind["type"]]] if kind.get("type") in SAMPLES else []


async def test_every_list_with_every_sort_and_filter(admin: Person, app: FastAPI, run: CliRunner) -> None:
    assert (await asyncio.to_thread(run.invoke, cli, ["seed"])).exit_code == 0
    asked = 0
    for path, operations in app.openapi()["paths"].items():
        parameters = operations.get("get", {}).get("parameters", [])
        if "get" not in operations or "{" in path or path in NO_LISTS:
            continue
        required = {each["name"]: _values(each["schema"])[0] for each in parameters if each.get("required")}
        queries = [each for each in parameters if each["in"] == "query"]
        for name, value in [
            ("", None),
            *((each["name"], value) for each in queries for value in _values(each["schema"])),
        ]:
            query = {**required, **({name: value} if name else {})}
            answer = await admin.client.get(path, params=query, headers=admin.headers)
            assert answer.status_code < 500, (path, query, answer.text)
            asked += answer.status_code == httpx.codes.OK
    assert asked > 200


CRUD: list[tuple[str, dict[str, Any], dict[str, Any]]] = [
    ("/roles", {"code": "cook", "name": "Cook"}, {"name": "Chef"}),
    ("/users", {"username": "bob", "display_name": "Bob", "password": "a good long password"}, {"display_name": "Rob"}),
    ("/parameters", {"key": "a.key", "name": "K", "value": "1", "value_type": "integer"}, {"value": "2"}),
    ("/dictionaries", {"code": "sizes", "name": "Sizes"}, {"name": "Widths"}),
    ("/menus", {"kind": "directory", "name": "kitchen", "title": "Kitchen"}, {"title": "Larder"}),
]


@pytest.mark.parametrize(("path", "body", "change"), CRUD)
async def test_made_changed_deleted_and_back(
    admin: Person, path: str, body: dict[str, Any], change: dict[str, Any]
) -> None:
    made = await admin.send("POST", path, body)
    assert made.status_code == 201, made.text
    one = f"{path}/{made.json()['id']}"
    changed = (await admin.send("PATCH", one, change)).json()
    assert changed.items() >= change.items()
    assert (await admin.send("GET", one)).json() == changed
    assert (await admin.send("DELETE", one)).status_code == 204
    assert (await admin.send("GET", one)).status_code == 404
    name = path.removeprefix("/")
    assert (await admin.send("GET", f"/recycle-bin/{name}")).json()["total"] == 1
    assert (await admin.send("POST", f"{path}/restore", {"ids": [changed["id"]]})).status_code == 204
    assert (await admin.send("GET", one)).status_code == 200
    assert (await admin.send("DELETE", one)).status_code == 204
    purged = await admin.send("POST", f"/recycle-bin/{name}/purge", {"ids": [changed["id"]]})
    assert purged.status_code == 204, purged.text
    log = (await admin.send("GET", "/operation-logs?page_size=50")).json()["items"]
    assert [entry["outcome"] for entry in log] == ["success"] * 6


async def test_a_conversation_is_found_by_what_was_said(admin: Person, sign_in_as: SignInAs) -> None:
    other = await sign_in_as("eve", is_administrator=True)
    said = {"created_at": "2026-01-01T00:00:00Z", "parent_id": None, "role": "user"}
    made = {"created_at": "2026-01-01T00:00:00Z", "updated_at": "2026-01-01T00:00:00Z", "leaf_id": 1}
    filed = {
        "format": "groundwork.chat",
        "version": 1,
        "exported_at": "2026-01-01T00:00:00Z",
        "conversations": [
            {"title": "Weather", **made, "messages": [{"id": 1, "content": "明天的天气 in ÉVORA, 100%", **said}]},
            {"title": "Bread", **made, "messages": [{"id": 1, "content": "Flour and water", **said}]},
        ],
    }
    taken = await admin.client.post(
        "/api/v1/conversations/import", headers=admin.headers, files={"file": ("a.json", json.dumps(filed))}
    )
    assert taken.json() == {"imported": 2}
    for words, titles in (
        ("天气", ["Weather"]),
        ("的天气", ["Weather"]),
        ("évora", ["Weather"]),
        ("00%", ["Weather"]),
        ("0%%", []),
        ("FLOUR water", ["Bread"]),
        ("brea", ["Bread"]),
        ("nothing", []),
    ):
        found = (await admin.client.get("/api/v1/conversations", params={"q": words}, headers=admin.headers)).json()
        assert [row["title"] for row in found["items"]] == titles, words
        theirs = await other.client.get("/api/v1/conversations", params={"q": words}, headers=other.headers)
        assert theirs.json()["total"] == 0


def test_the_search_walks_its_index(settings: Settings) -> None:
    engine = provider_of(settings).migrations()
    with engine.begin() as connection:
        connection.execute(text("SET LOCAL enable_seqscan = off"))
        plan = connection.execute(text("EXPLAIN SELECT id FROM chat_message WHERE content ILIKE '%weather%'")).scalars()
        assert any("ix_chat_message_search" in step for step in plan)


async def test_the_order_and_the_ranges_of_names_are_those_of_sqlite(admin: Person) -> None:
    for name in ("B", "a", "ä", "Z", "z", "中"):
        body = {"username": f"user-{ord(name)}", "display_name": name, "password": "a good long password"}
        assert (await admin.send("POST", "/users", body)).status_code == 201
    sorted_names = (await admin.send("GET", "/users?sort=display_name")).json()["items"]
    names = [row["display_name"] for row in sorted_names]
    assert names == sorted(names)
    log = (await admin.send("GET", "/login-logs?username=gra")).json()
    assert log["total"] == 1

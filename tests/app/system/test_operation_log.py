"""The operation log: what is kept of whom, when it is kept, and what is never shown."""

import sqlite3
from datetime import UTC, datetime, timedelta

import pytest
from fastapi import FastAPI

from app.core.database import Database
from app.core.settings import Settings
from app.system.operation_log import service
from app.system.operation_log.models import TABLE, OperationRecord
from tests.app.harness import Person, SignInAs, log_in, problem_code
from tests.app.plans import recorded

PARAMETER = {"key": "a.b", "name": "A", "value": "1"}


async def _entries(app: FastAPI, admin: Person, query: str = "sort=at") -> list[dict[str, object]]:
    await app.state.operation_log.drained()
    items: list[dict[str, object]] = (await admin.send("GET", f"/operation-logs?{query}")).json()["items"]
    return items


async def _changes(admin: Person, id_: object) -> dict[str, tuple[object, object]]:
    changes = (await admin.send("GET", f"/operation-logs/{id_}")).json()["changes"]
    return {change["field"]: (change["before"], change["after"]) for change in changes}


async def test_a_change_is_kept_with_what_was_before_and_after(app: FastAPI, admin: Person) -> None:
    made = await admin.send("POST", "/parameters", PARAMETER)
    await admin.send("PATCH", f"/parameters/{made.json()['id']}", {"value": "2"})
    await admin.send("DELETE", f"/parameters/{made.json()['id']}")
    create, update, delete = await _entries(app, admin)
    assert create == {
        "id": create["id"],
        "at": create["at"],
        "user_id": admin.user.id,
        "username": "grace",
        "action": "create_parameter",
        "resource": "parameters",
        "resource_id": str(made.json()["id"]),
        "method": "POST",
        "path": "/api/v1/parameters",
        "outcome": "success",
        "status": 201,
        "duration_ms": create["duration_ms"],
        "client_network": "203.0.113.7",
        "request_id": made.headers["x-request-id"],
    }
    assert (await _changes(admin, create["id"]))["value"] == (None, "1")
    assert await _changes(admin, update["id"]) == {"value": ("1", "2")}
    assert await _changes(admin, delete["id"]) == {"is_deleted": (False, True)}
    assert [entry["status"] for entry in (create, update, delete)] == [201, 200, 204]


async def test_what_was_refused_or_failed_is_kept_too(app: FastAPI, admin: Person, sign_in_as: SignInAs) -> None:
    person = await sign_in_as()
    await admin.send("POST", "/parameters", PARAMETER)
    await admin.send("POST", "/parameters", PARAMETER)
    await admin.send("POST", "/parameters", {})
    await person.send("DELETE", "/parameters/1")
    entries = await _entries(app, admin, "sort=at&resource=parameters")
    assert [(entry["username"], entry["outcome"], entry["status"]) for entry in entries] == [
        ("grace", "success", 201),
        ("grace", "failed", 409),
        ("grace", "failed", 422),
        ("ada", "denied", 403),
    ]
    assert await _changes(admin, entries[1]["id"]) == {}


async def test_our_own_fault_is_kept_as_an_error(app: FastAPI, admin: Person, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> None:
        raise RuntimeError("broken")

    monkeypatch.setattr("app.system.parameters.service.parse", fail)
    answer = await admin.send("POST", "/parameters", PARAMETER)
    assert (answer.status_code, problem_code(answer)) == (500, "internal_error")
    assert [entry["outcome"] for entry in await _entries(app, admin)] == ["error"]


async def test_a_success_is_kept_with_its_change_or_not_at_all(
    app: FastAPI, admin: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def fail(*_: object) -> int:
        raise sqlite3.OperationalError("disk full")

    with monkeypatch.context() as patch:
        patch.setattr("app.system.operation_log.repository.add", fail)
        answer = await admin.send("POST", "/parameters", PARAMETER)
        assert (answer.status_code, problem_code(answer)) == (503, "service_unavailable")
    assert (await admin.send("GET", "/parameters")).json()["total"] == 0


async def test_reading_and_signing_in_are_no_operations(app: FastAPI, admin: Person) -> None:
    await log_in(admin.client, "grace")
    await admin.send("GET", "/parameters")
    await admin.client.delete("/api/v1/parameters/1")
    assert await _entries(app, admin) == []


async def test_secrets_are_not_shown_and_long_values_are_cut(app: FastAPI, admin: Person, database: Database) -> None:
    await admin.send("POST", "/parameters", {**PARAMETER, "value": "x" * 5000})
    await admin.send("POST", "/parameters", {"key": "b", "name": "B", "value": "hunter2hunter2", "is_secret": True})
    long, secret = await _entries(app, admin)
    assert (await _changes(admin, long["id"]))["value"] == (None, "x" * 200 + "…")
    assert (await _changes(admin, secret["id"]))["value"] == (None, "•••")
    async with database.work() as work:
        session = await work.writing()
        user = await session.merge(admin.user)
        user.password_hash = "another"
        await session.flush()
        assert [(c["field"], c["before"], c["after"]) for c in work.changes] == [("password_hash", "•••", "•••")]


async def test_too_many_refused_ones_are_forgotten_not_hoarded(
    app: FastAPI, admin: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    keeper = app.state.operation_log
    monkeypatch.setattr(keeper, "_waiting", type(keeper._waiting)(2))
    for _ in range(5):
        await admin.send("DELETE", "/parameters/999")
    assert keeper._waiting.qsize() <= 2
    assert keeper._forgotten >= 1


async def test_the_writer_outlives_a_failure(app: FastAPI, admin: Person, monkeypatch: pytest.MonkeyPatch) -> None:
    async def fail(*_: object) -> int:
        raise RuntimeError("broken")

    with monkeypatch.context() as patch:
        patch.setattr("app.system.operation_log.repository.add", fail)
        await admin.send("DELETE", "/parameters/999")
        await app.state.operation_log.drained()
    await admin.send("DELETE", "/parameters/998")
    assert [entry["resource_id"] for entry in await _entries(app, admin)] == ["998"]


async def test_filters(app: FastAPI, admin: Person, sign_in_as: SignInAs) -> None:
    person = await sign_in_as()
    made = await admin.send("POST", "/parameters", PARAMETER)
    await admin.send("POST", "/dictionaries", {"code": "x", "name": "X"})
    await person.send("DELETE", "/parameters/7")
    for query, users in (
        ("username=ada", ["ada"]),
        ("username=ad", []),
        (f"user_id={admin.user.id}", ["grace", "grace"]),
        ("outcome=denied", ["ada"]),
        ("action=create_parameter", ["grace"]),
        ("resource=parameters&resource_id=7", ["ada"]),
        ("client_network=203.0.113.7&resource=dictionaries", ["grace"]),
        ("client_network=198.51.100.1", []),
        (f"request_id={made.headers['x-request-id']}", ["grace"]),
        ("created_from=2100-01-01T00:00:00Z", []),
        ("created_to=2100-01-01T00:00:00Z&sort=at", ["grace", "grace", "ada"]),
    ):
        assert (query, [entry["username"] for entry in await _entries(app, admin, query)]) == (query, users)
    for query in ("outcome=fine", "sort=username", "user_id=x", "colour=red"):
        assert (await admin.send("GET", f"/operation-logs?{query}")).status_code == 422


async def test_every_list_walks_an_index(app: FastAPI, admin: Person, settings: Settings) -> None:
    assert await _entries(app, admin) == []
    with recorded(app.state.database) as queries:
        for query in (
            "sort=at",
            "sort=-at&page=5000",
            "username=a",
            "user_id=1&sort=at",
            "action=a",
            "resource=a",
            "resource=a&resource_id=1",
            "outcome=denied",
            "client_network=a",
            "created_from=0&created_to=99",
            "created_from=0&created_to=99&outcome=error",
        ):
            assert (await admin.send("GET", f"/operation-logs?{query}")).status_code == 200
    assert len(queries.found) > 20
    assert queries.bad_plans(settings, {TABLE}) == []
    with recorded(app.state.database) as few:
        assert (await admin.send("GET", "/operation-logs?request_id=a")).status_code == 200
    assert few.bad_plans(settings, {TABLE}, may_sort=True) == []


async def _add_old(database: Database, admin: Person, count: int, age: timedelta) -> None:
    async with database.work() as work:
        (await work.writing()).add_all(
            OperationRecord(
                creator_id=admin.user.id, created_at=datetime.now(UTC) - age, username="old", action="old",
                resource="old", method="POST", path="/", outcome="success", status=200, duration_ms=1,
                client_network="local", request_id="-", changes=[],
            )
            for _ in range(count)
        )  # fmt: skip


async def test_old_entries_go_a_few_at_a_time(app: FastAPI, admin: Person, database: Database) -> None:
    await _add_old(database, admin, 300, timedelta(days=181))
    await _add_old(database, admin, 10, timedelta(days=179))
    for number in range(50):
        await admin.send("POST", "/parameters", {**PARAMETER, "key": f"k{number}"})
    left = (await admin.send("GET", "/operation-logs?username=old")).json()["total"]
    assert left == 310 - service.PRUNED_AT_ONCE


async def test_old_entries_are_removed_on_demand(
    app: FastAPI, admin: Person, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(service, "REMOVED_AT_ONCE", 3)
    await _add_old(database, admin, 5, timedelta(days=9))
    before = (datetime.now(UTC) - timedelta(days=8)).isoformat().replace("+", "%2B")
    answers = [(await admin.send("DELETE", f"/operation-logs?before={before}")).json() for _ in range(3)]
    assert answers == [{"removed": n, "more": more} for n, more in ((3, True), (2, False), (0, False))]
    assert [entry["action"] for entry in await _entries(app, admin)] == ["delete_operation_logs"] * 3
    for query in ("", "?before=x", "?before=2026-01-01T00:00:00"):
        assert (await admin.send("DELETE", f"/operation-logs{query}")).status_code == 422

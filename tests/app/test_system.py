"""Health, readiness, the release and the last link-check report."""

import json
import sqlite3

import httpx
import pytest
from fastapi import FastAPI

from app.core.migrations import migration_heads
from app.core.settings import Settings
from app.main import create_app
from tests.app.harness import SignInAs, client_of, problem_code, rows

READY = "/api/v1/health/ready"
MANIFEST = {
    "id": "20261121T120000Z-abc1234",
    "version": "0.1.0",
    "revision": "abc1234",
    "dirty": False,
    "built_at": "2026-11-21T12:00:00Z",
    "digest": "d" * 64,
}
REPORT = {
    "schema": 1,
    "product": "groundwork",
    "host": "web1",
    "url": "http://web1/",
    "release": MANIFEST["id"],
    "started_at": "2026-11-21T12:00:00Z",
    "ms": 123.4,
    "ok": False,
    "passed": 1,
    "failed": 1,
    "rows": [
        {
            "id": "front-page",
            "hop": "browser → nginx",
            "check": "Front page",
            "expected": "200",
            "observed": "200",
            "ok": True,
            "ms": 12.3,
            "cause": "",
            "fix": "",
        },
        {
            "id": "login",
            "hop": "nginx → app",
            "check": "Login",
            "expected": "JSON",
            "observed": "502",
            "ok": False,
            "ms": 3,
            "cause": "the upstream socket does not exist",
            "fix": "systemctl status",
        },
    ],
}


def _head(settings: Settings) -> str:
    (head,) = migration_heads(settings)
    return head


def _checks(answer: httpx.Response) -> dict[str, tuple[bool, str]]:
    return {check["name"]: (check["ok"], check["detail"]) for check in answer.json()["checks"]}


@pytest.mark.sqlite
async def test_health_and_live_ask_no_database(client: httpx.AsyncClient, settings: Settings) -> None:
    settings.database_path.unlink()
    assert (await client.get("/health")).json() == {
        "status": "ok",
        "release": "development",
        "version": "0.1.0",
        "slot": "dev",
    }
    assert (await client.get("/api/v1/health/live")).json() == {"status": "ok"}


async def test_ready(client: httpx.AsyncClient, settings: Settings) -> None:
    answer = await client.get(READY)
    assert (answer.status_code, answer.json()["status"]) == (200, "ready")
    assert _checks(answer) == {
        "database": (True, "read, and took the write lock"),
        "migrations": (True, f"at {_head(settings)}"),
    }


async def test_not_ready_when_the_schema_is_another_release_s(client: httpx.AsyncClient, settings: Settings) -> None:
    rows(settings, "UPDATE alembic_version SET version_num = '0001'")
    answer = await client.get(READY)
    assert (answer.status_code, answer.json()["status"]) == (503, "unavailable")
    assert _checks(answer)["database"][0] is True
    assert _checks(answer)["migrations"] == (False, f"at 0001, this release needs {_head(settings)}")


@pytest.mark.sqlite
async def test_not_ready_when_the_database_is_no_database(client: httpx.AsyncClient, settings: Settings) -> None:
    settings.database_path.write_bytes(b"no database at all" * 100)
    answer = await client.get(READY)
    assert answer.status_code == 503
    assert not any(ok for ok, _ in _checks(answer).values())
    assert str(settings.database_path.parent) not in answer.text


@pytest.mark.sqlite
async def test_not_ready_while_nobody_can_write(
    client: httpx.AsyncClient, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("app.system.health.service.CHECK_SECONDS", 0.3)
    monkeypatch.setattr("app.core.databases.sqlite.BUSY_SECONDS", 0.6)
    holder = sqlite3.connect(settings.database_path, isolation_level=None)
    holder.execute("BEGIN IMMEDIATE")
    answer = await client.get(READY)
    holder.execute("ROLLBACK")
    holder.close()
    assert answer.status_code == 503
    assert _checks(answer)["database"] == (False, "no answer within 0.3 s")
    assert _checks(answer)["migrations"][0] is True
    assert (await client.get(READY)).status_code == 200


async def test_the_release_served_is_the_manifest_s(settings: Settings, sign_in_as: SignInAs) -> None:
    person = await sign_in_as()
    settings.manifest.write_text(json.dumps(MANIFEST))
    app: FastAPI = create_app(settings)
    async with app.router.lifespan_context(app), client_of(app) as client:
        answer = (await client.get("/api/v1/system/release", headers=person.headers)).json()
        health = (await client.get("/health")).json()
    started = answer.pop("started_at")
    assert started.endswith("Z")
    expected = {key: value for key, value in MANIFEST.items() if key != "digest"}
    assert answer == {**expected, "slot": "dev", "environment": "test"}
    assert health["release"] == MANIFEST["id"]


@pytest.mark.parametrize("content", [None, REPORT])
async def test_the_last_link_check(sign_in_as: SignInAs, settings: Settings, content: dict[str, object] | None) -> None:
    person = await sign_in_as(is_administrator=True)
    if content is not None:
        settings.link_check_report.write_text(json.dumps(content))
    answer = await person.get("/api/v1/system/link-check")
    if content is None:
        assert (answer.status_code, problem_code(answer)) == (404, "link_check_not_run")
    else:
        assert answer.json() == content


@pytest.mark.parametrize("content", ["", "{", "[]", '{"schema": 2}'])
async def test_a_broken_report_is_our_error_and_says_nothing(
    sign_in_as: SignInAs, settings: Settings, content: str
) -> None:
    person = await sign_in_as(is_administrator=True)
    settings.link_check_report.write_text(content)
    answer = await person.get("/api/v1/system/link-check")
    assert (answer.status_code, problem_code(answer)) == (500, "internal_error")
    assert answer.json()["detail"] == "Internal error"

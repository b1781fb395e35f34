"""Every failure is a problem document with the request's id, and a bug is logged once, without what was sent."""

import asyncio
import sqlite3
from collections.abc import AsyncIterator, Iterator

import httpx
import pytest
from fastapi import APIRouter, FastAPI
from loguru import logger
from pydantic import BaseModel
from sqlalchemy.exc import OperationalError

from app.core.dependencies import WorkDependency
from app.core.errors import STATUS_AND_TITLE, ErrorCode, Problem
from app.core.logs import LINE, _complete
from app.core.permissions import public
from app.core.problems import BY_STATUS
from app.core.settings import Settings
from app.main import api_v1, create_app
from tests.app.harness import client_of, make_settings, problem_code


class Thing(BaseModel):
    name: str
    password: str = ""


@pytest.fixture(scope="module")
def failing_app(tmp_path_factory: pytest.TempPathFactory) -> FastAPI:
    """The app with a few routes that fail."""
    router = APIRouter(prefix="/failing", dependencies=[])

    @router.post("/json", dependencies=[public()])
    async def takes_json(thing: Thing) -> Thing:
        return thing

    @router.get("/bug", dependencies=[public()])
    async def bug(password: str = "") -> None:
        raise RuntimeError("boom")

    @router.get("/full", dependencies=[public()])
    async def full() -> None:
        raise OperationalError("INSERT", None, sqlite3.OperationalError("database or disk is full"))

    @router.get("/locked", dependencies=[public()])
    async def locked(work: WorkDependency) -> None:
        await work.writing()

    def with_failing() -> APIRouter:
        parts = api_v1()
        parts.include_router(router)
        return parts

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("app.main.api_v1", with_failing)
        return create_app(make_settings(tmp_path_factory.mktemp("failing")))


@pytest.fixture
async def client(failing_app: FastAPI, settings: Settings) -> AsyncIterator[httpx.AsyncClient]:
    failing_app.state.settings = settings
    async with failing_app.router.lifespan_context(failing_app), client_of(failing_app) as client:
        yield client


@pytest.fixture
def lines() -> Iterator[list[str]]:
    written: list[str] = []
    logger.configure(patcher=_complete)
    sink = logger.add(written.append, level="INFO", format=LINE, diagnose=False, backtrace=False)
    yield written
    logger.remove(sink)


JSON = {"Content-Type": "application/json"}
FORM = {"Content-Type": "application/x-www-form-urlencoded"}
MULTIPART = {"Content-Type": "multipart/form-data; boundary=y"}
POST_JSON = "/api/v1/failing/json"


@pytest.mark.parametrize(
    ("method", "path", "content", "headers", "status", "code"),
    [
        ("GET", "/api/v1/nothing", b"", {}, 404, "not_found"),
        ("GET", "/", b"", {}, 404, "not_found"),
        ("GET", "/health/", b"", {}, 404, "not_found"),
        ("GET", "/api/v1/a%00b", b"", {}, 404, "not_found"),
        ("GET", "/docs-static/../main.py", b"", {}, 404, "not_found"),
        ("GET", "/docs-static/%2e%2e/core.py", b"", {}, 404, "not_found"),
        ("DELETE", "/api/v1/health/live", b"", {}, 405, "method_not_allowed"),
        ("POST", "/health", b"", {}, 405, "method_not_allowed"),
        ("POST", POST_JSON, b"", JSON, 422, "validation_failed"),
        ("POST", POST_JSON, b"{", JSON, 422, "validation_failed"),
        ("POST", POST_JSON, b"{}", JSON, 422, "validation_failed"),
        ("POST", POST_JSON, b'{"name": "\xff\xfe"}', JSON, 422, "validation_failed"),
        ("POST", POST_JSON, b"\0", JSON, 422, "validation_failed"),
        ("POST", POST_JSON, b"[" * 10_000 + b"]" * 10_000, JSON, 422, "validation_failed"),
        ("POST", POST_JSON, b'{"name": 1}', JSON, 422, "validation_failed"),
        ("POST", POST_JSON, b"name=x", {"Content-Type": "text/plain"}, 422, "validation_failed"),
        ("POST", POST_JSON, b"x" * 1_048_577, JSON, 413, "payload_too_large"),
        ("POST", POST_JSON, b"", {**JSON, "Content-Length": "9" * 30}, 413, "payload_too_large"),
        (
            "POST",
            "/api/v1/auth/login",
            b"x",
            MULTIPART,
            422,
            "validation_failed",
        ),
        (
            "POST",
            "/api/v1/auth/login",
            b"x=1&" * 2000,
            FORM,
            422,
            "validation_failed",
        ),
        ("GET", "/api/v1/failing/bug", b"", {}, 500, "internal_error"),
        ("GET", "/api/v1/failing/full", b"", {}, 503, "service_unavailable"),
    ],
)
async def test_failure_is_a_problem(
    client: httpx.AsyncClient,
    method: str,
    path: str,
    content: bytes,
    headers: dict[str, str],
    status: int,
    code: str,
) -> None:
    answer = await client.request(method, path, content=content, headers=headers)
    assert (answer.status_code, problem_code(answer)) == (status, code)
    assert answer.json()["instance"] == httpx.URL(path).path or "%" in path or ".." in path


async def test_a_body_that_grows_too_large_while_it_comes(client: httpx.AsyncClient) -> None:
    async def three_megabytes() -> AsyncIterator[bytes]:
        for _ in range(48):
            yield b"x" * 65_536

    answer = await client.post(POST_JSON, content=three_megabytes(), headers=JSON)
    assert (answer.status_code, problem_code(answer)) == (413, "payload_too_large")


async def test_the_limit_itself_is_allowed(client: httpx.AsyncClient) -> None:
    content = b'{"name": "' + b"x" * (1_048_576 - 12) + b'"}'
    assert (await client.post(POST_JSON, content=content, headers=JSON)).status_code == 200


async def test_field_errors_name_the_field_and_never_repeat_the_input(
    client: httpx.AsyncClient, lines: list[str]
) -> None:
    answer = await client.post(POST_JSON, json={"password": ["canary-4711"]})
    errors = answer.json()["errors"]
    assert {tuple(error["loc"]) for error in errors} == {("body", "name"), ("body", "password")}
    assert set(errors[0]) == {"loc", "message", "code"}
    assert "canary-4711" not in answer.text + "".join(lines)


async def test_a_bug_is_logged_once_with_its_id_and_without_the_query(
    client: httpx.AsyncClient, lines: list[str]
) -> None:
    answer = await client.get("/api/v1/failing/bug?password=canary-4711", headers={"X-Request-ID": "from-nginx-0815"})
    assert answer.json()["detail"] == "Internal error"
    tracebacks = [line for line in lines if "RuntimeError: boom" in line]
    assert len(tracebacks) == 1
    assert "| from-nginx-0815 |" in tracebacks[0]
    assert [line for line in lines if "203.0.113.7 GET /api/v1/failing/bug 500 " in line]
    assert "canary-4711" not in "".join(lines)


@pytest.mark.parametrize("offered", ["short", "x" * 65, "new\nline-in-it", "with space in it", "<script>alert(1)"])
async def test_an_id_that_could_do_harm_is_replaced(client: httpx.AsyncClient, offered: str) -> None:
    answer = await client.get("/health", headers={b"X-Request-ID": offered.encode()})
    assert answer.headers["x-request-id"] != offered
    assert len(answer.headers["x-request-id"]) == 32


async def test_a_path_cannot_forge_a_record(client: httpx.AsyncClient, lines: list[str]) -> None:
    await client.get("/x%0a2026-01-01 | ERROR | forged")
    assert len(lines) == 1
    assert lines[0].count("\n") == 1
    assert "\\x0a" in lines[0]


@pytest.mark.sqlite
async def test_a_lock_held_by_somebody_else_is_503_and_not_a_hang(
    client: httpx.AsyncClient, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("app.core.databases.sqlite.BUSY_SECONDS", 1.0)
    foreign = sqlite3.connect(settings.database_path, isolation_level=None)
    foreign.execute("BEGIN IMMEDIATE")
    try:
        async with asyncio.timeout(10):
            asked = asyncio.create_task(client.get("/api/v1/failing/locked"))
            # Reads go on meanwhile.
            await asyncio.sleep(0.1)
            assert (await client.get("/api/v1/health/live")).status_code == 200
            answer = await asked
    finally:
        foreign.execute("ROLLBACK")
        foreign.close()
    assert (answer.status_code, problem_code(answer)) == (503, "service_unavailable")
    assert answer.headers["retry-after"]
    assert (await client.get("/api/v1/failing/locked")).status_code == 200


def test_every_code_has_a_status_and_every_status_a_code() -> None:
    assert set(STATUS_AND_TITLE) == set(ErrorCode)
    assert Problem.model_json_schema()["$defs"]["ErrorCode"]["enum"] == [code.value for code in ErrorCode]
    assert {STATUS_AND_TITLE[code][0].value for code in ErrorCode} >= set(BY_STATUS)

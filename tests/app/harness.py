"""People and clients for the tests of the app."""

import os
from collections import defaultdict
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import httpx
from fastapi import FastAPI
from pydantic import SecretStr
from sqlalchemy import create_engine, text
from sqlalchemy.pool import NullPool

from app.core.databases import provider_of
from app.core.passwords import Passwords
from app.core.release import read_release
from app.core.settings import Environment, Settings
from app.iam.users.models import User
from app.main import create_app

PASSWORD = "correct horse battery staple"
CROSS_SITE_GUARD = {"X-Requested-With": "XMLHttpRequest"}
SECRET = "test-secret-key-of-more-than-32-characters"
ADDRESS = "203.0.113.7"  # that most people come from
# Of the whole run: `sqlite`, or `postgresql` (docs/postgresql.md). Read before every APP_ setting is taken away.
DATABASE = os.environ.get("APP_TEST_DATABASE", "sqlite")


@cache
def _checked_once() -> Settings:
    return Settings(environment=Environment.TEST, secret_key=SecretStr(SECRET))


def make_settings(folder: Path, **changes: object) -> Settings:
    places: dict[str, object] = {
        "database_url": f"sqlite+aiosqlite:///{folder}/test.db",
        "output_dir": folder / "output",
        "manifest": folder / "manifest.json",
        "link_check_report": folder / "latest.json",
        "drift_report": folder / "drift.json",
        "backup_report": folder / "backup.json",
        "audit_log": folder / "audit.jsonl",
    }
    if changes.keys() <= {"database_url"}:
        return _checked_once().model_copy(update={**places, **changes})
    return Settings.model_validate({"environment": Environment.TEST, "secret_key": SECRET, **places, **changes})


def rows(settings: Settings, statement: str, **parameters: object) -> list[tuple[Any, ...]]:
    """Straight from the database, beside the app; what changes something is committed."""
    engine = create_engine(provider_of(settings).jobs_url(), poolclass=NullPool)
    with engine.begin() as connection:
        found = connection.execute(text(statement), parameters)
        return [tuple(row) for row in found] if found.returns_rows else []


def client_of(app: FastAPI, address: str = ADDRESS, scheme: str = "http") -> httpx.AsyncClient:
    transport = httpx.ASGITransport(app=app, client=(address, 50_000))
    return httpx.AsyncClient(transport=transport, base_url=f"{scheme}://groundwork.test")


# What `create_app` builds by; all else that differs between two apps is in their state.
BUILT_BY = {"title", "docs_enabled", "cors_origins", "max_body_bytes", "max_upload_bytes"}
_idle: dict[str, list[FastAPI]] = defaultdict(list)


@asynccontextmanager
async def served(settings: Settings) -> AsyncIterator[FastAPI]:
    """An app at work, as one process of the product. To build one takes longer than most tests: they are kept."""
    idle = _idle[settings.model_dump_json(include=BUILT_BY)]
    app = idle.pop() if idle else create_app(settings)
    app.state.settings = settings
    app.state.passwords = Passwords()
    app.state.release = read_release(settings.manifest)
    async with app.router.lifespan_context(app):
        yield app
    idle.append(app)


AddUser = Callable[..., Awaitable[User]]


def a_user(username: str, password_hash: str, **columns: object) -> User:
    return User(username=username, display_name=username.title(), password_hash=password_hash, **columns)


async def log_in(client: httpx.AsyncClient, username: str = "ada", **fields: str) -> httpx.Response:
    return await client.post("/api/v1/auth/login", data={"username": username, "password": PASSWORD, **fields})


@dataclass(frozen=True)
class Person:
    user: User
    client: httpx.AsyncClient
    token: str

    @property
    def headers(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.token}"}

    async def get(self, path: str) -> httpx.Response:
        return await self.client.get(path, headers=self.headers)

    async def send(self, method: str, path: str, body: object = None) -> httpx.Response:
        """`path` after /api/v1; `body` as JSON."""
        return await self.client.request(method, f"/api/v1{path}", headers=self.headers, json=body)


SignInAs = Callable[..., Awaitable[Person]]


def problem_code(answer: httpx.Response) -> str:
    """The code of a problem answer, after checking that it is one, whole and self-consistent."""
    assert answer.headers["content-type"] == "application/problem+json", answer.text
    problem = answer.json()
    assert problem["status"] == answer.status_code
    assert problem["type"] == f"urn:problem:{problem['code']}"
    assert problem["request_id"] == answer.headers["x-request-id"]
    assert problem["title"]
    assert problem["detail"]
    code: str = problem["code"]
    return code

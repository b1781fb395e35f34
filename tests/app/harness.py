"""People and clients for the tests of the app."""

import os
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
from fastapi import FastAPI
from sqlalchemy import create_engine, text
from sqlalchemy.pool import NullPool

from app.core.databases import provider_of
from app.core.settings import Environment, Settings
from app.iam.users.models import User

PASSWORD = "correct horse battery staple"
CROSS_SITE_GUARD = {"X-Requested-With": "XMLHttpRequest"}
SECRET = "test-secret-key-of-more-than-32-characters"
# Of the whole run: `sqlite`, or `postgresql` (docs/postgresql.md). Read before every APP_ setting is taken away.
DATABASE = os.environ.get("APP_TEST_DATABASE", "sqlite")


def make_settings(folder: Path, **changes: object) -> Settings:
    values: dict[str, object] = {
        "environment": Environment.TEST,
        "secret_key": SECRET,
        "database_url": f"sqlite+aiosqlite:///{folder}/test.db",
        "output_dir": folder / "output",
        "manifest": folder / "manifest.json",
        "link_check_report": folder / "latest.json",
        "drift_report": folder / "drift.json",
        "backup_report": folder / "backup.json",
        "audit_log": folder / "audit.jsonl",
        **changes,
    }
    return Settings.model_validate(values)


def rows(settings: Settings, statement: str, **parameters: object) -> list[tuple[Any, ...]]:
    """Straight from the database, beside the app; what changes something is committed."""
    engine = create_engine(provider_of(settings).jobs_url(), poolclass=NullPool)
    with engine.begin() as connection:
        found = connection.execute(text(statement), parameters)
        return [tuple(row) for row in found] if found.returns_rows else []


def client_of(app: FastAPI, address: str = "203.0.113.7", scheme: str = "http") -> httpx.AsyncClient:
    transport = httpx.ASGITransport(app=app, client=(address, 50_000))
    return httpx.AsyncClient(transport=transport, base_url=f"{scheme}://groundwork.test")


AddUser = Callable[..., Awaitable[User]]


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

"""What gunicorn's master does before it forks workers: it asks the app the commonest questions, on a scratch database.

The first request of a kind costs many times the CPU of the next: mappers, statements, validators, imports. What the
master has built its workers inherit, so nobody who comes just after a release pays for it (docs/decisions/0152).
"""

import asyncio
import json
from collections.abc import MutableMapping
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from fastapi import FastAPI
from loguru import logger

from app.core.databases import provider_of
from app.core.settings import SQLITE, Settings
from app.iam.sessions.service import Caller, SignedIn
from app.iam.users.models import User
from app.tables import metadata

IN_MEMORY = "/dev/shm"  # noqa: S108 - a busy disk must not make a start slow
ASKED: tuple[tuple[str, str, Any], ...] = (
    ("GET", "/health", None),
    ("GET", "/api/v1/users/me", None),
    ("GET", "/api/v1/users", None),
    ("POST", "/api/v1/activation-codes", {"count": 1, "days": 1, "note": ""}),
    ("GET", "/api/v1/activation-codes", None),
    ("POST", "/api/v1/conversations", {}),
    ("GET", "/api/v1/conversations", None),
    ("GET", "/api/v1/jobs", None),
)


def _make_tables(settings: Settings) -> None:
    engine = provider_of(settings).migrations()
    with engine.begin() as connection:
        metadata.create_all(connection)
    engine.dispose()


async def _token_of_somebody(app: FastAPI) -> str:
    """Of an administrator who exists in the scratch database only."""
    async with app.state.database.work() as work:
        session = await work.writing()
        user = User(username="rehearsal", display_name="", password_hash="", is_administrator=True)
        session.add(user)
        await session.flush()
        signed_in: SignedIn = await app.state.sign_in.open_session(session, user, Caller("", ""), remember=False)
    return signed_in.access_token


async def _ask(app: FastAPI, token: str, method: str, path: str, body: Any) -> int:
    """The status of the answer. As a server would ask: nothing of HTTP itself is rehearsed."""
    content = b"" if body is None else json.dumps(body).encode()
    headers = {"host": "rehearsal", "authorization": f"Bearer {token}", "content-type": "application/json"}
    headers["content-length"] = str(len(content))
    status = 0

    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": content, "more_body": False}

    async def send(message: MutableMapping[str, Any]) -> None:
        nonlocal status
        status = message.get("status", status)

    scope = {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "method": method,
        "scheme": "http",
        "path": path,
        "raw_path": path.encode(),
        "query_string": b"",
        "root_path": "",
        "headers": [(name.encode(), value.encode()) for name, value in headers.items()],
        "client": ("127.0.0.1", 0),
        "server": ("rehearsal", 80),
    }
    await app(scope, receive, send)
    return status


async def _play(app: FastAPI) -> list[str]:
    async with app.router.lifespan_context(app):
        token = await _token_of_somebody(app)
        answers = [(method, path, await _ask(app, token, method, path, body)) for method, path, body in ASKED]
    return [f"{method} {path} was answered with {status}" for method, path, status in answers if status >= 400]


def rehearse(app: FastAPI) -> None:
    """Never stops the start: what is wrong with the app its proof will find, in the surroundings that count."""
    logger.disable("app")  # nobody has asked
    try:
        wrong = _rehearse(app)
    except Exception as error:  # of whatever kind; an app that somebody has wrapped is not known here either
        wrong = [f"{type(error).__name__}: {error}"]
    finally:
        logger.enable("app")
    if wrong:
        logger.warning("The rehearsal before the first request went wrong: {}", "; ".join(wrong))


def _rehearse(app: FastAPI) -> list[str]:
    real: Settings = app.state.settings
    with TemporaryDirectory(prefix=f"{real.name}-rehearsal-", dir=IN_MEMORY) as folder:
        app.state.settings = scratch = real.model_copy(
            update={"database_url": f"{SQLITE}:///{folder}/rehearsal.db", "output_dir": Path(folder) / "output"}
        )
        try:
            _make_tables(scratch)
            return asyncio.run(_play(app))
        finally:
            app.state.settings = real

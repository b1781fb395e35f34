"""The event stream of a real instance: what a browser reads, and that an endless answer never holds a stop."""

import asyncio
import signal
import socket
from collections.abc import Iterator
from pathlib import Path
from time import monotonic

import aiohttp
import pytest

from app.core.database import Database
from app.core.events import publish
from app.core.passwords import Passwords
from app.core.settings import Settings
from app.iam.users.models import User
from tests.app.gunicorn_server import Server
from tests.app.harness import PASSWORD

GRACEFUL_SECONDS = 5


@pytest.fixture
def site(settings: Settings, tmp_path: Path) -> Iterator[tuple[Settings, Server]]:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    (tmp_path / "current.sock").symlink_to("blue.sock")
    server = Server(settings, "blue", port, tmp_path)
    server.start()
    try:
        server.wait_until_up()
        yield settings, server
    finally:
        server.stop()


async def _tell(settings: Settings, name: str | None, *, with_user: bool = False) -> None:
    database = Database(settings)
    async with database.work() as work:
        session = await work.writing()
        if with_user:
            session.add(User(username="ada", display_name="Ada", password_hash=Passwords().hash(PASSWORD)))
        if name:
            await publish(session, name)
    await database.close()


async def _open(client: aiohttp.ClientSession, token: str, last: str | None = None) -> aiohttp.ClientResponse:
    headers = {"Authorization": f"Bearer {token}"} | ({"Last-Event-ID": last} if last else {})
    answer = await client.get("/api/v1/events", headers=headers)
    assert answer.status == 200, await answer.text()
    return answer


async def _next(answer: aiohttp.ClientResponse) -> dict[str, str]:
    """The next event's fields; empty at the end of the stream."""
    fields: dict[str, str] = {}
    async with asyncio.timeout(10):
        async for line in answer.content:
            name, _, value = line.decode().rstrip("\n").partition(": ")
            if not name and fields:
                return fields
            if name:
                fields[name] = value
    return {}


@pytest.mark.slow
async def test_a_stream_lives_through_a_switch_without_losing_an_event(site: tuple[Settings, Server]) -> None:
    settings, server = site
    await _tell(settings, None, with_user=True)
    async with server.client() as client:
        form = {"username": "ada", "password": PASSWORD}
        async with client.post("/api/v1/auth/login", data=form) as answer:
            token = (await answer.json())["access_token"]
        async with await client.get("/api/v1/events") as refused:
            assert refused.status == 401

        stream = await _open(client, token)
        assert stream.headers["Content-Type"].startswith("text/event-stream")
        assert stream.headers["X-Accel-Buffering"] == "no"
        hello = await _next(stream)
        assert (hello["event"], hello["retry"]) == ("hello", "500")
        await _tell(settings, "first")
        first = await _next(stream)
        assert first["event"] == "first"

        (server.folder / "new").symlink_to("green.sock")
        (server.folder / "new").replace(server.folder / "current.sock")
        assert await _next(stream) == {}, "the stream of an instance that is not live any more ends by itself"
        await _tell(settings, "missed")
        again = await _open(client, token, first["id"])
        assert [(await _next(again))["event"] for _ in range(2)] == ["hello", "missed"]

        asked = monotonic()
        server.process.send_signal(signal.SIGTERM)
        assert await _next(again) == {}
        server.process.wait(20)
        assert monotonic() - asked < GRACEFUL_SECONDS - 1, "an endless stream must not use up the time to finish"

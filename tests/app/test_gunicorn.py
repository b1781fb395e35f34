"""The app under a real gunicorn: two colours, several workers, signals and logs."""

import asyncio
import os
import signal
import socket
import stat
from collections.abc import Callable, Iterator
from pathlib import Path

import aiohttp
import pytest

from app.core.database import Database
from app.core.passwords import Passwords
from app.core.settings import Settings
from app.iam.users.models import User
from tests.app.gunicorn_server import WORKERS, Server, free_port
from tests.app.harness import CROSS_SITE_GUARD, PASSWORD, make_settings

pytestmark = pytest.mark.slow  # six processes start before the first test
NGINX = {"X-Forwarded-For": "198.51.100.9", "X-Forwarded-Proto": "https"}
RETRIES = 40


@pytest.fixture(scope="module")
def servers(
    tmp_path_factory: pytest.TempPathFactory, new_settings: Callable[..., Settings]
) -> Iterator[tuple[Server, Server]]:
    folder = tmp_path_factory.mktemp("gunicorn")
    settings = new_settings(folder)

    async def add_user() -> None:
        database = Database(settings)
        async with database.work() as work:
            user = User(username="ada", display_name="Ada", password_hash=Passwords().hash(PASSWORD))
            (await work.writing()).add(user)
        await database.close()

    asyncio.run(add_user())
    port = free_port()
    small_files = {"APP_LOG_MAX_BYTES": "8000", "APP_LOG_RETENTION": "40"}
    blue, green = (Server(settings, slot, port, folder, small_files) for slot in ("blue", "green"))
    with socket.socket(socket.AF_UNIX) as stale:
        stale.bind(str(blue.socket))  # left behind by a killed instance
    for server in (blue, green):
        server.start()
    try:
        for server in (blue, green):
            server.wait_until_up()
        yield blue, green
    finally:
        for server in (blue, green):
            server.stop()


@pytest.fixture
def blue(servers: tuple[Server, Server]) -> Server:
    return servers[0]


async def _eventually(condition: Callable[[], bool]) -> None:
    for _ in range(300):
        if condition():
            return
        await asyncio.sleep(0.05)
    raise AssertionError("it did not happen within 15 s")


async def _log_in(client: aiohttp.ClientSession) -> tuple[str, str]:
    form = {"username": "ada", "password": PASSWORD}
    async with client.post("/api/v1/auth/login", data=form, headers=NGINX) as answer:
        assert answer.status == 200, await answer.text()
        return (await answer.json())["access_token"], answer.headers["Set-Cookie"]


async def test_the_socket_is_for_nginx_too(blue: Server) -> None:
    assert stat.S_IMODE(blue.socket.stat().st_mode) == 0o666
    async with blue.client() as client, client.get("/health") as answer:
        assert (answer.status, (await answer.json())["slot"]) == (200, "blue")


async def test_the_rehearsal_went_well(blue: Server) -> None:
    assert "rehearsal" not in blue.log_text()
    assert "| INFO " in blue.log_text()


def _niceness(server: Server) -> set[int]:
    return {os.getpriority(os.PRIO_PROCESS, pid) for pid in (server.process.pid, *server.workers())}


def test_it_gives_way_only_while_it_loads(blue: Server) -> None:
    assert _niceness(blue) == {os.getpriority(os.PRIO_PROCESS, 0)}


async def test_both_colours_answer_on_the_loopback_port(servers: tuple[Server, Server]) -> None:
    url = f"http://127.0.0.1:{servers[0].port}/health"
    slots = set()
    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(force_close=True)) as client:
        for _ in range(RETRIES):
            async with client.get(url) as answer:
                slots.add((await answer.json())["slot"])
    assert slots == {"blue", "green"}


async def test_the_client_is_who_nginx_says(blue: Server) -> None:
    headers = {**NGINX, "X-Request-ID": "the-address-test"}
    async with blue.client() as client, client.get("/nowhere?token=canary-query", headers=headers) as answer:
        assert answer.headers["X-Request-ID"] == "the-address-test"
        _, cookie = await _log_in(client)
    assert "secure" in cookie.lower()
    await _eventually(lambda: "| the-address-test |" in blue.log_text())
    line = next(line for line in blue.log_text().splitlines() if "the-address-test" in line)
    assert "198.51.100.9 GET /nowhere 404" in line
    assert "canary-query" not in blue.log_text()


async def test_log_out_holds_in_every_worker(servers: tuple[Server, Server]) -> None:
    async with servers[0].client() as one, servers[1].client() as other:
        token, _ = await _log_in(one)
        headers = {"Authorization": f"Bearer {token}", **NGINX}
        for client in (one, other) * 6:  # the signature is now cached in every worker
            async with client.get("/api/v1/users/me", headers=headers) as answer:
                assert answer.status == 200
        async with one.post("/api/v1/auth/logout", headers={**headers, **CROSS_SITE_GUARD}) as answer:
            assert answer.status == 204
        for client in (one, other) * 6:
            async with client.get("/api/v1/users/me", headers=headers) as answer:
                assert (answer.status, (await answer.json())["code"]) == (401, "session_revoked")


async def test_every_line_is_written_once_while_files_rotate(blue: Server) -> None:
    ids = [f"rotation-{number:04d}" for number in range(300)]
    async with blue.client() as client:

        async def ask(request_id: str) -> None:
            async with client.get("/nowhere", headers={"X-Request-ID": request_id}) as answer:
                assert answer.status == 404

        await asyncio.gather(*map(ask, ids))
    await _eventually(lambda: blue.log_count("| rotation-") >= len(ids))
    lines = [line for line in blue.log_text().splitlines() if "| rotation-" in line]
    assert sorted(line.split(" | ")[3] for line in lines) == ids
    assert len({line.split(" | ")[2] for line in lines}) == WORKERS
    files = list(blue.logs.glob("api-blue*.log"))
    assert len(files) > 4
    assert all(path.stat().st_size <= 9000 for path in files)
    assert {stat.S_IMODE(path.stat().st_mode) for path in files} == {0o640}
    assert blue.log_text("-error") == ""


async def test_a_killed_worker_is_replaced(blue: Server) -> None:
    before = blue.workers()
    assert len(before) == WORKERS
    os.kill(min(before), signal.SIGKILL)
    await _eventually(lambda: len(blue.workers()) == WORKERS and min(before) not in blue.workers())
    async with blue.client() as client, client.get("/api/v1/health/ready") as answer:
        assert answer.status == 200


async def test_hangup_renews_the_workers_and_keeps_both_listeners(blue: Server) -> None:
    before, started = blue.workers(), blue.log_count("Application startup complete")
    blue.process.send_signal(signal.SIGHUP)
    await _eventually(lambda: not before & blue.workers() and len(blue.workers()) == WORKERS)
    await _eventually(lambda: blue.log_count("Application startup complete") >= started + WORKERS)
    assert _niceness(blue) == {os.getpriority(os.PRIO_PROCESS, 0)}
    async with blue.client() as client:
        for number in range(10):
            async with client.get("/nowhere", headers={"X-Request-ID": f"after-hangup-{number}"}) as answer:
                assert answer.status == 404
    slots = set()
    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(force_close=True)) as client:
        for _ in range(RETRIES):
            async with client.get(f"http://127.0.0.1:{blue.port}/health") as answer:
                slots.add((await answer.json())["slot"])
    assert "blue" in slots
    await _eventually(lambda: blue.log_count("| after-hangup-") == 10)


def test_no_secret_is_in_any_log(servers: tuple[Server, Server]) -> None:
    for server in servers:
        everything = server.stderr + server.log_text() + server.log_text("-error")
        assert "signed in from" in server.log_text() or server.slot == "green"
        for secret in (PASSWORD, "eyJ", server.settings.secret_key.get_secret_value()):
            assert secret not in everything


def test_a_stop_is_clean_and_leaves_the_other_colour(servers: tuple[Server, Server]) -> None:
    blue, green = servers
    assert green.stop() == 0
    assert not green.socket.exists()
    assert blue.socket.exists()
    assert blue.process.poll() is None
    assert "Shutting down: Master" in green.log_text()
    assert "Traceback" not in green.stderr + blue.stderr


def test_a_wrong_setting_stops_the_start_in_words(tmp_path: Path) -> None:
    server = Server(make_settings(tmp_path), "blue", free_port(), tmp_path, {"APP_SECRET_KEY": "canary"})
    server.start()
    assert server.process.wait(30) != 0
    assert "APP_SECRET_KEY must have at least 32 characters" in server.stderr
    assert "canary" not in server.stderr

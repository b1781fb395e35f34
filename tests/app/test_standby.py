"""An instance that waits until it is needed, under a real gunicorn."""

import socket
from collections.abc import Callable, Iterator
from pathlib import Path
from time import monotonic, sleep

import pytest

from app.core.settings import Settings
from tests.app.gunicorn_server import Server, free_port

pytestmark = pytest.mark.slow


class Waiting(Server):
    """What the machine's side does with its files, and what it sees."""

    def file(self, suffix: str) -> Path:
        return self.socket.with_suffix(suffix)

    def call(self) -> None:
        self.file(".standby").rename(self.file(".standby-called"))

    def cpu_seconds(self) -> float:
        fields = Path(f"/proc/{self.process.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / 100

    def wait_until_loaded(self) -> None:
        """It has loaded all when it looks for its call and does nothing else."""
        deadline, used = monotonic() + 60, 0.0
        while used < 0.5 or self.cpu_seconds() - used > 0.05:
            assert self.process.poll() is None, self.stderr
            assert monotonic() < deadline, self.stderr
            used = self.cpu_seconds()
            sleep(1)

    def refuses(self) -> bool:
        with socket.socket(socket.AF_UNIX) as client:
            return client.connect_ex(str(self.socket)) != 0

    def refuses_on_loopback(self) -> bool:
        with socket.socket() as client:
            return client.connect_ex(("127.0.0.1", self.port)) != 0


@pytest.fixture
def told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[socket.socket]:
    """The end of systemd that hears of readiness."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as notified:
        notified.bind(str(tmp_path / "notify"))
        notified.settimeout(20)
        yield notified


@pytest.fixture
def waiting(new_settings: Callable[..., Settings], tmp_path: Path) -> Iterator[Waiting]:
    notify = {"NOTIFY_SOCKET": str(tmp_path / "notify")}
    server = Waiting(new_settings(tmp_path), "blue", free_port(), tmp_path, notify)
    server.file(".standby").touch()
    yield server
    server.stop()


async def test_it_waits_loaded_and_answers_soon_after_its_call(waiting: Waiting, told: socket.socket) -> None:
    waiting.start()
    assert b"READY=1" in told.recv(200), "its start would time out"
    waiting.wait_until_loaded()
    assert waiting.file(".standby-begun").exists()
    assert waiting.refuses()
    assert waiting.refuses_on_loopback()
    assert waiting.workers() == set()
    assert not list(waiting.logs.glob("*")), "its files would be renamed under it"
    before = waiting.cpu_seconds()
    waiting.call()
    waiting.wait_until_up()
    assert waiting.cpu_seconds() - before < 0.5, "it had not loaded everything"
    async with waiting.client() as client, client.get("/api/v1/health/ready") as answer:
        assert answer.status == 200
    assert not waiting.refuses_on_loopback()
    assert waiting.log_count("Application startup complete") >= 2


def test_one_that_is_called_while_it_loads_goes_on(waiting: Waiting, told: socket.socket) -> None:
    waiting.start()
    assert b"READY=1" in told.recv(200)
    waiting.call()
    waiting.wait_until_up()


def test_one_that_comes_after_one_that_died_loads_nothing_until_its_call(waiting: Waiting, told: socket.socket) -> None:
    waiting.start()
    assert told.recv(200)
    waiting.process.kill()
    waiting.process.wait()
    waiting.start()
    assert told.recv(200)
    before = waiting.cpu_seconds()
    sleep(2)
    assert waiting.cpu_seconds() - before < 0.1
    waiting.call()
    waiting.wait_until_up()


def test_asked_to_stop_it_stops_at_once(waiting: Waiting, told: socket.socket) -> None:
    waiting.start()
    assert told.recv(200)
    began = monotonic()
    waiting.stop()
    assert monotonic() - began < 1

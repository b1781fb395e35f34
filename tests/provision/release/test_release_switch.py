"""The switch: two renames that no reader can see half-done, taken back at once when the new instance breaks."""

from __future__ import annotations

import http.server
import json
import socket
import socketserver
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from ansible.module_utils.link_check import table
from ansible.module_utils.link_check.model import Context
from ansible.module_utils.release_layout import Layout, point
from ansible.module_utils.release_lock import take_lock
from ansible.module_utils.release_sockets import open_connections, wait_until_left

from tests.provision.conftest import RunModule, load_plugin
from tests.provision.release.conftest import own_group

IN_TIME, LATE, BROKEN = (200, 0.0), (200, 0.6), (500, 0.0)
CHECKS = [{"id": "alive", "hop": "app", "check": "It answers", "kind": "status", "with": {"path": "/", "status": 200}}]


@pytest.fixture
def machine(tmp_path: Path) -> dict[str, str]:
    for release in ("r1", "r2"):
        (tmp_path / "root/releases" / release).mkdir(parents=True)
    (tmp_path / "root/shared").mkdir()
    (tmp_path / "run").mkdir()
    take_lock(Layout(tmp_path / "root", tmp_path / "run"), {"id": "one"})
    paths = {"root": str(tmp_path / "root"), "run_dir": str(tmp_path / "run"), "tmpfiles": str(tmp_path / "live.conf")}
    return {**paths, "run": "one", "group": own_group()}


@contextmanager
def instance(path: Path, status: int, delay: float = 0.0) -> Iterator[None]:
    """Something that answers each GET through a unix socket with one status, after some seconds."""

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            time.sleep(delay)
            self.send_response(status)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """Says nothing."""

        def address_string(self) -> str:
            return ""

    class Server(socketserver.ThreadingUnixStreamServer):
        daemon_threads = True

    with Server(str(path), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.05,))
        thread.start()
        yield
        server.shutdown()
        thread.join()


def live(machine: dict[str, str]) -> tuple[str, str]:
    return Path(machine["root"], "current").readlink().name, str(Path(machine["run_dir"], "current.sock").readlink())


def test_switching_moves_both_links_and_what_a_reboot_restores(run_module: RunModule, machine: dict[str, str]) -> None:
    first = run_module("release_switch", **machine, release="r1", colour="blue")
    again = run_module("release_switch", **machine, release="r1", colour="blue")
    second = run_module("release_switch", **machine, release="r2", colour="green")
    assert (first["changed"], again["changed"], second["changed"]) == (True, False, True)
    assert second["was"] == "r1"
    assert live(machine) == ("r2", "green.sock")
    assert f"L+ {machine['run_dir']}/current.sock - - - - green.sock" in Path(machine["tmpfiles"]).read_text()
    lines = [json.loads(line) for line in Path(machine["root"], "shared/audit.jsonl").read_text().splitlines()]
    assert [(line["event"], line["release"], line["from_release"], line["colour"]) for line in lines] == [
        ("switched", "r1", "", "blue"),
        ("switched", "r2", "r1", "green"),
    ]


def test_a_release_that_is_not_there_switches_nothing(run_module: RunModule, machine: dict[str, str]) -> None:
    run_module("release_switch", **machine, release="r1", colour="blue")
    result = run_module("release_switch", **machine, release="r9", colour="green")
    assert result["failed"] is True
    assert "r9 does not exist" in result["msg"]
    assert live(machine) == ("r1", "blue.sock")


def test_who_lost_the_lock_switches_nothing(run_module: RunModule, machine: dict[str, str]) -> None:
    run_module("release_switch", **machine, release="r1", colour="blue")
    result = run_module("release_switch", **{**machine, "run": "another"}, release="r2", colour="green")
    assert result["failed"] is True
    assert "is at work on this machine" in result["msg"]
    assert live(machine) == ("r1", "blue.sock")


def test_check_mode_switches_nothing(run_module: RunModule, machine: dict[str, str]) -> None:
    result = run_module("release_switch", check=True, **machine, release="r1", colour="blue")
    assert result["changed"] is True
    assert not Path(machine["root"], "current").is_symlink()


@pytest.mark.parametrize(("status", "stays"), [(200, ("r2", "green.sock")), (500, ("r1", "blue.sock"))])
def test_what_breaks_after_the_switch_is_taken_back_by_the_module_itself(
    run_module: RunModule, machine: dict[str, str], status: int, stays: tuple[str, str]
) -> None:
    run_module("release_switch", **machine, release="r1", colour="blue")
    with instance(Path(machine["run_dir"], "green.sock"), status):
        result = run_module("release_switch", **machine, release="r2", colour="green", checks=CHECKS, wait_seconds=3)
    assert result["failed"] is (status != 200)
    assert live(machine) == stays
    if result["failed"]:
        assert "After the switch r2 did not do: alive: 500" in result["msg"]


def test_an_instance_that_is_gone_is_taken_back(run_module: RunModule, machine: dict[str, str]) -> None:
    run_module("release_switch", **machine, release="r1", colour="blue")
    result = run_module("release_switch", **machine, release="r2", colour="green", checks=CHECKS, wait_seconds=3)
    assert result["failed"] is True
    assert live(machine) == ("r1", "blue.sock")


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        (LATE, LATE, ""),  # the machine has no time: the proof that comes next has more patience
        (IN_TIME, LATE, "alive: no answer"),
        (LATE, IN_TIME, ""),
        (LATE, BROKEN, "alive: 500"),  # an answer is an answer, however busy the machine is
    ],
    ids=["both are late", "only the new one is late", "only the old one is late", "the new one is broken"],
)
def test_a_machine_that_has_no_time_is_no_fault_of_the_release(
    tmp_path: Path, old: tuple[int, float], new: tuple[int, float], said: str
) -> None:
    switch = load_plugin("modules", "release_switch")
    blue, green = tmp_path / "blue.sock", tmp_path / "green.sock"
    context = Context(url=f"unix:{green}", timeout=0.3)
    with instance(blue, *old), instance(green, *new):
        complaint = switch.watch_and_wait(context, table.prepare(CHECKS), blue, 0.5)
    assert complaint.startswith(said)
    assert bool(complaint) is bool(said)


def test_connections_are_counted_while_they_are_open(tmp_path: Path) -> None:
    path = tmp_path / "blue.sock"
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(path))
        assert open_connections(path) == 0  # as one that waits until it is needed
        listener.listen()
        assert open_connections(path) == 0
        with socket.socket(socket.AF_UNIX) as waiting:
            waiting.connect(str(path))
            assert open_connections(path) == 1  # nobody has accepted it yet
            assert wait_until_left(path, 0.2) == 1
            accepted, _ = listener.accept()
            assert open_connections(path) == 1
            accepted.close()
        assert wait_until_left(path, 5) == 0


def test_a_reader_never_meets_a_missing_link(tmp_path: Path) -> None:
    link, missing, done = tmp_path / "link", [], threading.Event()
    point(link, "0")

    def read() -> None:
        while not done.is_set():
            try:
                link.readlink()
            except FileNotFoundError:
                missing.append(1)

    reader = threading.Thread(target=read)
    reader.start()
    for turn in range(3000):
        point(link, str(turn % 2))
    done.set()
    reader.join()
    assert missing == []

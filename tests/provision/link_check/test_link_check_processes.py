"""gunicorn's processes, against a real gunicorn. Only systemctl's words are simulated: systemd is not there."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from ansible.module_utils.link_check.processes import all_processes, read_process

if TYPE_CHECKING:
    from tests.provision.link_check.conftest import Look

WORKERS = 2


def wait_for(condition: Callable[[], bool], what: str) -> None:
    end = time.monotonic() + 10
    while not condition():
        assert time.monotonic() < end, f"{what} did not happen within 10 s"
        time.sleep(0.02)


def children(master: int) -> list[int]:
    return sorted(process.pid for process in all_processes() if process.parent == master)


def kill_family(master: int) -> None:
    """The master and its children. One of them may be going by itself, and be gone at any moment."""
    for pid in (master, *children(master)):
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)


@contextmanager
def gunicorn(folder: Path) -> Iterator[int]:
    """Pid of a real master with its workers up; pidfile in the folder."""
    folder.mkdir(exist_ok=True)
    (folder / "hello.py").write_text("def app(environ, start):\n    start('200 OK', [])\n    return [b'']\n")
    program = Path(sys.executable).with_name("gunicorn")
    arguments = ["--workers", str(WORKERS), "--bind", f"unix:{folder}/s.sock", "--pid", str(folder / "pid")]
    command = [str(program), *arguments, "--no-control-socket", "--graceful-timeout", "1", "hello:app"]
    with (folder / "log").open("wb") as log, subprocess.Popen(command, cwd=folder, stderr=log) as master:
        try:
            wait_for(lambda: (folder / "pid").exists() and len(children(master.pid)) == WORKERS, "gunicorn's start")
            yield master.pid
        finally:
            kill_family(master.pid)
            master.wait(10)


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[int, Path]]:
    folder = tmp_path_factory.mktemp("gunicorn")
    with gunicorn(folder) as master:
        yield master, folder / "pid"


def state(pid: int) -> str:
    process = read_process(pid)
    return process.state if process else "gone"


def test_exactly_the_configured_workers(running: tuple[int, Path], look: Look) -> None:
    row = look("gunicorn_processes", pidfile=str(running[1]), workers=WORKERS)
    assert row["ok"], row
    assert row["observed"] == "1 master, 2 workers alive"


@pytest.mark.parametrize(("wanted", "words"), [(1, "more than wanted"), (3, "fewer than wanted")])
def test_another_number_of_workers(running: tuple[int, Path], look: Look, wanted: int, words: str) -> None:
    row = look("gunicorn_processes", pidfile=str(running[1]), workers=wanted)
    assert not row["ok"]
    assert words in row["cause"]


def test_a_stopped_worker(running: tuple[int, Path], look: Look) -> None:
    worker = children(running[0])[0]
    os.kill(worker, signal.SIGSTOP)
    try:
        wait_for(lambda: state(worker) == "T", "the worker's stop")
        row = look("gunicorn_processes", pidfile=str(running[1]), workers=WORKERS)
    finally:
        os.kill(worker, signal.SIGCONT)
    assert row["cause"] == f"worker {worker} is stopped by a signal"
    assert row["observed"] == "1 master, 1 worker alive"


def test_a_zombie_worker_under_a_stopped_master(tmp_path: Path, look: Look) -> None:
    with gunicorn(tmp_path / "g") as master:
        worker = children(master)[0]
        os.kill(master, signal.SIGSTOP)  # so that nobody buries the worker
        wait_for(lambda: state(master) == "T", "the master's stop")
        os.kill(worker, signal.SIGKILL)
        wait_for(lambda: state(worker) == "Z", "the worker's death")
        row = look("gunicorn_processes", pidfile=str(tmp_path / "g" / "pid"), workers=WORKERS)
    assert row["cause"] == f"master {master} is stopped by a signal, worker {worker} is a zombie"


def test_a_second_master_after_an_upgrade_by_signal(tmp_path: Path, look: Look) -> None:
    with gunicorn(tmp_path / "g") as master:
        before = set(children(master))
        os.kill(master, signal.SIGUSR2)
        wait_for(lambda: any(children(pid) for pid in set(children(master)) - before), "the second master's workers")
        second = next(pid for pid in set(children(master)) - before if children(pid))
        row = look("gunicorn_processes", pidfile=f"{tmp_path}/g/pid.oldboot", workers=WORKERS, unit=None)
        if "cannot be read" in row["cause"]:
            row = look("gunicorn_processes", pidfile=f"{tmp_path}/g/pid", workers=WORKERS)
        kill_family(second)
    assert f"besides master {master} another one runs (pid {second})" in row["cause"]


@pytest.mark.parametrize(
    ("content", "cause"),
    [(None, "cannot be read"), ("none", "holds no number"), ("4194304", "does not live"), ("self", "not gunicorn")],
)
def test_a_wrong_pidfile(tmp_path: Path, look: Look, content: str | None, cause: str) -> None:
    file = tmp_path / "pid"
    if content is not None:
        file.write_text(str(os.getpid()) if content == "self" else content)
    row = look("gunicorn_processes", pidfile=str(file), workers=WORKERS)
    assert not row["ok"]
    assert cause in row["cause"]


def test_needs_a_unit_or_a_pidfile(look: Look) -> None:
    assert look("gunicorn_processes", workers=1)["cause"] == "this row needs one of unit, program and pidfile"


# -- systemd

Systemctl = Callable[..., None]


@pytest.fixture
def systemctl(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Systemctl:
    """Puts a systemctl first in PATH that answers `show` with these properties, as the real one prints them."""

    def answer(exit_code: int = 0, error: str = "", **properties: Any) -> None:
        text = "".join(f"{name}={value}\n" for name, value in properties.items())
        (tmp_path / "said").write_text(text)
        script = tmp_path / "systemctl"
        script.write_text(f"#!/bin/sh\ncat {tmp_path}/said\necho '{error}' >&2\nexit {exit_code}\n")
        script.chmod(0o755)
        monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")

    return answer


def test_the_unit_names_the_master(running: tuple[int, Path], look: Look, systemctl: Systemctl) -> None:
    systemctl(MainPID=running[0], ActiveState="active", ControlGroup="/system.slice/none.service")
    assert look("gunicorn_processes", unit="shop-api@blue", workers=WORKERS)["ok"]


def test_a_second_master_in_the_units_control_group(
    running: tuple[int, Path], tmp_path: Path, look: Look, systemctl: Systemctl
) -> None:
    group = Path(f"/proc/{running[0]}/cgroup").read_text().splitlines()[-1].split(":", 2)[2]
    systemctl(MainPID=running[0], ActiveState="active", ControlGroup=group)
    with gunicorn(tmp_path / "g") as second:
        row = look("gunicorn_processes", unit="shop-api@blue", workers=WORKERS)
    assert not row["ok"]
    assert f"besides master {running[0]} another one runs" in row["cause"]
    assert str(second) in row["cause"]


def test_a_unit_that_does_not_run(look: Look, systemctl: Systemctl) -> None:
    systemctl(MainPID=0, ActiveState="failed", ControlGroup="")
    row = look("gunicorn_processes", unit="shop-api@blue", workers=WORKERS)
    assert row["cause"] == "shop-api@blue has no main process: it is failed"


GOOD = {"LoadState": "loaded", "UnitFileState": "enabled", "ActiveState": "active", "Restart": "always"}


def test_service_ok(look: Look, systemctl: Systemctl) -> None:
    systemctl(**GOOD)
    row = look("systemd_service", unit="nginx")
    assert row["ok"], row
    assert row["observed"] == "active, enabled, Restart=always"


@pytest.mark.parametrize(
    ("broken", "cause", "fix"),
    [
        ({"LoadState": "not-found"}, "there is no unit nginx", "the row's fix"),
        ({"LoadState": "masked"}, "nginx is masked", "systemctl unmask nginx"),
        ({"ActiveState": "failed", "Result": "exit-code"}, "nginx is failed (exit-code)", "systemctl restart nginx"),
        ({"ActiveState": "inactive", "Result": "success"}, "nginx is inactive", "systemctl restart nginx"),
        ({"UnitFileState": "disabled"}, "nginx is disabled: it does not start", "systemctl enable nginx"),
        ({"UnitFileState": "enabled-runtime"}, "nginx is enabled-runtime", "systemctl enable nginx"),
        ({"UnitFileState": ""}, "nginx is not enabled", "systemctl enable nginx"),
        ({"Restart": "no"}, "nginx has Restart=no", "the row's fix"),
    ],
)
def test_service_fails(look: Look, systemctl: Systemctl, broken: dict[str, str], cause: str, fix: str) -> None:
    systemctl(**GOOD | broken)
    row = look("systemd_service", unit="nginx")
    assert not row["ok"]
    assert row["cause"].startswith(cause)
    assert row["fix"].startswith(fix)


TIMER = GOOD | {"NextElapseUSecRealtime": "Mon 2026-11-23 00:05:06 UTC"}


@pytest.mark.parametrize(
    ("broken", "cause", "fix"),
    [
        ({}, "", ""),
        ({"LoadState": "not-found"}, "there is no usable timer drift.timer", "the row's fix"),
        ({"ActiveState": "inactive"}, "drift.timer is inactive, enabled", "systemctl enable --now drift.timer"),
        ({"UnitFileState": "disabled"}, "drift.timer is active, disabled", "systemctl enable --now drift.timer"),
        ({"NextElapseUSecRealtime": ""}, "drift.timer has no next time", "systemctl restart drift.timer"),
    ],
)
def test_timers(look: Look, systemctl: Systemctl, broken: dict[str, str], cause: str, fix: str) -> None:
    systemctl(**TIMER | broken)
    row = look("systemd_timers", units=["drift.timer"])
    assert row["ok"] is not bool(broken)
    assert row["cause"].startswith(cause)
    assert row["fix"].startswith(fix)


def test_systemd_that_does_not_answer(look: Look, systemctl: Systemctl) -> None:
    systemctl(exit_code=1, error="Failed to connect to bus: Host is down")
    row = look("systemd_service", unit="nginx")
    assert row["cause"] == "systemd does not answer: Failed to connect to bus: Host is down"


# -- commands


def test_command_ok(look: Look) -> None:
    row = look("command", argv=["sh", "-c", "echo syntax is ok >&2"])
    assert row["ok"]
    assert row["observed"] == "exit 0, syntax is ok"


@pytest.mark.parametrize(
    ("argv", "cause"),
    [
        (["sh", "-c", "echo unknown directive >&2; echo test failed >&2; exit 1"], "unknown directive; test failed"),
        (["false"], "it said nothing"),
        (["no-such-program"], "there is no program no-such-program on this machine"),
        (["/etc/passwd"], "/etc/passwd may not be run: Permission denied"),
        (["sleep", "9"], "sleep 9 did not end within 2 s"),
    ],
)
def test_command_fails(look: Look, argv: list[str], cause: str) -> None:
    row = look("command", argv=argv)
    assert not row["ok"]
    assert row["cause"] == cause

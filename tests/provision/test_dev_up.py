"""dev_up.sh: api, worker and pages in one terminal, a taken port named, and nothing left after Ctrl-C."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import socket
import subprocess
import time
import urllib.error
import urllib.parse
import urllib.request
from pathlib import Path
from typing import Any

import pytest

from tests.provision.conftest import PROJECT
from tests.provision.link_check.conftest import free_port

SCRIPT = str(PROJECT / "dev_up.sh")


def environment(folder: Path) -> dict[str, str]:
    return os.environ | {"APP_DATABASE_URL": f"sqlite+aiosqlite:///{folder}/development.db"}


def answers(url: str) -> bool:
    try:
        with urllib.request.urlopen(url, timeout=5) as answer:
            return bool(answer.status == 200)
    except (urllib.error.URLError, OSError):
        return False


def test_a_taken_port_is_named_before_anything_is_started(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        done = subprocess.run(
            [SCRIPT, "--web-port", str(port), "--api-port", str(free_port())],
            env=environment(tmp_path),
            capture_output=True,
            text=True,
            check=False,
            timeout=60,
        )
    assert done.returncode == 1
    assert f"port {port} is held by " in done.stderr
    assert f"(pid {os.getpid()})" in done.stderr
    assert "--web-port" in done.stderr
    assert not (tmp_path / "development.db").exists()


def test_a_wrong_port_is_refused() -> None:
    done = subprocess.run([SCRIPT, "--api-port", "many"], capture_output=True, text=True, check=False, timeout=20)
    assert (done.returncode, "wants a port number" in done.stderr) == (2, True)


def ask(url: str, token: str = "", **form: str) -> dict[str, Any]:
    """A form is posted; without one it is a GET."""
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    body = urllib.parse.urlencode(form).encode() if form else None
    with urllib.request.urlopen(urllib.request.Request(url, body, headers), timeout=10) as answer:
        return dict(json.load(answer))


def a_job_goes_round(site: str) -> bool:
    token = ask(f"{site}/api/v1/auth/login", username="demo-user", password="show-me-around")["access_token"]
    headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
    ping = urllib.request.Request(f"{site}/api/v1/jobs/ping", b"{}", headers)
    with urllib.request.urlopen(ping, timeout=10) as accepted:
        location = accepted.headers["Location"]
    end = time.monotonic() + 30
    while (state := ask(f"{site}{location}", token)["state"]) in ("queued", "running") and time.monotonic() < end:
        time.sleep(0.2)
    return bool(state == "done")


def processes_that_know(word: str) -> list[str]:
    """Command lines of the processes that have a word in their environment."""
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):  # it has ended meanwhile
            if word.encode() in (folder / "environ").read_bytes():
                found.append((folder / "cmdline").read_text().replace("\0", " "))
    return found


@pytest.mark.slow
def test_all_run_until_ctrl_c_and_leave_nothing(tmp_path: Path) -> None:
    api, web = free_port(), free_port()
    log = tmp_path / "log"
    with (
        log.open("w") as output,
        subprocess.Popen(
            # A shell cannot heed what was ignored when it began, as Ctrl-C is in what runs in the background.
            ["env", "--default-signal=INT", SCRIPT, "--api-port", str(api), "--web-port", str(web)],
            env=environment(tmp_path),
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        ) as running,
    ):
        try:
            end = time.monotonic() + 120
            # Through Vite, so that its proxy is proven too.
            while not answers(f"http://127.0.0.1:{web}/api/v1/health/ready"):
                assert running.poll() is None, log.read_text()
                assert time.monotonic() < end, log.read_text()
                time.sleep(0.2)
            assert answers(f"http://127.0.0.1:{web}/")
            assert a_job_goes_round(f"http://127.0.0.1:{web}")
            os.killpg(running.pid, signal.SIGINT)  # what a terminal does
            assert running.wait(30) == 130
        finally:
            if running.poll() is None:
                os.killpg(running.pid, signal.SIGTERM)
                running.wait(30)
    text = log.read_text()
    assert "\napi | " in text
    assert "\nweb | " in text
    assert "\nworker | " in text
    assert processes_that_know(f"{tmp_path}/development.db") == []
    for port in (api, web):
        with socket.socket() as probe:
            assert probe.connect_ex(("127.0.0.1", port)) != 0

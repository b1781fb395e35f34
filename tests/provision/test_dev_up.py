"""dev_up.sh: both halves in one terminal, a taken port named, and nothing left after Ctrl-C."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import time
import urllib.error
import urllib.request
from pathlib import Path

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


@pytest.mark.slow
def test_both_run_until_ctrl_c_and_leave_nothing(tmp_path: Path) -> None:
    api, web = free_port(), free_port()
    log = tmp_path / "log"
    with (
        log.open("w") as output,
        subprocess.Popen(
            [SCRIPT, "--api-port", str(api), "--web-port", str(web)],
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
            os.killpg(running.pid, signal.SIGINT)  # what a terminal does
            assert running.wait(30) == 130
        finally:
            if running.poll() is None:
                os.killpg(running.pid, signal.SIGTERM)
                running.wait(30)
    text = log.read_text()
    assert "\napi | " in text
    assert "\nweb | " in text
    listed = subprocess.run(["ps", "-eo", "args="], capture_output=True, text=True, check=True).stdout
    left = [line for line in listed.splitlines() if f"--port {api}" in line or f"--port {web}" in line]
    assert left == []
    for port in (api, web):
        with socket.socket() as probe:
            assert probe.connect_ex(("127.0.0.1", port)) != 0

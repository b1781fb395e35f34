"""The one process that does the jobs: of the live release, back after a kill, and what it had begun is done."""

from __future__ import annotations

import json
import re
import time
from typing import Any

from witness import PRODUCT, ROOT, SHARED, Machine, Web, wait_until

UNIT = f"{PRODUCT}-worker.service"


def pid(machine: Machine) -> str:
    return machine.unit(UNIT)["MainPID"]


def ping(machine: Machine, web: Web, seconds: float = 20) -> dict[str, Any]:
    """Ask for a job as the table's own account, and wait until it has ended."""
    login = web.login("link-check", machine.password("probe-password"))
    rights = {"Authorization": f"Bearer {login.json['access_token']}", "Content-Type": "application/json"}
    accepted = web.ask("POST", "/api/v1/jobs/ping", rights, b'{"text": "from a test"}')
    assert accepted.status == 202, accepted.text
    end = time.monotonic() + seconds
    while True:
        job = dict(web.ask("GET", accepted.header("location"), rights).json)
        if job["state"] not in ("queued", "running"):
            return job
        assert time.monotonic() < end, job
        time.sleep(0.1)


def test_one_process_of_the_products_user_and_of_the_live_release(machine: Machine) -> None:
    running = machine.lines("pgrep -f -- '-m app worker ru[n]'")
    assert running == [pid(machine)]
    release = f"{ROOT}/releases/{machine.release}"
    assert machine.out(f"readlink /proc/{running[0]}/cwd") == release
    # Never through `current`, which moves while this one still runs.
    assert machine.read(f"/proc/{running[0]}/cmdline").split("\0")[0] == f"{release}/venv/bin/python"
    assert machine.out(f"ps -o user:32= -p {running[0]}") == PRODUCT


def test_it_stands_back_behind_the_answers(machine: Machine) -> None:
    assert machine.out(f"ps -o ni= -p {pid(machine)}").strip() == "5"
    assert machine.unit(UNIT)["CPUWeight"] == "50"
    assert machine.unit(UNIT)["MemoryMax"] == str(1024 * 1024 * 1024)


def test_a_job_goes_round(machine: Machine, web: Web) -> None:
    job = ping(machine, web)
    assert job["state"] == "done"
    assert job["result"]["text"] == "from a test"
    assert job["result"]["release"] == machine.release


def test_a_killed_worker_comes_back_and_works(machine: Machine, web: Web) -> None:
    before = pid(machine)
    machine.out(f"kill -KILL {before}")
    wait_until("another one runs", lambda: pid(machine) not in ("0", before), 5)
    assert ping(machine, web)["state"] == "done"


def test_it_stops_when_it_is_asked_to_and_leaves_no_failure(machine: Machine, web: Web) -> None:
    started = time.monotonic()
    machine.out(f"systemctl stop {UNIT}")
    assert time.monotonic() - started < 10, "an idle one has nothing to wait for"
    assert machine.unit(UNIT)["Result"] == "success"
    machine.out(f"systemctl start {UNIT}")
    assert ping(machine, web)["state"] == "done"


def test_it_logs_to_a_file_of_its_own(machine: Machine) -> None:
    text = machine.read(f"{SHARED}/logs/worker.log")
    assert re.search(r"at work$", text, re.MULTILINE)
    assert machine.out(f"stat --format '%a %U' {SHARED}/logs/worker.log") == "640 groundwork"


def test_the_commands_overview_knows_it(machine: Machine) -> None:
    # It beats every few seconds: one that was killed is told as gone after some time.
    told = json.loads(machine.out("groundwork worker status --json"))
    alive = [worker for worker in told["workers"] if worker["is_alive"]]
    assert machine.release in {worker["release"] for worker in alive}
    assert int(pid(machine)) in {worker["pid"] for worker in alive}

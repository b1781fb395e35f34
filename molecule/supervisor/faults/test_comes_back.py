"""Kill, break, switch: supervisor brings back what died, the table names what is wrong, a switch costs no request."""

from __future__ import annotations

import json
import os
import threading

import pytest
from controller import playbook, said
from witness import PRODUCT, SHARED, Machine, Web, wait_until

NGINX = "/etc/supervisor/conf.d/nginx.conf"
JOBS = "job-round jobs-waiting"
THROUGH_NGINX = (
    f"front-page login dashboard-refresh deep-link-refresh missing-asset readiness migrations release-served {JOBS}"
)
OF_THE_API = f"service-api gunicorn-processes api-loopback login readiness migrations release-served {JOBS}"
WORKER = f"{PRODUCT}-worker"


def pid(machine: Machine, program: str) -> str:
    said_pid = machine.run(f"supervisorctl pid {program}").stdout.strip()
    return said_pid if said_pid.isdigit() else "0"


def api(machine: Machine) -> str:
    return f"{PRODUCT}-api-{machine.slot}"


def answers(web: Web) -> bool:
    try:
        return web.get("/api/v1/health/ready").status == 200
    except OSError:
        return False


@pytest.mark.parametrize("program", ["nginx", "cron", "api", "worker"])
def test_what_is_killed_comes_back_alone(machine: Machine, web: Web, program: str) -> None:
    name = {"api": api(machine), "worker": WORKER}.get(program, program)
    before = pid(machine, name)
    orphans = machine.run(f"pgrep --parent {before}").stdout.split()
    machine.out(f"kill -KILL {before}")

    def runs_again() -> bool:
        state = machine.run(f"supervisorctl status {name}").stdout.split()
        return state[1] == "RUNNING" and pid(machine, name) != before

    wait_until(f"{name} runs again", runs_again, 10)
    wait_until("the site answers", lambda: answers(web), 15)
    left = [orphan for orphan in orphans if machine.run(f"test -e /proc/{orphan}").rc == 0]
    assert left == [], f"{name}'s old workers still run beside the new ones"


def failing(machine: Machine) -> set[str]:
    """Run the proof; the ids of the rows that failed."""
    run = playbook("verify")
    report = json.loads(machine.read(f"{SHARED}/link-check/latest.json"))
    rows = {row["id"] for row in report["rows"] if not row["ok"]}
    assert (run.returncode == 0) == (not rows), said(run)
    assert all(row["ok"] or (row["cause"] and row["fix"]) for row in report["rows"])
    return rows


FAULTS = {
    "nginx is stopped": (
        "supervisorctl stop nginx",
        "supervisorctl start nginx",
        f"service-nginx nginx-listens {THROUGH_NGINX}",
    ),
    "nginx is given up after a crash": (
        f"sed -i s/^autorestart=true/autorestart=false/ {NGINX}",
        f"sed -i s/^autorestart=false/autorestart=true/ {NGINX}",
        "service-nginx",
    ),
    "cron is dead": ("supervisorctl stop cron", "supervisorctl start cron", "service-cron"),
    "the api is stopped": ("supervisorctl stop $api", "supervisorctl start $api; sleep 4", OF_THE_API),
    "the api is gone when supervisor starts anew": (
        "mv /etc/supervisor/conf.d/$api.conf /root/",
        "mv /root/$api.conf /etc/supervisor/conf.d/",
        "service-api",
    ),
    "the worker is stopped": (
        f"supervisorctl stop {WORKER}",
        f"supervisorctl start {WORKER}",
        "service-worker job-round",
    ),
    "the worker is gone when supervisor starts anew": (
        f"mv /etc/supervisor/conf.d/{WORKER}.conf /root/",
        f"mv /root/{WORKER}.conf /etc/supervisor/conf.d/",
        "service-worker",
    ),
    "one worker too few": (
        "kill -TTOU $(supervisorctl pid $api); sleep 3",
        "kill -TTIN $(supervisorctl pid $api); sleep 5",
        "gunicorn-processes",
    ),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_exactly_its_rows_fail(machine: Machine, fault: str) -> None:
    breaks, mend, rows = FAULTS[fault]
    name = f"api={api(machine)}; "
    machine.out(name + breaks)
    try:
        assert failing(machine) == set(rows.split())
    finally:
        machine.out(name + mend)
    # In the short form the next one's proof sees that it is mended, and at last site.yml's own does.
    if os.environ.get("GROUNDWORK_FULL"):
        assert failing(machine) == set()


def test_a_changed_setting_switches_colour_and_loses_no_request(machine: Machine, web: Web) -> None:
    before, statuses, stop = machine.slot, [], threading.Event()

    def ask() -> None:
        while not stop.wait(0.01):
            try:
                statuses.append(str(web.get("/api/v1/health/ready").status))
            except OSError as error:
                statuses.append(type(error).__name__)

    asking = [threading.Thread(target=ask) for _ in range(4)]
    for thread in asking:
        thread.start()
    run = playbook("site", "--extra-vars", "service_log_retention=7")
    stop.set()
    for thread in asking:
        thread.join()
    assert run.returncode == 0, said(run)
    assert machine.slot != before
    assert set(statuses) == {"200"}
    assert len(statuses) > 500
    running = machine.run("supervisorctl status").stdout
    assert f"{PRODUCT}-api-{before}" not in running
    assert f"{PRODUCT}-api-{machine.slot}" in running

"""The processes that should be there, and nobody else."""

from __future__ import annotations

from pathlib import Path

from witness import PRODUCT, ROOT, Machine, wait_until


def main_pid(machine: Machine) -> str:
    return machine.unit(machine.api_unit)["MainPID"]


def workers(machine: Machine) -> list[str]:
    return machine.lines(f"pgrep --parent {main_pid(machine)}")


def test_one_gunicorn_master_under_systemd(machine: Machine) -> None:
    masters = machine.lines("ps -eo pid=,ppid=,args= | grep '[g]unicorn' | awk '$2 == 1 {print $1}'")
    assert masters == [main_pid(machine)]


def test_as_many_workers_as_configured(machine: Machine) -> None:
    configured = [
        line for line in machine.read(f"/proc/{main_pid(machine)}/environ").split("\0") if "APP_WORKERS=" in line
    ]
    assert configured == [f"APP_WORKERS={len(workers(machine))}"]


def test_two_workers_a_core_and_one_by_default(machine: Machine) -> None:
    assert len(workers(machine)) == 2 * int(machine.out("nproc")) + 1


def test_every_gunicorn_process_is_the_products_user(machine: Machine) -> None:
    users = machine.lines("ps -eo user:32=,args= | grep '[g]unicorn' | awk '{print $1}'")
    assert set(users) == {PRODUCT}


def test_the_live_release_runs(machine: Machine) -> None:
    release = f"{ROOT}/releases/{machine.release}"
    for pid in [main_pid(machine), *workers(machine)]:
        assert machine.out(f"readlink /proc/{pid}/cwd") == release
        assert f"{ROOT}/slots/{machine.slot}/venv/bin/" in machine.read(f"/proc/{pid}/cmdline")


def test_only_the_product_and_debian_run_as_root(machine: Machine) -> None:
    of_root = machine.lines("ps -u root -o args=")
    assert not [line for line in of_root if ROOT in line or "python" in Path(line.split()[0]).name]


def test_nginx_workers_are_nginxs_own_user(machine: Machine) -> None:
    users = machine.lines("ps -eo user:32=,args= | grep '[n]ginx: worker' | awk '{print $1}'")
    assert len(users) >= 1
    assert set(users) == {"www-data"}


def test_a_killed_worker_is_replaced(machine: Machine) -> None:
    before = workers(machine)
    machine.out(f"kill -KILL {before[0]}")

    def replaced() -> bool:
        now = workers(machine)
        return before[0] not in now and len(now) == len(before)

    wait_until("a new worker for the killed one", replaced, 10)


def test_a_killed_master_is_replaced_within_seconds(machine: Machine) -> None:
    before, expected = main_pid(machine), len(workers(machine))
    machine.out(f"kill -KILL {before}")

    def back() -> bool:
        state = machine.unit(machine.api_unit)
        return (
            state["MainPID"] not in ("0", before)
            and state["ActiveState"] == "active"
            and len(workers(machine)) == expected
        )

    wait_until("the api runs again", back, 15)
    wait_until("the api answers", lambda: machine.run(f"python3 -c '{ASK_READY}'").rc == 0, 15)


ASK_READY = 'import urllib.request as u; u.urlopen("http://127.0.0.1/api/v1/health/ready", timeout=5)'

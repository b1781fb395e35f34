"""What supervisor runs, as whom, and what it leaves on the machine."""

from __future__ import annotations

import json
import re
import shlex
from typing import Any

import pytest
from controller import playbook, said
from witness import PRIVATE, PRODUCT, ROOT, RUN, SHARED, Machine, Web, wait_until

LOGS = f"/var/log/{PRODUCT}"


def programs(machine: Machine) -> dict[str, tuple[str, int]]:
    """State and pid by name."""
    found = re.findall(r"^(\S+)\s+(\S+)\s+pid (\d+),", machine.run("supervisorctl status").stdout, re.MULTILINE)
    return {name: (state, int(pid)) for name, state, pid in found}


def api(machine: Machine) -> str:
    return f"{PRODUCT}-api-{machine.slot}"


def master(machine: Machine) -> int:
    return programs(machine)[api(machine)][1]


def test_the_machine_has_no_systemd(machine: Machine) -> None:
    assert machine.run("test -d /run/systemd/system").rc == 1
    assert machine.out("cat /proc/1/comm") in ("sh", "supervisord")


def test_exactly_these_programs_run(machine: Machine) -> None:
    wait_until("supervisor runs them", lambda: len(programs(machine)) == 4, 15)
    assert {name: state for name, (state, _) in programs(machine).items()} == dict.fromkeys(
        ["cron", "nginx", api(machine), f"{PRODUCT}-worker"], "RUNNING"
    )


def test_every_row_of_the_table_is_ok(machine: Machine) -> None:
    run = playbook("verify")
    assert run.returncode == 0, said(run)
    report = json.loads(machine.read(f"{SHARED}/link-check/latest.json"))
    assert report["ok"] is True
    rows = {row["id"] for row in report["rows"]}
    assert {"service-nginx", "service-api", "gunicorn-processes", "service-cron", "service-worker", "job-round"} <= rows
    assert len(rows) >= 22


def test_everything_is_supervisors_child(machine: Machine) -> None:
    supervisor = machine.out("supervisorctl pid")
    for name, (_, pid) in programs(machine).items():
        assert machine.out(f"ps -o ppid= -p {pid}").strip() == supervisor, name


def test_api_and_worker_are_the_products_user_for_good(machine: Machine) -> None:
    worker = str(programs(machine)[f"{PRODUCT}-worker"][1])
    for pid in [worker, str(master(machine)), *machine.lines(f"pgrep --parent {master(machine)}")]:
        status = dict(re.findall(r"^(\w+):\s+(.*)$", machine.read(f"/proc/{pid}/status"), re.MULTILINE))
        assert machine.out(f"ps -o user:32= -p {pid}") == PRODUCT
        assert set(status["Uid"].split()) != {"0"}
        assert status["NoNewPrivs"] == "1"
        assert status["Umask"] == "0027"
        assert all(int(status[name], 16) == 0 for name in ("CapEff", "CapPrm", "CapInh", "CapAmb"))


def test_the_api_knows_its_settings_and_nothing_of_whoever_started_supervisor(machine: Machine) -> None:
    # Read as root: the file is the process's own environment when it began.
    names = {word.partition("=")[0] for word in machine.read(f"/proc/{master(machine)}/environ").split("\0") if word}
    assert {name for name in names if not name.startswith("APP_")} == {
        "HOME",
        "LANG",
        "PATH",
        "PYTHONDONTWRITEBYTECODE",
    }
    assert {"APP_ENV_FILE", "APP_SECRETS_DIR", "APP_SLOT", "APP_SOCKET", "APP_WORKERS"} <= names


def test_as_many_workers_as_configured(machine: Machine) -> None:
    environment = machine.read(f"/proc/{master(machine)}/environ").split("\0")
    workers = machine.lines(f"pgrep --parent {master(machine)}")
    assert f"APP_WORKERS={len(workers)}" in environment
    assert len(workers) == 2 * int(machine.out("nproc")) + 1


def test_the_live_release_runs(machine: Machine) -> None:
    worker, release = programs(machine)[f"{PRODUCT}-worker"][1], f"{ROOT}/releases/{machine.release}"
    assert machine.out(f"readlink /proc/{master(machine)}/cwd") == release
    assert machine.out(f"readlink /proc/{worker}/cwd") == release
    assert machine.read(f"/proc/{worker}/cmdline").split("\0")[0] == f"{release}/venv/bin/python"
    assert machine.out(f"ps -o ni= -p {worker}").strip() == "5"


def test_the_folder_of_the_sockets(machine: Machine) -> None:
    assert machine.out(f"stat --format '%U %a' {RUN}") == f"{PRODUCT} 755"
    assert machine.out(f"readlink {RUN}/current.sock") == f"{machine.slot}.sock"
    assert f"{machine.slot}.sock" in machine.read(f"/etc/tmpfiles.d/{PRODUCT}-live.conf")


@pytest.mark.parametrize("name", ["nginx", "cron"])
def test_no_init_script_starts_a_second_one(machine: Machine, name: str) -> None:
    assert machine.out(f"find /etc/rc?.d -name 'S*{name}'") == ""
    assert len(machine.lines(f'ps -C {name} -o ppid= | grep -vw "$(cat /run/nginx.pid)"')) == 1


@pytest.mark.parametrize("folder", [LOGS, f"{SHARED}/logs"])
def test_no_log_is_world_readable(machine: Machine, folder: str) -> None:
    assert machine.lines(f"find {folder} -type f")
    assert machine.out(f"find {folder} -type f -perm /o+rwx") == ""


def test_the_api_tells_its_start_in_its_log(machine: Machine) -> None:
    text = machine.read(f"{LOGS}/api-{machine.slot}.log")
    assert re.search(r"^started-at \d+ ", text, re.MULTILINE)
    assert "Starting gunicorn" in text


def test_cron_rotates_every_hour_and_only_logrotate_does(machine: Machine) -> None:
    assert f"17 * * * * root logrotate /etc/logrotate.d/{PRODUCT}" in machine.read(f"/etc/cron.d/{PRODUCT}-logrotate")
    considered = machine.run(f"logrotate --debug /etc/logrotate.d/{PRODUCT}").stderr
    assert f"considering log {LOGS}/api-{machine.slot}.log" in considered
    assert f"considering log {LOGS}/worker.log" in considered
    assert f"considering log {LOGS}/nginx-access.log" in considered
    assert "stdout_logfile=NONE" in machine.read(f"/etc/supervisor/{PRODUCT}/api-{machine.slot}.conf")


def cron_line(machine: Machine, name: str) -> str:
    """What cron runs, and when, of one of the product's own files."""
    (line,) = [line for line in machine.lines(f"cat /etc/cron.d/{PRODUCT}-{name}") if " root " in line]
    return line


def by_cron(machine: Machine, name: str) -> int:
    """Run a line as cron does: root's sh with next to no environment, to which an escaped % is a plain one."""
    command = cron_line(machine, name).partition(" root ")[2].replace("\\%", "%")
    path = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
    bare = f"env -i SHELL=/bin/sh HOME=/root LOGNAME=root PATH={path}"
    return int(machine.run(f"cd /root && {bare} /bin/sh -c {shlex.quote(command)}").rc)


def backups(machine: Machine) -> dict[str, Any]:
    return dict(json.loads(machine.read(f"{SHARED}/backup/latest.json")))


def test_cron_takes_a_backup_every_night_and_tries_it(machine: Machine) -> None:
    program = f"/usr/bin/python3 -B -m tools.backup --plan {PRIVATE}/backup.json"
    take = f"(cd {ROOT} && ionice -c 3 {program}) >/dev/null 2>&1"
    assert cron_line(machine, "backup") == f"41 2 * * * root {take}"
    request = f"{SHARED}/data/.backup-request"
    assert cron_line(machine, "backup-now") == f"* * * * * root [ ! -e {request} ] || {take}"
    asked = machine.out("date --utc +%FT%TZ")
    status = by_cron(machine, "backup")
    report = backups(machine)
    assert report["ok"] is True, report
    assert status == 0
    assert report["running_since"] is None
    assert report["finished_at"] >= report["last_good"]["made_at"] >= asked
    assert report["last_good"]["rows"] > 20
    # Stored, and found by the command that a person has.
    assert report["last_good"]["snapshot"] in machine.out(f"{PRODUCT} backup list")


def test_cron_takes_one_when_somebody_asks_and_only_then(machine: Machine) -> None:
    """Cron itself looks each minute as well, so that either may be the one who takes it."""
    machine.out(f"rm -f {SHARED}/data/.backup-request")
    wait_until("none is being taken", lambda: not backups(machine)["running_since"], 120)
    before = backups(machine)["finished_at"]
    assert by_cron(machine, "backup-now") == 0
    assert backups(machine)["finished_at"] == before
    machine.out(f"runuser -u {PRODUCT} -- touch {SHARED}/data/.backup-request")
    wait_until("it was taken", lambda: backups(machine)["finished_at"] > before, 180)
    assert backups(machine)["ok"] is True
    assert machine.run(f"test -e {SHARED}/data/.backup-request").rc == 1


def test_a_rotated_log_is_written_on(machine: Machine) -> None:
    log = f"{LOGS}/api-{machine.slot}.log"
    machine.out(f"echo 'a line of before' >> {log}; logrotate --force /etc/logrotate.d/{PRODUCT}")
    assert "a line of before" in machine.out(f"zcat -f {log}.1*")
    machine.out(f"kill -TTIN {master(machine)}; sleep 1; kill -TTOU {master(machine)}")
    wait_until("gunicorn writes on", lambda: "Handling signal: ttin" in machine.read(log), 5)
    assert machine.out(f"stat --format %a {log}") == "640"


@pytest.mark.parametrize("path", ["/", "/dashboard", "/api/v1/health/ready"])
def test_the_site_answers(web: Web, path: str) -> None:
    assert web.get(path).status == 200

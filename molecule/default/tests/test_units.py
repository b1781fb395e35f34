"""systemd units: enabled, never giving up, and a sandbox that is really in force."""

from __future__ import annotations

import re

import pytest
from witness import PRIVATE, ROOT, SHARED, Machine

UNITS = ["api", "worker", "nginx"]
SHUT_IN = ["api", "worker"]


def name_of(machine: Machine, unit: str) -> str:
    return {"api": machine.api_unit, "worker": "groundwork-worker.service", "nginx": "nginx.service"}[unit]


def properties(machine: Machine, unit: str) -> dict[str, str]:
    return machine.unit(name_of(machine, unit))


def test_nothing_failed(machine: Machine) -> None:
    assert machine.out("systemctl --failed --no-legend --plain") == ""
    assert machine.out("systemctl is-system-running") == "running"


@pytest.mark.parametrize("unit", UNITS)
def test_runs_and_starts_at_boot(machine: Machine, unit: str) -> None:
    state = properties(machine, unit)
    assert (state["ActiveState"], state["SubState"], state["UnitFileState"]) == ("active", "running", "enabled")


@pytest.mark.parametrize("unit", UNITS)
def test_restarts_for_ever(machine: Machine, unit: str) -> None:
    state = properties(machine, unit)
    assert state["Restart"] == "always"
    assert state["StartLimitIntervalUSec"] == "0", "a start limit would give up at last"


def test_only_one_colour_runs(machine: Machine) -> None:
    assert machine.serving_units == [machine.api_unit]


@pytest.mark.parametrize("unit", SHUT_IN)
def test_security_exposure_is_at_most_2(machine: Machine, unit: str) -> None:
    words = machine.out(f"systemd-analyze security --no-pager {name_of(machine, unit)} | tail -1")
    found = re.search(r"exposure level for \S+: ([0-9.]+)", words)
    assert found, words
    assert float(found[1]) <= 2.0


def process(machine: Machine, unit: str) -> str:
    """Pid of a process that does the unit's work: of the api one that answers, not its master."""
    main = properties(machine, unit)["MainPID"]
    return main if unit == "worker" else machine.lines(f"pgrep --parent {main}")[0]


def mounts(machine: Machine, unit: str) -> dict[str, set[str]]:
    """Mount point -> options, as the process sees its own file systems."""
    found = {}
    for line in machine.lines(f"cat /proc/{process(machine, unit)}/mountinfo"):
        fields = line.split()
        found[fields[4]] = set(fields[5].split(","))
    return found


@pytest.mark.parametrize("unit", SHUT_IN)
def test_the_file_system_is_read_only_to_the_service(machine: Machine, unit: str) -> None:
    assert "ro" in mounts(machine, unit)["/"]


@pytest.mark.parametrize(
    ("unit", "path"),
    [
        *(("api", path) for path in (f"{SHARED}/data", f"{SHARED}/logs", "/run/groundwork")),
        *(("worker", path) for path in (f"{SHARED}/data", f"{SHARED}/logs")),
    ],
)
def test_the_service_may_write_where_it_must(machine: Machine, unit: str, path: str) -> None:
    assert "rw" in mounts(machine, unit)[path]


@pytest.mark.parametrize("unit", SHUT_IN)
@pytest.mark.parametrize("path", [f"{ROOT}/current/app", "/etc", "/usr", "/var/lib", SHARED])
def test_the_service_cannot_write_elsewhere_even_as_root(machine: Machine, unit: str, path: str) -> None:
    # /proc/PID/root is the file system as the service sees it. Root writes there: only the sandbox is left to refuse.
    seen = f"/proc/{process(machine, unit)}/root"
    tried = machine.run(f"touch {seen}$(readlink -f {path})/probe")
    assert tried.rc != 0
    assert "Read-only file system" in tried.stderr


@pytest.mark.parametrize("unit", SHUT_IN)
@pytest.mark.parametrize("path", [PRIVATE, "/root", "/home", f"{ROOT}/backups"])
def test_private_folders_and_homes_are_hidden(machine: Machine, unit: str, path: str) -> None:
    seen = f"/proc/{process(machine, unit)}/root{path}"
    machine.out(f"touch {path}/probe")
    hidden = machine.run(f"test -e {seen}/probe").rc == 1
    machine.out(f"rm {path}/probe")
    assert hidden, f"the service sees what is in {path}"


@pytest.mark.parametrize("unit", SHUT_IN)
def test_seccomp_capabilities_and_no_new_privileges(machine: Machine, unit: str) -> None:
    text = machine.read(f"/proc/{process(machine, unit)}/status")
    status = dict(re.findall(r"^(\w+):\s+(.*)$", text, re.MULTILINE))
    assert status["Seccomp"] == "2"
    assert status["NoNewPrivs"] == "1"
    for name in ("CapEff", "CapPrm", "CapInh", "CapBnd", "CapAmb"):
        assert int(status[name], 16) == 0, f"{name} is {status[name]}"


@pytest.mark.parametrize("unit", SHUT_IN)
def test_temporary_folder_is_its_own(machine: Machine, unit: str) -> None:
    machine.out("touch /tmp/from-outside")
    hidden = machine.run(f"test -e /proc/{process(machine, unit)}/root/tmp/from-outside").rc == 1
    machine.out("rm /tmp/from-outside")
    assert hidden


def test_tmpfiles_makes_the_socket_folder_again(machine: Machine) -> None:
    # At boot /run is empty; systemd-tmpfiles has to bring back the folder and the symlink, or nginx answers 502.
    rules = machine.out("systemd-tmpfiles --cat-config | grep -F /run/groundwork")
    assert "d /run/groundwork" in rules
    assert "/run/groundwork/current.sock" in rules

"""Logs: written, rotated, not for everybody's eyes."""

from __future__ import annotations

import re
import uuid

import pytest
from witness import SHARED, Machine, Web, wait_until

NGINX_LOG = "/var/log/groundwork/nginx-access.log"


@pytest.mark.parametrize("folder", [f"{SHARED}/logs", "/var/log/groundwork"])
def test_no_log_is_world_readable(machine: Machine, folder: str) -> None:
    files = machine.lines(f"find {folder} -type f")
    assert files, f"nothing is logged in {folder}"
    assert machine.out(f"find {folder} -type f -perm /o+rwx") == ""


def test_the_app_logs_to_a_file_of_its_slot(machine: Machine) -> None:
    names = machine.lines(f"ls {SHARED}/logs")
    assert [name for name in names if machine.slot in name], names


def test_each_record_is_a_line_of_its_own(machine: Machine) -> None:
    started = machine.lines(f"cat {SHARED}/logs/api-{machine.slot}.log")
    assert len(started) > 10
    assert not [line for line in started if line.endswith("\\x0a")]
    booted = [line for line in started if "Booting worker" in line]
    assert len(booted) == len(set(booted)), "records are written more than once"


def test_logrotate_understands_every_file(machine: Machine) -> None:
    tried = machine.run("logrotate --debug /etc/logrotate.conf")
    assert tried.rc == 0
    assert not re.search(r"^error:", tried.stderr, re.MULTILINE), tried.stderr
    assert "considering log " + NGINX_LOG in tried.stderr


def test_the_app_rotates_its_own_files_and_logrotate_never_does(machine: Machine) -> None:
    assert f"{SHARED}/logs" not in machine.run("logrotate --debug /etc/logrotate.conf").stderr


def test_logrotate_runs_every_day(machine: Machine) -> None:
    state = machine.unit("logrotate.timer")
    assert (state["ActiveState"], state["UnitFileState"]) == ("active", "enabled")


def test_rotation_makes_a_new_file_that_nginx_writes_to(machine: Machine, web: Web) -> None:
    before = machine.out(f"stat --format '%i %a %U %G' {NGINX_LOG}").split()
    rotation = machine.out("ls /etc/logrotate.d/groundwork*").split()[0]
    machine.out(f"logrotate --force {rotation}")
    after = machine.out(f"stat --format '%i %a %U %G' {NGINX_LOG}").split()
    assert after[0] != before[0], "the file was not rotated"
    assert after[1:] == before[1:], "mode or owner changed with the rotation"
    assert machine.out("find /var/log/groundwork -type f -perm /o+rwx") == ""

    mark = uuid.uuid4().hex
    web.get(f"/api/v1/{mark}")
    wait_until("nginx writes to the new file", lambda: machine.run(f"grep -q {mark} {NGINX_LOG}").rc == 0, 5)

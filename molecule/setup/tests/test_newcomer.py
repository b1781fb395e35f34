"""What somebody sees who clones the project onto a bare machine and runs ./setup.sh, twice."""

from __future__ import annotations

import re

import pytest
from witness import PRIVATE, Machine, Web

FIRST, SECOND = "/root/setup-first.log", "/root/setup-second.log"
RECAP = re.compile(r"changed=(\d+)")
# A role, a change by its name, a row of the table.
EXPECTED_LINE = re.compile(r"\[ *\d+/\d+\] | {11}\S| (ok|skip|FAIL) ")
SHOWN_PASSWORD = re.compile(r"^\s*Password\s+(\S+)\s*$", re.MULTILINE)


def seen(machine: Machine, log: str) -> str:
    """A run's output without colours."""
    return re.sub(r"\x1b\[[0-9;]*m", "", machine.read(log))


def shown_password(machine: Machine) -> str:
    found = SHOWN_PASSWORD.findall(seen(machine, FIRST))
    assert len(found) == 1, "the first run must show the password exactly once"
    return str(found[0])


@pytest.mark.parametrize("log", [FIRST, SECOND])
def test_the_table_is_shown_and_green(machine: Machine, log: str) -> None:
    text = seen(machine, log)
    for row in ("Front page", "Log in", "dashboard", "nginx -t|configuration", "database", "release"):
        assert re.search(row, text, re.IGNORECASE), f"the table has no row about {row}"
    assert not re.search(r"\bFAIL|✗|✘", text)


@pytest.mark.parametrize("log", [FIRST, SECOND])
def test_the_url_is_shown(machine: Machine, log: str) -> None:
    address = machine.read("/root/setup-address").strip()
    assert re.search(rf"^ http://{re.escape(address)}$", seen(machine, log), re.MULTILINE)


def test_progress_is_short(machine: Machine) -> None:
    # A line a role and the table, not Ansible's line for every task.
    text = seen(machine, FIRST)
    more = [line for line in text.splitlines() if not EXPECTED_LINE.match(line)]
    assert len(more) < 40, more
    assert "TASK [" not in text


def test_the_password_is_shown_once_and_its_file_is_gone(machine: Machine) -> None:
    password = shown_password(machine)
    assert seen(machine, FIRST).count(password) == 1
    assert password not in seen(machine, SECOND)
    assert SHOWN_PASSWORD.search(seen(machine, SECOND)) is None
    assert machine.run(f"test -e {PRIVATE}/first-password").rc == 1


def test_the_shown_password_opens_the_door(machine: Machine, web: Web) -> None:
    answer = web.login("admin", shown_password(machine))
    assert answer.status == 200
    me = web.ask("GET", "/api/v1/users/me", {"Authorization": f"Bearer {answer.json['access_token']}"})
    assert me.json["is_administrator"] is True


def test_every_row_of_the_report_is_ok(machine: Machine, web: Web) -> None:
    token = web.login("admin", shown_password(machine)).json["access_token"]
    report = web.ask("GET", "/api/v1/system/link-check", {"Authorization": f"Bearer {token}"}).json
    assert report["ok"] is True
    assert len(report["rows"]) >= 16
    assert [row["id"] for row in report["rows"] if not row["ok"]] == []


def test_the_second_run_changes_nothing(machine: Machine) -> None:
    # The product's short output says how many tasks changed something; a task that did is named.
    text = seen(machine, SECOND)
    counts = RECAP.findall(text)
    assert counts, "the run does not say how much it changed"
    assert set(counts) == {"0"}


@pytest.mark.parametrize("path", ["/", "/dashboard", "/system/link-check", "/api/v1/health/ready"])
def test_the_site_answers_from_outside(web: Web, path: str) -> None:
    assert web.get(path).status == 200


def test_it_is_ready(web: Web) -> None:
    assert web.get("/api/v1/health/ready").json["status"] == "ready"


def test_nothing_failed(machine: Machine) -> None:
    if machine.run("test -d /run/systemd/system").rc == 0:
        assert machine.out("systemctl --failed --no-legend --plain") == ""
    else:
        programs = machine.lines("supervisorctl status")  # 0 only when all of them run
        assert len(programs) >= 3


def test_the_clone_is_as_it_was(machine: Machine) -> None:
    # A newcomer's `git status` stays clean: what setup.sh makes is ignored.
    assert machine.out("git -C /root/groundwork status --porcelain") == ""

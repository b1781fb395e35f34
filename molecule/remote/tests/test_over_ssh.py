"""A machine provisioned by an ordinary user over SSH, whose only way out is a proxy."""

from __future__ import annotations

import re

import pytest
from witness import PRIVATE, Machine, Web

FIRST, SECOND = "/root/setup-first.log", "/root/setup-second.log"
SHOWN_PASSWORD = re.compile(r"^\s*Password\s+(\S+)\s*$", re.MULTILINE)


@pytest.fixture(scope="module")
def web(machine: Machine) -> Web:
    """The site of the target, as the network sees it."""
    return Web(machine.out("getent hosts target").split()[0], 8080)


def target(machine: Machine, command: str) -> str:
    """What a command says on the target, as its administrator."""
    return machine.out(f"ssh ops@target sudo {command}")


@pytest.mark.parametrize("log", [FIRST, SECOND])
def test_the_table_is_shown_and_green(machine: Machine, log: str) -> None:
    text = machine.read(log)
    assert "http://" in text
    assert not re.search(r"\bFAIL|✗|✘", text)
    assert "Front page" in text


def test_the_password_is_shown_once_and_opens_the_door(machine: Machine, web: Web) -> None:
    found = SHOWN_PASSWORD.findall(machine.read(FIRST))
    assert len(found) == 1
    assert SHOWN_PASSWORD.search(machine.read(SECOND)) is None
    assert web.login("admin", found[0]).status == 200
    assert machine.run(f"ssh ops@target sudo test -e {PRIVATE}/first-password").rc == 1


def test_the_second_run_changes_nothing(machine: Machine) -> None:
    counts = re.findall(r"changed=(\d+)", machine.read(SECOND))
    assert set(counts) == {"0"}


def test_the_site_answers_the_network(web: Web) -> None:
    assert web.get("/").status == 200
    assert web.get("/api/v1/health/ready").json["status"] == "ready"


def test_everything_came_through_the_proxy(machine: Machine) -> None:
    assert machine.run("ssh ops@target ip route").stdout.count("default") == 0
    asked = machine.read("/var/log/proxy.log")
    assert re.search(r"(GET|Established).*debian", asked), "apt did not go through the proxy"
    assert "CONNECT" in asked, "uv and pip did not go through the proxy"


def test_nothing_of_the_proxy_stays_on_the_machine(machine: Machine) -> None:
    assert machine.run("ssh ops@target sudo grep -rl controller:3128 /etc /srv/groundwork/shared").stdout == ""


def test_the_controller_was_left_alone(machine: Machine) -> None:
    assert machine.run("test -e /srv/groundwork").rc == 1
    assert machine.out("git -C /root/groundwork status --porcelain") == ""


def test_the_companys_authority_is_trusted_there(machine: Machine) -> None:
    ours = machine.lines("ls /usr/local/share/ca-certificates")
    assert target(machine, "ls /usr/local/share/ca-certificates").splitlines() == ours

"""The same machine, provisioned again from mirrors inside the company with no proxy and no other way out."""

from __future__ import annotations

import re

import pytest
from witness import Machine, Web

LOG = "/root/setup-mirrors.log"
ASKED = "/var/log/nginx/mirror.log"


def test_the_table_is_green(machine: Machine) -> None:
    text = machine.read(LOG)
    assert "Front page" in text
    assert not re.search(r"\bFAIL|✗|✘", text)


def test_there_was_no_other_way(machine: Machine) -> None:
    assert machine.run("systemctl is-active proxy").rc != 0
    assert machine.run("ssh ops@target ip route").stdout.count("default") == 0


@pytest.mark.parametrize(
    "path", ["/debian/dists/", "/debian-security/dists/", "/simple/uv/", "/simple/fastapi/", "/.*vue"]
)
def test_the_mirror_was_asked(machine: Machine, path: str) -> None:
    assert re.search(f"GET {path}", machine.read(ASKED))


def test_what_was_fetched_is_there(machine: Machine) -> None:
    assert "install ok installed" in machine.out("ssh ops@target dpkg -s jq")
    assert machine.run("ssh ops@target sudo test -s /srv/groundwork/current/venv/.complete").rc == 0


def test_it_still_answers(machine: Machine) -> None:
    address = machine.out("getent hosts target").split()[0]
    assert Web(address, 8080).get("/api/v1/health/ready").json["status"] == "ready"

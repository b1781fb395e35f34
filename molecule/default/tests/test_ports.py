"""Who listens where: nginx and sshd are public, nothing else is."""

from __future__ import annotations

import re
import socket

import pytest
from witness import Machine


def listeners(machine: Machine) -> set[tuple[str, str, str]]:
    """(address, port, program) of every listening TCP socket."""
    found = set()
    for line in machine.lines("ss -Hltnp"):
        address, _, port = line.split()[3].rpartition(":")
        for program in re.findall(r'\("([^"]+)"', line):
            found.add((address.strip("[]"), port, program))
    return found


LOOPBACK = {"127.0.0.1", "::1"}


def test_only_nginx_and_sshd_are_public(machine: Machine) -> None:
    public = {(port, program) for address, port, program in listeners(machine) if address not in LOOPBACK}
    assert public == {("80", "nginx"), ("22", "sshd")}


def test_nginx_listens_on_ipv4_and_ipv6(machine: Machine) -> None:
    assert {a for a, port, _ in listeners(machine) if port == "80"} == {"0.0.0.0", "::"}  # noqa: S104


def test_gunicorn_listens_on_loopback_8000_only(machine: Machine) -> None:
    assert {(a, program) for a, port, program in listeners(machine) if port == "8000"} == {("127.0.0.1", "gunicorn")}


def test_port_8000_is_closed_from_outside(machine: Machine) -> None:
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection((machine.address, 8000), timeout=5)


def test_no_public_udp(machine: Machine) -> None:
    public = [
        line for line in machine.lines("ss -Hlunp") if line.split()[3].rpartition(":")[0].strip("[]") not in LOOPBACK
    ]
    assert public == []

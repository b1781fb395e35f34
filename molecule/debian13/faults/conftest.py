"""Playbooks as a person would run them from the controller, and the rows that the proof then finds broken."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest
from controller import playbook, said
from witness import ROOT, SHARED, Machine

MINIMUM_TESTS_HERE = 35

Break = Callable[[str], None]
Rows = set[str]


class Proof:
    """playbooks/verify.yml and the report that it leaves on the machine."""

    def __init__(self, machine: Machine) -> None:
        self.machine = machine

    def failing(self) -> Rows:
        """Run the proof; the ids of the rows that failed. The exit status must agree with them."""
        before = self.machine.run(f"stat --format %y {SHARED}/link-check/latest.json").stdout
        run = playbook("verify")
        assert self.machine.run(f"stat --format %y {SHARED}/link-check/latest.json").stdout != before, said(run)
        report = json.loads(self.machine.read(f"{SHARED}/link-check/latest.json"))
        failing = {row["id"] for row in report["rows"] if not row["ok"]}
        assert (run.returncode == 0) == (not failing), said(run)
        for row in report["rows"]:
            assert row["ok"] or (row["cause"] and row["fix"]), f"{row['id']} does not say why it failed or what to do"
        return failing

    def site(self) -> None:
        """Run site.yml, which must succeed and end with a green table."""
        run = playbook("site")
        assert run.returncode == 0, said(run)
        assert json.loads(self.machine.read(f"{SHARED}/link-check/latest.json"))["ok"] is True


@pytest.fixture(scope="module")
def proof(machine: Machine) -> Proof:
    """The proof, on a machine that is whole to begin with."""
    proof = Proof(machine)
    assert proof.failing() == set()
    return proof


@pytest.fixture
def do(machine: Machine) -> Break:
    """Run a shell command on the machine that knows the live unit, release and site file by name."""
    # Taken before anything breaks: afterwards the machine may no longer be able to say.
    site = "/etc/nginx/sites-available/groundwork.conf"
    names = f"unit={machine.api_unit}; release={ROOT}/releases/{machine.release}; site={site}"

    def run(command: str) -> None:
        machine.out(f"{names}; {command}")

    return run

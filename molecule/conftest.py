"""Fixtures of every scenario, and the guard against test runs that run nothing."""

from __future__ import annotations

from typing import Any

import pytest
from witness import Machine, Web


class PassedTests:
    """Counts what really ran and passed: a skipped test proves nothing."""

    def __init__(self, minimum: int) -> None:
        self.minimum = minimum
        self.passed = 0

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Count a test when its body passed."""
        self.passed += report.when == "call" and report.passed

    def pytest_sessionfinish(self, session: pytest.Session, exitstatus: int) -> None:
        """Turn a green run of too few tests red."""
        if exitstatus in (pytest.ExitCode.OK, pytest.ExitCode.NO_TESTS_COLLECTED) and self.passed < self.minimum:
            session.exitstatus = pytest.ExitCode.TESTS_FAILED

    def pytest_terminal_summary(self, terminalreporter: Any) -> None:
        """Say how many ran and how many must."""
        verdict = "too few" if self.passed < self.minimum else "enough"
        terminalreporter.write_line(f"{self.passed} tests passed, at least {self.minimum} must: {verdict}")


def pytest_collection_finish(session: pytest.Session) -> None:
    """Start counting, once the folders' own conftests have been read."""
    # Each folder of tests says in its own conftest (MINIMUM_TESTS_HERE) how many it has at least: a wrong path or a
    # typo in a `hosts` pattern would otherwise collect nothing and be called a success.
    # A single test asked for by name is somebody at work, not a run that must be complete.
    if (
        session.config.option.collectonly
        or session.config.option.keyword
        or any("::" in arg for arg in session.config.args)
    ):
        return
    folders = {item.path.parent for item in session.items}
    conftests = [
        plugin for plugin in session.config.pluginmanager.get_plugins() if hasattr(plugin, "MINIMUM_TESTS_HERE")
    ]
    minimum = sum(plugin.MINIMUM_TESTS_HERE for plugin in conftests)
    assert minimum, f"no conftest.py of {sorted(map(str, folders))} says MINIMUM_TESTS_HERE"
    session.config.pluginmanager.register(PassedTests(minimum))


@pytest.fixture(scope="module")
def machine(host: Any) -> Machine:
    """The machine under test."""
    variables = host.ansible.get_variables()
    return Machine(host, str(variables["ansible_host"]), str(variables["lab_container"]))


@pytest.fixture(scope="module")
def web(machine: Machine) -> Web:
    """The site of the machine under test, asked from outside."""
    return Web(machine.address)

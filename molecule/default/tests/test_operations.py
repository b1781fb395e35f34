"""docs/operations.md says what works."""

from __future__ import annotations

import pytest
from operations import commands, works
from witness import Machine, Web


@pytest.mark.parametrize("command", commands("systemd"))
def test_the_command_works(machine: Machine, web: Web, command: str) -> None:
    works(machine, web, command)

"""The commands of docs/operations.md, for a test of each service manager to run."""

from __future__ import annotations

import re
from pathlib import Path

from witness import Machine, Web, wait_until

PAGE = Path(__file__).resolve().parents[2] / "docs" / "operations.md"
COLUMNS = {"systemd": 1, "supervisor": 2}


def commands(manager: str) -> list[str]:
    """Every command of one service manager's column, in the page's order."""
    rows = [
        line.strip("|").split(" | ") for line in PAGE.read_text(encoding="utf-8").splitlines() if line.startswith("| ")
    ]
    found = [re.fullmatch(r" ?`(.+)` ?", row[COLUMNS[manager]]) for row in rows[1:]]
    assert all(found), "each cell of the page is one command"
    return [match[1] for match in found if match]


def works(machine: Machine, web: Web, command: str) -> None:
    """Run a command as a person would; the site must answer after it."""
    # Only one of the colours has run on a machine that never switched.
    machine.out(command.replace("api-blue.log", f"api-{machine.slot}.log"))
    wait_until("the site answers", lambda: answers(web), 20)


def answers(web: Web) -> bool:
    """Whether the api is ready."""
    try:
        return web.get("/api/v1/health/ready").status == 200
    except OSError:
        return False

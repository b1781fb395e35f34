"""What the folders of this scenario share."""

from __future__ import annotations

import json
from typing import Any

import pytest
from backups import REMEMBERED, Backups
from witness import Machine, Web


@pytest.fixture
def backups(machine: Machine, web: Web) -> Backups:
    """The backups of the machine under test."""
    return Backups(machine, web)


@pytest.fixture
def remembered() -> dict[str, Any]:
    """What the tests of the first machine noted for those of the new one."""
    return dict(json.loads(REMEMBERED.read_text(encoding="utf-8")))

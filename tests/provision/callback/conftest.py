"""A project of the test's own."""

from __future__ import annotations

from functools import partial
from pathlib import Path

import pytest

from tests.provision.callback.plays import Write, write_project


@pytest.fixture
def write(tmp_path: Path) -> Write:
    """Writes a playbook with its project into the test's folder and returns the command that runs it."""
    return partial(write_project, tmp_path)

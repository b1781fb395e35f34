"""The benches are programs, not a package: their folder goes on the path, as Python does for a program."""

from __future__ import annotations

import importlib
import sys
from pathlib import Path
from typing import Any

import pytest

BENCH = Path(__file__).resolve().parents[2] / "bench"


@pytest.fixture(scope="session")
def bench() -> Any:
    """Import a module of bench/ by its name."""
    sys.path.insert(0, str(BENCH))
    return importlib.import_module

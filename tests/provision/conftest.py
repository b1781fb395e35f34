"""Makes our module_utils and modules importable, and runs a module as Ansible does: arguments in, JSON out."""

from __future__ import annotations

import importlib.util
import json
import sys
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from tests.provision import forked

PROJECT = Path(__file__).resolve().parents[2]

RunModule = Callable[..., dict[str, Any]]


def load_plugin(kind: str, name: str) -> ModuleType:
    """Import plugins/KIND/NAME.py, which is in no package."""
    spec = importlib.util.spec_from_file_location(
        f"groundwork_{kind}_{name}", PROJECT / "plugins" / kind / f"{name}.py"
    )
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def run_module(tmp_path_factory: pytest.TempPathFactory) -> RunModule:
    """Run one of our modules in a process of its own and return its result, `failed` among it."""

    def run(name: str, /, *, check: bool = False, **arguments: Any) -> dict[str, Any]:
        asked = {"ANSIBLE_MODULE_ARGS": {**arguments, "_ansible_check_mode": check, "_ansible_diff": True}}
        stdout, stderr = forked.run(name, json.dumps(asked).encode(), tmp_path_factory.mktemp("said"))
        assert stdout.lstrip().startswith("{"), stdout + stderr
        result: dict[str, Any] = {"failed": False} | json.loads(stdout)
        return result

    return run

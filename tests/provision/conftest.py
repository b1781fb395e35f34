"""Makes our module_utils and modules importable, and runs a module as Ansible does: arguments in, JSON out."""

from __future__ import annotations

import importlib.util
import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

import ansible.module_utils
import pytest

PROJECT = Path(__file__).resolve().parents[2]
ansible.module_utils.__path__.append(str(PROJECT / "plugins" / "module_utils"))

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


# What Ansible's own wrapper does before it runs a module, without the second that the rest of Ansible takes.
RUN = """
import runpy, sys
import ansible.module_utils
from ansible.module_utils import basic
ansible.module_utils.__path__.append(sys.argv.pop(1))
basic._ANSIBLE_PROFILE = "legacy"
basic._ANSIBLE_ARGS = sys.stdin.buffer.read()
runpy.run_path(sys.argv[1], run_name="__main__")
"""


@pytest.fixture
def run_module() -> RunModule:
    """Run one of our modules in a process of its own and return its result, `failed` among it."""

    def run(name: str, /, *, check: bool = False, **arguments: Any) -> dict[str, Any]:
        asked = {"ANSIBLE_MODULE_ARGS": {**arguments, "_ansible_check_mode": check, "_ansible_diff": True}}
        plugins = PROJECT / "plugins"
        done = subprocess.run(
            [sys.executable, "-c", RUN, str(plugins / "module_utils"), str(plugins / "modules" / f"{name}.py")],
            input=json.dumps(asked),
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.stdout.lstrip().startswith("{"), done.stdout + done.stderr
        result: dict[str, Any] = {"failed": False} | json.loads(done.stdout)
        return result

    return run

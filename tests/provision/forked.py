"""Modules in forks of one process that has imported Ansible: that takes longer than what most of them do."""

from __future__ import annotations

import multiprocessing
import os
import runpy
from pathlib import Path

import ansible.module_utils
from ansible.module_utils import basic

PLUGINS = Path(__file__).resolve().parents[2] / "plugins"
ansible.module_utils.__path__.append(str(PLUGINS / "module_utils"))
CONTEXT = multiprocessing.get_context("forkserver")
# What a process starts with: this, and the main module of whoever asks.
CONTEXT.set_forkserver_preload([__name__, "pytest"])


def _as_ansible_does(name: str, arguments: bytes, folder: str, environment: dict[str, str], output: str) -> None:
    """What Ansible's own wrapper does before it runs a module."""
    for descriptor, end in ((1, "out"), (2, "err")):
        os.dup2(os.open(f"{output}/{end}", os.O_WRONLY | os.O_CREAT, 0o600), descriptor)
    os.environ.clear()
    os.environ.update(environment)
    os.chdir(folder)
    basic._ANSIBLE_PROFILE = "legacy"
    basic._ANSIBLE_ARGS = arguments
    runpy.run_path(str(PLUGINS / "modules" / f"{name}.py"), run_name="__main__")


def run(name: str, arguments: bytes, output: Path) -> tuple[str, str]:
    """Standard output and standard error; files for them are made in `output`."""
    given = (name, arguments, str(Path.cwd()), dict(os.environ), str(output))
    process = CONTEXT.Process(target=_as_ansible_does, args=given)
    process.start()
    process.join()
    process.close()
    return (output / "out").read_text(), (output / "err").read_text()

"""ansible-lint, with Ansible imported once for the syntax checks of all playbooks and roles.

It runs `ansible-playbook --syntax-check` for each of some forty, and each spends most of its time on that import. Here
each is a fork of one process that has done it. What is checked and what is made of the answer stays ansible-lint's.
"""

from __future__ import annotations

import multiprocessing
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from threading import Lock
from typing import Any
from unittest.mock import patch

SYNTAX_CHECK = ["ansible-playbook", "--syntax-check"]
# How Ansible is to write, which does not change what it finds.
OUTPUT = dict.fromkeys(("ANSIBLE_DEBUG", "ANSIBLE_VERBOSE_TO_STDERR", "ANSIBLE_INVENTORY_ANY_UNPARSED_IS_FAILED"), "")
CONTEXT = multiprocessing.get_context("forkserver")


def in_a_fork(command: list[str], stdout: str, stderr: str) -> None:
    from ansible.cli.playbook import PlaybookCLI

    for descriptor, file in ((1, stdout), (2, stderr)):
        os.dup2(os.open(file, os.O_WRONLY | os.O_CREAT, 0o600), descriptor)
    sys.argv = command
    PlaybookCLI.cli_executor(command)


class Forking:
    """`subprocess`, as ansible-lint sees it."""

    def __init__(self) -> None:
        self.one_at_a_time = Lock()
        self.configuration: dict[str, str] = {}
        self.good: dict[tuple[str, ...], subprocess.CompletedProcess[str]] = {}

    def __getattr__(self, name: str) -> Any:
        return getattr(subprocess, name)

    def run(self, command: list[str], *, env: dict[str, str], **options: Any) -> subprocess.CompletedProcess[str]:
        if command[:2] != SYNTAX_CHECK or options.get("cwd"):
            return subprocess.run(command, env=env, **options)
        configuration = {name: value for name, value in env.items() if name.startswith("ANSIBLE_")} | OUTPUT
        with self.one_at_a_time, tempfile.TemporaryDirectory() as folder:
            # What is forked has read Ansible's configuration: it is of no use to who asks with another one.
            self.configuration = self.configuration or configuration
            if self.configuration != configuration:
                return subprocess.run(command, env=env, **options)
            # A playbook that others import is asked for by each of them, with `..` in its path.
            key = (*command[:-1], str(Path(command[-1]).resolve()))
            if key in self.good:
                return self.good[key]
            out, err = Path(folder, "out"), Path(folder, "err")
            process = CONTEXT.Process(target=in_a_fork, args=(command, str(out), str(err)))
            with patch.dict(os.environ, env):
                process.start()
            process.join()
            done = subprocess.CompletedProcess(command, process.exitcode or 0, out.read_text(), err.read_text())
            if done.returncode == 0:
                self.good[key] = done
            return done


def main() -> None:
    from ansible_compat import runtime
    from ansiblelint import __main__ as ansible_lint
    from ansiblelint import runner

    CONTEXT.set_forkserver_preload(["ansible.cli.playbook"])
    forking = Forking()
    with patch.object(runner, "subprocess", forking), patch.object(runtime, "subprocess", forking):
        ansible_lint._run_cli_entrypoint()


if __name__ == "__main__":
    main()

"""A run gives way to the site's own processes, and nobody else does."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

from ansible.module_utils.release_priority import GIVING_WAY, session, set_niceness

from tests.provision.conftest import PROJECT

TASK = """
import os, sys
sys.path.insert(0, sys.argv[1])
from release_priority import GIVING_WAY, set_niceness
set_niceness(GIVING_WAY)
print(os.getpid(), os.nice(0))
"""


def niceness(pid: int) -> int:
    return os.getpriority(os.PRIO_PROCESS, pid)


def test_the_session_and_what_comes_after_give_way_but_not_the_server_above(tmp_path: Path) -> None:
    """A server `sshd` with a session `sshd` in it, which starts one task and then another."""
    sshd = tmp_path / "sshd"
    shutil.copy("/bin/dash", sshd)
    (tmp_path / "task.py").write_text(TASK)
    task = f"{sys.executable} {tmp_path}/task.py {PROJECT}/plugins/module_utils"
    inner = f"/bin/sh -c '{task}; true'; nice; true"
    outer = f'{sshd} -c "{inner}"; nice; true'
    run = subprocess.run([sshd, "-c", outer], capture_output=True, text=True, check=True)
    before = niceness(os.getpid())
    (_, of_task), (later,), (server,) = (line.split() for line in run.stdout.splitlines())
    assert int(of_task) == GIVING_WAY
    assert int(later) == GIVING_WAY  # the next task of the same connection
    assert int(server) == before


def test_without_ssh_nobody_is_touched() -> None:
    before = niceness(os.getpid())
    assert session() == []
    set_niceness(GIVING_WAY)
    assert niceness(os.getpid()) == before

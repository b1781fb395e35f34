"""Says who asks for the lock of a machine's releases; one of a dead process of this controller is taken over."""

from __future__ import annotations

import getpass
import os
import platform
import secrets
from pathlib import Path
from typing import Any

from ansible.module_utils.release_priority import GIVING_WAY
from ansible.plugins.action import ActionBase

DOCUMENTATION = r"""
module: release_begin
short_description: Take the lock of a machine's releases, and say what is left to do for a wanted one
description:
  - A killed run leaves its lock behind. When the lock names a process of this very controller that no longer runs,
    it is taken over; what cannot be proven is explained, for a person to decide.
options: {}
"""

TAKE_IT = "If you know that it is dead, take its lock over: -e release_take_lock=true"


def _read(path: str) -> str:
    try:
        return Path(path).read_text(encoding="utf-8").strip()
    except OSError:
        return ""  # no Linux


def process_started(pid: int) -> str:
    """Return when a process started, in the kernel's ticks; '' when it does not run (or this is no Linux)."""
    fields = _read(f"/proc/{pid}/stat").rpartition(")")[2].split()
    return fields[19] if fields else ""


def who_asks() -> dict[str, Any]:
    """Return what the lock says of its run. The task runs in a worker whose parent is ansible-playbook itself."""
    playbook = os.getppid()
    try:
        processes = str(Path("/proc/self/ns/pid").readlink())
    except OSError:
        processes = ""
    return {
        "id": secrets.token_hex(6),
        "by": os.environ.get("SUDO_USER") or getpass.getuser(),
        "host": platform.node(),
        "machine": _read("/etc/machine-id"),
        "boot": _read("/proc/sys/kernel/random/boot_id"),
        "processes": processes,
        "pid": playbook,
        "pid_started": process_started(playbook),
    }


def fate(lock: dict[str, Any], here: dict[str, Any]) -> str:
    """Return 'dead', 'alive' or 'unknown': only of a process of this machine can it be told."""
    told = ("host", "machine", "boot", "pid_started")
    if any(not lock.get(key) or not here[key] for key in told) or lock["host"] != here["host"]:
        return "unknown"
    if lock["machine"] != here["machine"]:
        return "unknown"
    if lock["boot"] != here["boot"]:
        return "dead"
    if lock.get("processes") != here["processes"]:
        return "unknown"
    return "alive" if process_started(int(lock["pid"])) == lock["pid_started"] else "dead"


class ActionModule(ActionBase):  # type: ignore[misc]  # ansible ships no types
    """Runs the module of the same name on the host."""

    def run(self, tmp: str | None = None, task_vars: dict[str, Any] | None = None) -> dict[str, Any]:
        """Return the module's result."""
        result: dict[str, Any] = super().run(tmp, task_vars)
        here = who_asks()
        if self._connection.transport == "local":
            # The machine provisions itself: the run has no session of its own there.
            os.setpriority(os.PRIO_PROCESS, os.getppid(), GIVING_WAY)
        arguments = {**self._task.args, "holder": here}
        answer = self._execute_module(module_name="release_begin", module_args=arguments, task_vars=task_vars)
        lock = answer.get("lock")
        if lock:
            known = fate(lock, here)
            if known == "dead":
                arguments["instead_of"] = lock["id"]
                answer = self._execute_module(module_name="release_begin", module_args=arguments, task_vars=task_vars)
            elif known == "alive":
                answer["msg"] += f" Its process {lock['pid']} is alive on this controller: wait for it."
            else:
                answer["msg"] += f" Whether it is alive cannot be told from here: ask there.\nFix: {TAKE_IT}"
        result.update(answer)
        return result

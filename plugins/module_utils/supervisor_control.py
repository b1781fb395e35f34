"""Run, restart or remove one program of supervisor, by supervisorctl."""

from __future__ import annotations

import re
import subprocess
import time

UP = "RUNNING"
WORKING = ("RUNNING", "STARTING")


class SupervisorError(Exception):
    """supervisor did not do it; the message says why."""


def ask(*words: str) -> str:
    """Run supervisorctl and return what it said. Its exit codes differ from version to version, so its words decide."""
    try:
        done = subprocess.run(  # noqa: S603 (no shell; the words come from our roles)
            ["supervisorctl", *words],  # noqa: S607 (where Debian puts it is in the path)
            capture_output=True,
            text=True,
            check=False,
        )
    except FileNotFoundError as error:
        raise SupervisorError("there is no supervisorctl on this machine") from error
    said = (done.stdout + done.stderr).strip()
    if re.search(r"no such file|refused connection|\.sock\b.*(refused|no such)", said):
        raise SupervisorError(f"supervisor does not answer ({said}): supervisord -c /etc/supervisor/supervisord.conf")
    return said


def describe(name: str) -> str:
    """Return what supervisor says of a program: its state and why; '' when it knows none."""
    for line in ask("status", name).splitlines():
        if line.split()[0] == name and "no such" not in line:
            return " ".join(line.split()[1:])
    return ""


def is_pending(name: str) -> bool:
    """Return whether the definition on disk differs from the one in force. Raises when some definition is wrong."""
    said = ask("reread")
    if "ERROR" in said:
        raise SupervisorError(f"supervisor cannot read its definitions: {said}")
    return any(line.startswith(f"{name}: ") for line in said.splitlines())


def wait_until_up(name: str, seconds: int) -> None:
    """Return when the program has stayed up; raise with supervisor's words when it does not."""
    end = time.monotonic() + seconds
    while not (state := describe(name)).startswith(UP):
        if not state.startswith(WORKING) or time.monotonic() > end:
            raise SupervisorError(f"{name} does not stay up: {state or 'supervisor knows no such program'}")
        time.sleep(0.1)


def run(name: str, state: str, was: str, pending: bool, seconds: int) -> None:
    """Do what is asked."""
    if pending:
        ask("update", name)
    if state == "absent":
        if describe(name):
            raise SupervisorError(f"{name} is still there: its definition was not removed before it was stopped")
        return
    if state == "restarted" and was and not pending:
        ask("restart", name)
    elif not describe(name).startswith(WORKING):
        ask("start", name)
    wait_until_up(name, seconds)


def bring(name: str, state: str, seconds: int = 30, *, check: bool = False) -> bool:
    """Bring the program to `started`, `restarted` or `absent`; return whether that changes anything."""
    was = describe(name)
    pending = is_pending(name)
    changes = {"absent": bool(was), "restarted": True, "started": pending or not was.startswith(UP)}[state]
    if changes and not check:
        run(name, state, was, pending, seconds)
    return changes

"""Run the one worker, or stop it, now and after a reboot: as a unit of systemd, or as a program of supervisor."""

from __future__ import annotations

import subprocess
from pathlib import Path

from ansible.module_utils import supervisor_control as supervisor
from ansible.module_utils.release_layout import point

RUNS = ("active", "activating", "reloading")


class UnitError(Exception):
    """The worker did not do it; the message says why."""


def systemctl(*words: str) -> str:
    """Return what systemctl said. Raises UnitError with its words."""
    done = subprocess.run(  # noqa: S603  # no shell; the words come from our roles
        ["systemctl", *words],  # noqa: S607  # where Debian puts it is in the path
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode != 0:
        raise UnitError(f"systemctl {' '.join(words)}: {(done.stderr + done.stdout).strip() or done.returncode}")
    return done.stdout


def by_systemd(unit: str, state: str, *, check: bool) -> bool:
    """Bring the unit to `state`; return whether that changes anything."""
    shown = systemctl("show", "--property=ActiveState,UnitFileState,NeedDaemonReload", unit)
    now = dict(line.split("=", 1) for line in shown.splitlines() if "=" in line)
    runs, enabled = now.get("ActiveState") in RUNS, now.get("UnitFileState") == "enabled"
    if state == "stopped":
        changes = enabled or now.get("ActiveState") in (*RUNS, "deactivating")
        words = [["disable", "--now", "--quiet", unit]]
    else:
        changes = not (enabled and runs) or state == "restarted"
        words = [["daemon-reload"]] if now.get("NeedDaemonReload") == "yes" else []
        words += [] if enabled else [["enable", "--quiet", unit]]
        words += [["restart", unit]] if state == "restarted" else [] if runs else [["start", unit]]
    if changes and not check:
        for each in words:
            systemctl(*each)
    return changes


def by_supervisor(name: str, state: str, definition: Path, link: Path, *, check: bool) -> bool:
    """Do the same with a program; `link` to its definition is what supervisor reads."""
    there = link.is_symlink() and link.readlink() == definition
    if check:
        return state == "restarted" or there != (state == "started")
    if state == "stopped":
        link.unlink(missing_ok=True)
    elif not there:
        point(link, str(definition))
    changed = supervisor.bring(name, "absent" if state == "stopped" else state)
    return bool(changed or there != (state != "stopped"))


def bring(name: str, state: str, definition: Path, link: Path | None, *, check: bool) -> bool:
    """Bring the worker to `state`; return whether that changes anything. With a `link`, supervisor runs it."""
    if link is None:
        return by_systemd(name, state, check=check)
    try:
        return by_supervisor(name, state, definition, link, check=check)
    except supervisor.SupervisorError as error:
        raise UnitError(str(error)) from error

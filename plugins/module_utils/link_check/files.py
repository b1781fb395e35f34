"""Folders and files: what is there, and what a user may really reach."""

from __future__ import annotations

import grp
import os
import pwd
import shlex
import stat
import subprocess
from pathlib import Path

from .model import CheckFailedError, Context, Observation, count, observe

# One process that has become the user asks the kernel folder by folder; the first refusal is printed.
# A shell, not this interpreter: the user may have no right to run the Python that Ansible chose.
WALK = """for folder in "$@"; do [ -x "$folder" ] || { printf %s "$folder"; exit 3; }; done"""
READ = """[ -r "$1" ] || { printf %s "$1"; exit 3; }"""


def walkable(context: Context, *, user: str, path: str) -> Observation:
    expected = f"{user} may enter every folder down to {path}"
    missing = _first_missing(Path(path))
    if missing:
        return observe(expected, f"no {missing}", f"{missing} does not exist")
    steps = _steps(Path(path))
    refused = _ask_as(context, user, WALK, [str(step) for step in steps if step.is_dir()])
    if refused:
        mode = _mode(refused)
        fix = f"chmod o+x {shlex.quote(refused)}"
        return observe(expected, f"refused at {refused}", f"{user} may not enter {refused} ({mode})", fix)
    if not steps[-1].is_dir() and _ask_as(context, user, READ, [str(steps[-1])]):
        last = str(steps[-1])
        return observe(expected, f"refused at {last}", f"{user} may not read {last} ({_mode(last)})")
    return Observation(True, expected, f"{count(len(steps), 'step')}, all open to {user}")


def _steps(path: Path) -> list[Path]:
    """Every folder on the way, as named and as it is behind symbolic links; the real target last."""
    real = path.resolve()
    named = [parent for parent in reversed(path.absolute().parents) if not parent.is_symlink()]
    behind = [parent for parent in reversed(real.parents) if parent not in named]
    return [*named, *behind, real]


def _first_missing(path: Path) -> str:
    for step in [*reversed(path.absolute().parents), path.absolute()]:
        if not step.exists():
            return f"{step} -> {step.readlink()}" if step.is_symlink() else str(step)
    return ""


def _ask_as(context: Context, user: str, script: str, paths: list[str]) -> str:
    """The path at which the user is refused, or ''."""
    try:
        account = pwd.getpwnam(user)
    except KeyError as error:
        raise CheckFailedError("no such user", f"there is no user {user} on this machine") from error
    groups = os.getgrouplist(user, account.pw_gid)
    try:
        done = subprocess.run(  # noqa: S603 (a fixed script; the paths are arguments, never part of it)
            ["/bin/sh", "-c", script, "sh", *paths],
            user=account.pw_uid,
            group=account.pw_gid,
            extra_groups=groups,
            cwd="/",
            env={},
            capture_output=True,
            text=True,
            timeout=context.timeout,
            check=False,
        )
    except PermissionError as error:
        raise CheckFailedError("not asked", f"only root can find out what {user} may do") from error
    if done.returncode not in (0, 3):
        raise CheckFailedError("not asked", f"asking as {user} failed: {done.stderr.strip()[-200:]}")
    return done.stdout


def _mode(path: str) -> str:
    """`mode 0700, root:root`."""
    info = os.stat(path)  # noqa: PTH116
    return f"mode {stat.S_IMODE(info.st_mode):04o}, {_owner(info.st_uid)}:{_group(info.st_gid)}"


def _owner(uid: int) -> str:
    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:
        return str(uid)


def _group(gid: int) -> str:
    try:
        return grp.getgrgid(gid).gr_name
    except KeyError:
        return str(gid)


def directory(context: Context, *, path: str, entries: list[str]) -> Observation:
    """Each entry is there and not empty; one that ends in / must be a folder, any other a file."""
    expected = f"{path} with {', '.join(entries)}"
    folder = Path(path)
    missing = _first_missing(folder)
    if missing:
        return observe(expected, f"no {missing}", f"{missing} does not exist")
    if not folder.is_dir():
        return observe(expected, "not a folder", f"{path} is not a folder")
    causes = [cause for entry in entries if (cause := _entry_cause(folder, entry))]
    present = len(entries) - len(causes)
    return observe(expected, f"{present} of {len(entries)} there", "; ".join(causes))


def _entry_cause(folder: Path, entry: str) -> str:
    item = folder / entry
    if not item.exists():
        return f"{item} does not exist"
    if entry.endswith("/"):
        if not item.is_dir():
            return f"{item} is not a folder"
        return "" if any(item.iterdir()) else f"the folder {item} is empty"
    if not item.is_file():
        return f"{item} is not a file"
    return "" if item.stat().st_size else f"{item} is empty"

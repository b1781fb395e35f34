"""Ansible module: bring the database to the schema of a release, with a snapshot first, and seed what it needs."""

from __future__ import annotations

import os
import secrets
import shutil
import stat
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import takewhile
from pathlib import Path
from typing import Any

from ansible.module_utils.basic import AnsibleModule
from ansible.module_utils.release_layout import Layout, utc_now
from ansible.module_utils.release_lock import HeldError, at_work, explain, say_stage
from ansible.module_utils.whole_file import write_whole

DOCUMENTATION = r"""
module: release_migrate
short_description: Bring the database to the schema of a release, with a snapshot first, and seed what it needs
description:
  - Runs the command line of the release as the product's user. A migration that fails takes itself back.
  - A release that can do both in one process does; an earlier one is asked for one after the other.
  - Where there is a migration to run a snapshot is taken first, for a person to restore, never for this flow.
  - The passwords pass through open files that only root can open, never through arguments, the environment or output.
options:
  root: {description: Folder of the product., type: path, required: true}
  run: {description: Id of the run that holds the lock., type: str, required: true}
  release: {description: Id of the release., type: str, required: true}
  user: {description: The product's user., type: str, required: true}
  environment: {description: Environment of the command line., type: dict, required: true}
  data: {description: Folder of the database., type: path, required: true}
  probe_password:
    description: File with the password of the link-check table's own account; made once.
    type: path
    required: true
  first_password:
    description: File for the first administrator's password; removed when empty.
    type: path
    required: true
  keep: {description: Snapshots to keep., type: int, default: 5}
  demo_data: {description: Also seed demonstration data., type: bool, default: false}
attributes:
  check_mode: {support: none}
"""

EXAMPLES = r"""
- release_migrate:
    root: /srv/shop
    run: 0a1b2c3d4e5f
    release: 20261121T230000Z-0123abc
    user: shop
    environment: {APP_ENV_FILE: /srv/shop/shared/.env}
    data: /srv/shop/shared/data
    probe_password: /srv/shop/shared/private/probe-password
    first_password: /srv/shop/shared/private/first-password
"""

RETURN = r"""
snapshot: {description: The snapshot that was taken; empty if none was., type: str}
release_is_bad: {description: Whether a failure is the release's own., type: bool}
"""

SNAPSHOT_FAILED = 3  # the exit status of `db upgrade --snapshot` when nothing was migrated because of it
PREFIX = "before-"
# A release that has this file migrates and seeds in one process: to start one takes a second of a processor.
TOGETHER = Path("app/cli/prepare.py")


class StepFailedError(Exception):
    """A command of the release failed."""

    def __init__(self, message: str, output: str, release_is_bad: bool) -> None:
        super().__init__(message)
        self.output = output
        self.release_is_bad = release_is_bad


def make_password_once(file: Path) -> bool:
    """Write a new password that only its owner can read, unless the file is there."""
    if file.exists():
        return False
    write_whole(file, secrets.token_urlsafe(24) + "\n", 0o600)
    return True


def keep_snapshot(made: Path, folder: Path, release: str, keep: int) -> str:
    """Take a snapshot into root's own folder and forget the oldest; return its path, '' when none was made."""
    try:
        if not stat.S_ISREG(made.lstat().st_mode):
            raise StepFailedError(f"{made} is no plain file", "", release_is_bad=False)
    except FileNotFoundError:
        return ""
    target = folder / f"{PREFIX}{release}-{utc_now().replace(':', '')}.db"
    os.chown(made, os.geteuid(), os.getegid(), follow_symlinks=False)
    made.chmod(0o600)
    made.rename(target)
    for old in sorted(folder.glob(f"{PREFIX}*.db"), key=lambda file: file.stat().st_mtime)[:-keep]:
        old.unlink()
    return str(target)


@contextmanager
def passwords(first: Path, probe: Path) -> Iterator[tuple[int, int]]:
    """Open where the first administrator's goes to, which is removed when empty, and where the probe's comes from."""
    out = os.open(first, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
    into = os.open(probe, os.O_RDONLY)
    try:
        os.fchmod(out, 0o600)
        yield out, into
    finally:
        empty = os.fstat(out).st_size == 0
        os.close(out)
        os.close(into)
        if empty:
            first.unlink()


class CommandLine:
    """The command line of one release, run as the product's user."""

    def __init__(self, folder: Path, user: str, environment: dict[str, str]) -> None:
        self.folder = folder
        words = [f"{name}={value}" for name, value in environment.items()]
        self.start = ["env", *words, str(folder / "venv/bin/python"), "-m", "app"]
        if os.geteuid() == 0:
            self.start = ["runuser", "-u", user, "--", *self.start]

    def run(self, *arguments: str, pass_fds: tuple[int, ...] = ()) -> bool:
        """Return whether it changed something. Raises StepFailedError."""
        done = subprocess.run(  # noqa: S603  # our own words and paths
            [*self.start, *arguments], cwd=self.folder, capture_output=True, text=True, check=False, pass_fds=pass_fds
        )
        if done.returncode != 0:
            output = (done.stdout + done.stderr).strip()
            lines = output.splitlines() or [f"it ended with {done.returncode}"]
            why = next((line for line in lines if line.startswith("ERROR: ")), lines[-1]).removeprefix("ERROR: ")
            verb = " ".join(takewhile(lambda word: not word.startswith("-"), arguments))
            raise StepFailedError(f"'{verb}' failed: {why}", output, done.returncode != SNAPSHOT_FAILED)
        return any(line.startswith("changed") for line in done.stdout.splitlines())


def migrate(layout: Layout, given: dict[str, Any], told: dict[str, Any]) -> None:
    """Do it, noting in `told` what happened. Raises StepFailedError."""
    command = CommandLine(layout.release(given["release"]), given["user"], given["environment"])
    probe, first = Path(given["probe_password"]), Path(given["first_password"])
    told["changed"] |= make_password_once(probe)
    made = Path(given["data"]) / ".snapshot.db"
    made.unlink(missing_ok=True)
    upgrade = ("--snapshot", str(made))
    together = (command.folder / TOGETHER).is_file()
    try:
        if not together:
            told["changed"] |= command.run("db", "upgrade", *upgrade)
        with passwords(first, probe) as (out, into):
            seed = ["--first-password-fd", str(out), "--probe-password-fd", str(into)]
            seed += ["--demo-data"] if given["demo_data"] else []
            words = ["prepare", *upgrade] if together else ["seed"]
            told["changed"] |= command.run(*words, *seed, pass_fds=(out, into))
    finally:
        told["snapshot"] = keep_snapshot(made, layout.root / "backups", given["release"], given["keep"])


def main() -> None:
    """Run the module."""
    text, path = {"type": "str", "required": True}, {"type": "path", "required": True}
    module = AnsibleModule(
        argument_spec={
            "root": path,
            "run": text,
            "release": text,
            "user": text,
            "environment": {"type": "dict", "required": True},
            "data": path,
            "probe_password": {**path, "no_log": False},
            "first_password": {**path, "no_log": False},
            "keep": {"type": "int", "default": 5},
            "demo_data": {"type": "bool", "default": False},
        },
        supports_check_mode=False,
    )
    given = module.params
    layout = Layout(Path(given["root"]), Path())
    told: dict[str, Any] = {"changed": False, "snapshot": ""}
    try:
        if shutil.which("runuser") is None and os.geteuid() == 0:
            module.fail_json(msg="runuser is missing (package util-linux)")
        say_stage(layout, given["run"], "migrate")
        with at_work(layout):
            migrate(layout, given, told)
    except HeldError as held:
        module.fail_json(msg=explain(layout, held.lock), release_is_bad=False)
    except StepFailedError as failed:
        kept = (
            f" The database as it was before: {told['snapshot']}, for a person to restore." if told["snapshot"] else ""
        )
        module.fail_json(
            msg=f"{failed}. A migration that fails takes itself back.{kept}",
            stderr=failed.output,
            release_is_bad=failed.release_is_bad,
            **told,
        )
    except OSError as error:
        module.fail_json(msg=f"The database could not be brought up: {error}", release_is_bad=False, **told)
    module.exit_json(**told, release_is_bad=False)


if __name__ == "__main__":
    main()

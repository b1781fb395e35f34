"""What a backup is made of, where its parts lie, and why something is refused."""

from __future__ import annotations

import json
import os
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from ..whole_file import write_whole

DATABASES = ("sqlite", "postgresql")  # kinds, each of which has a module of its name
# Below shared/, in the order in which a restore brings them: the data, what opens it, its accounts' passwords.
PARTS = ("data", ".env", "secrets", "private/first-password", "private/probe-password")


class RefusedError(Exception):
    """It was not done, and nothing was changed; the message says why, `fix` what helps."""

    def __init__(self, message: str, fix: str = "") -> None:
        super().__init__(message)
        self.fix = fix


def now() -> str:
    """UTC, to the second."""
    return datetime.now(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")


@dataclass(frozen=True)
class Plan:
    """What the role has written into one file of root's.

    keep: backups to keep by period (last, daily, weekly, monthly). environment and options are restic's.
    """

    product: str
    root: Path
    user: str
    repository: str
    key: Path
    database: dict[str, str]
    keep: dict[str, int] = field(default_factory=dict)
    environment: dict[str, str] = field(default_factory=dict)
    options: list[str] = field(default_factory=list)

    @property
    def shared(self) -> Path:
        return self.root / "shared"

    @property
    def report(self) -> Path:
        """What the System page and the link-check table read."""
        return self.shared / "backup/latest.json"

    @property
    def request(self) -> Path:
        """Made by the app, which may not take a backup itself; its content says nothing."""
        return self.shared / "data/.backup-request"

    @property
    def backups(self) -> Path:
        return self.root / "backups"

    @property
    def staging(self) -> Path:
        """What is given to restic, while a backup is taken."""
        return self.backups / ".taking"

    @property
    def scratch(self) -> Path:
        """Where a backup is restored on trial."""
        return self.backups / ".trying"

    @property
    def restoring(self) -> Path:
        """What a restore brings, beside the data that it will replace."""
        return self.shared / "data.restoring"

    @property
    def before(self) -> Path:
        """What the last restore replaced."""
        return self.shared / "data.before-restore"

    @property
    def journal(self) -> Path:
        """There from the moment that a restore stops the site until it is proven or taken back."""
        return self.shared / "private/restore.json"


def load_plan(path: Path) -> Plan:
    """Read a plan. Raises RefusedError."""
    try:
        given: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        plan = Plan(**{**given, "root": Path(given["root"]), "key": Path(given["key"])})
    except PermissionError as error:
        raise RefusedError(f"{path} is root's only: run this as root.") from error
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise RefusedError(f"{path} cannot be read: {error}", "ansible-playbook site.yml --tags backup") from error
    if plan.database["kind"] not in DATABASES:
        raise RefusedError(f"There are no backups of a database of the kind {plan.database['kind']}.")
    return plan


def setting(plan: Plan, name: str) -> str:
    """A setting of the app's, as its .env has it; '' where it has none. The last line of a name counts."""
    try:
        lines = (plan.shared / ".env").read_text(encoding="utf-8").splitlines()
    except FileNotFoundError:
        return ""
    values = [line.partition("=")[2].strip() for line in lines if line.startswith(f"{name}=")]
    return values[-1].strip("'\"") if values else ""


def write_json(path: Path, content: dict[str, Any], mode: int = 0o600, group: str = "") -> None:
    """Replace a file as a whole."""
    write_whole(path, json.dumps(content, ensure_ascii=False, indent=1) + "\n", mode, group)


def require_room(folder: Path, needed: int, what: str) -> None:
    """Refuse while nothing is changed yet."""
    status = os.statvfs(folder)
    free, needed = status.f_bavail * status.f_frsize, needed + 32 * 1024 * 1024
    if free < needed:
        raise RefusedError(
            f"Not enough disk under {folder} to {what}: {free / 1e6:.1f} MB free, {needed / 1e6:.1f} MB needed.",
            f"df -h {folder}",
        )

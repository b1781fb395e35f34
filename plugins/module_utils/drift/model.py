"""What a finding is, and how a file is described."""

from __future__ import annotations

import grp
import hashlib
import pwd
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

Thing = dict[str, Any]


@dataclass(frozen=True)
class Finding:
    """One thing that differs. kind: file, unit, mode, package, link or account; fix: the command that mends it."""

    kind: str
    path: str
    expected: str
    observed: str
    fix: str

    def as_dict(self) -> dict[str, str]:
        """The finding as the report has it."""
        return asdict(self)

    def line(self) -> str:
        """The finding for a person."""
        return f"{self.kind} {self.path}: expected {self.expected}, found {self.observed}"


class BadBaselineError(Exception):
    """The baseline is missing or is not one; the message says what to do."""


def digest(path: Path) -> str:
    """SHA-256 of a file, hexadecimal."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def moment(path: Path) -> str:
    """When a file was last written, UTC."""
    return datetime.fromtimestamp(path.stat().st_mtime, UTC).strftime("%Y-%m-%d %H:%M:%S UTC")


def access(path: Path) -> str:
    """`owner:group 0640`. An id without a name is shown as a number."""
    status = path.lstat()
    try:
        owner = pwd.getpwuid(status.st_uid).pw_name
    except KeyError:
        owner = str(status.st_uid)
    try:
        group = grp.getgrgid(status.st_gid).gr_name
    except KeyError:
        group = str(status.st_gid)
    return f"{owner}:{group} {status.st_mode & 0o7777:04o}"


def wanted_access(given: dict[str, str]) -> str:
    """The same of what was declared: owner, group and mode."""
    return f"{given['owner']}:{given['group']} {int(given['mode'], 8):04o}"

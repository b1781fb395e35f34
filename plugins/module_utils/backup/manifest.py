"""What is in a backup: every file with its hash and its access, and the rows of every table."""

from __future__ import annotations

import grp
import hashlib
import json
import os
import pwd
import sqlite3
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from . import sqlite
from .model import Plan, RefusedError, now

SCHEMA = 1
NAME = "manifest.json"
Manifest = dict[str, Any]


def digest(path: Path) -> str:
    """SHA-256, hexadecimal."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def user_name(number: int) -> str:
    """A number without a name is nobody's here."""
    try:
        return pwd.getpwuid(number).pw_name
    except KeyError:
        return ""


def group_name(number: int) -> str:
    try:
        return grp.getgrgid(number).gr_name
    except KeyError:
        return ""


def below(folder: Path) -> Iterator[Path]:
    """Folders and files, each folder before what is in it; never through a link."""
    for where, folders, files in os.walk(folder):
        folders.sort()
        yield from (Path(where, name) for name in folders)
        yield from (Path(where, name) for name in sorted(files))


def describe(plan: Plan, staged: Path) -> Manifest:
    """The manifest of what lies in `staged`."""
    entries: dict[str, dict[str, Any]] = {}
    total = 0
    for path in below(staged):
        status = path.lstat()
        entry: dict[str, Any] = {
            "mode": f"{stat.S_IMODE(status.st_mode):04o}",
            "owner": user_name(status.st_uid),
            "group": group_name(status.st_gid),
        }
        if path.is_file():
            entry |= {"size": status.st_size, "sha256": digest(path)}
            total += status.st_size
        entries[path.relative_to(staged).as_posix()] = entry
    current = plan.root / "current"
    return {
        "schema": SCHEMA,
        "product": plan.product,
        "root": str(plan.root),
        "made_at": now(),
        "release": current.readlink().name if current.is_symlink() else "",
        "database": {**plan.database, **sqlite.contents(staged / "shared/data" / plan.database["file"])},
        "bytes": total,
        "entries": entries,
    }


def read(plan: Plan, folder: Path) -> Manifest:
    """The manifest of what was restored into `folder`. Raises RefusedError where it is not one of this product's."""
    try:
        manifest: Manifest = json.loads((folder / NAME).read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise RefusedError(f"This is no backup of ours: it has no {NAME} that can be read.") from error
    if manifest.get("schema") != SCHEMA:
        raise RefusedError(f"The backup is of another form ({manifest.get('schema')}): a newer Groundwork made it.")
    if manifest["product"] != plan.product or manifest["root"] != str(plan.root):
        raise RefusedError(
            f"The backup is of {manifest['product']} in {manifest['root']}, this is {plan.product} in {plan.root}.",
            f"Set groundwork_name to {manifest['product']} and groundwork_root to {manifest['root']}.",
        )
    return manifest


def differences(plan: Plan, manifest: Manifest, folder: Path) -> list[str]:
    """What in `folder` is not as the manifest says, in words; empty when every file and every row is there."""
    found: list[str] = []
    present = {path.relative_to(folder).as_posix() for path in below(folder)} - {NAME}
    for name, entry in manifest["entries"].items():
        path = folder / name
        if name not in present:
            found.append(f"{name} is missing")
        elif "sha256" in entry and (not path.is_file() or digest(path) != entry["sha256"]):
            found.append(f"{name} has other content")
    found += [f"{name} was not in it" for name in sorted(present - set(manifest["entries"]))]
    return found or _database_differences(plan, manifest, folder)


def _database_differences(plan: Plan, manifest: Manifest, folder: Path) -> list[str]:
    path = folder / "shared/data" / plan.database["file"]
    if broken := sqlite.damage(path):
        return [f"the database is damaged: {broken}"]
    try:
        there = sqlite.contents(path)
    except sqlite3.DatabaseError as error:
        return [f"the database cannot be read: {error}"]
    wanted = manifest["database"]
    found = [
        f"{table} has {there['tables'].get(table, 'no')} rows, {rows} were backed up"
        for table, rows in wanted["tables"].items()
        if there["tables"].get(table) != rows
    ]
    return found + ([] if there["revision"] == wanted["revision"] else ["the schema has another revision"])


def give_back(plan: Plan, manifest: Manifest, folder: Path) -> None:
    """Owner and mode by name: on another machine the same user may have another number."""
    ours = pwd.getpwnam(plan.user)
    for name, entry in manifest["entries"].items():
        path = folder / name
        try:
            owner = pwd.getpwnam(entry["owner"]).pw_uid
        except KeyError:
            owner = ours.pw_uid
        try:
            group = grp.getgrnam(entry["group"]).gr_gid
        except KeyError:
            group = ours.pw_gid
        os.chown(path, owner, group, follow_symlinks=False)
        path.chmod(int(entry["mode"], 8) & 0o2777)

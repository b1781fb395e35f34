"""What is in a backup: every file with its hash and its access, and the rows of every table."""

from __future__ import annotations

import grp
import hashlib
import json
import os
import pwd
import stat
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from .databases import Contents, database_of
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


def describe(plan: Plan, staged: Path, contents: Contents) -> Manifest:
    """The manifest of what lies in `staged`; `contents` are the database's."""
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
        "database": {**plan.database, **contents},
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
    if (kind := manifest["database"]["kind"]) != plan.database["kind"]:
        raise RefusedError(
            f"The backup's database is of the kind {kind}, this machine's of the kind {plan.database['kind']}.",
            "see docs/data-export.md for moving data between kinds",
        )
    return manifest


def differences(
    plan: Plan, manifest: Manifest, folder: Path, look: Callable[[Plan, Path], Contents] | None = None
) -> list[str]:
    """What in `folder` is not as the manifest says, in words; empty when every file and every row is there.

    look: how to find out what is in the copy of the database, where that is another way than on trial.
    """
    found: list[str] = []
    present = {path.relative_to(folder).as_posix() for path in below(folder)} - {NAME}
    for name, entry in manifest["entries"].items():
        path = folder / name
        if name not in present:
            found.append(f"{name} is missing")
        elif "sha256" in entry and (not path.is_file() or digest(path) != entry["sha256"]):
            found.append(f"{name} has other content")
    found += [f"{name} was not in it" for name in sorted(present - set(manifest["entries"]))]
    if found:
        return found
    database = database_of(plan)
    copy = database.path(plan, folder)
    if broken := database.damage(plan, copy):
        return [f"the database is damaged: {broken}"]
    return _database_differences(manifest["database"], (look or database.contents)(plan, copy))


def _database_differences(wanted: Contents, there: Contents) -> list[str]:
    found = [
        f"{table} has {there['tables'].get(table, 'no')} rows, {rows} were backed up"
        for table, rows in wanted["tables"].items()
        if there["tables"].get(table) != rows
    ]
    found += [
        f"{table} has other rows"
        for table, told in wanted.get("hashes", {}).items()
        if there["tables"].get(table) == wanted["tables"][table] and there["hashes"][table] != told
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

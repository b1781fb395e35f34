"""Bring a backup back: beside the data first, then in its place by renames that can be taken back.

The journal says how far it got. It is written before the site is stopped and removed once the site is proven or has
its old data again: as long as it is there, another run knows that one was interrupted.
"""

from __future__ import annotations

import json
import os
import shutil
from pathlib import Path
from typing import Any

from . import manifest
from .databases import database_of
from .model import PARTS, Plan, RefusedError, now, require_room, write_json
from .restic import Repository

SWAPPING, PROVEN = "swapping", "proven"


def _journal(plan: Plan) -> dict[str, Any]:
    return dict(json.loads(plan.journal.read_text(encoding="utf-8")))


def _move(source: Path, target: Path) -> None:
    """A rename that outlives a power cut."""
    target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    source.rename(target)
    for folder in {source.parent, target.parent}:
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


def fetch(plan: Plan, wanted: str) -> dict[str, Any]:
    """Restore a backup beside the data and compare every file and row with its manifest. Raises RefusedError."""
    repository, database = Repository(plan), database_of(plan)
    repository.require()
    snapshot = repository.pick(wanted)
    if (plan.shared / "data").is_mount():
        raise RefusedError(f"{plan.shared}/data is a mount point, so it cannot be exchanged by a rename.")
    shutil.rmtree(plan.restoring, ignore_errors=True)
    require_room(plan.shared, repository.size(str(snapshot["id"])), "restore the backup beside the data")
    plan.restoring.mkdir(mode=0o700)
    try:
        repository.restore(str(snapshot["id"]), plan.restoring)
        described = manifest.read(plan, plan.restoring)
        _refuse_damaged(str(snapshot["id"]), manifest.differences(plan, described, plan.restoring, database.bring))
        manifest.give_back(plan, described, plan.restoring)
    except BaseException:
        shutil.rmtree(plan.restoring, ignore_errors=True)
        database.forget_brought(plan)
        raise
    return {
        **snapshot,
        "made_at": described["made_at"],
        "rows": sum(described["database"]["tables"].values()),
        "files": sum("sha256" in entry for entry in described["entries"].values()),
    }


def _refuse_damaged(snapshot: str, different: list[str]) -> None:
    if different:
        raise RefusedError(f"Backup {snapshot} is damaged: {'; '.join(different[:3])}.", "choose another one")


def begin(plan: Plan, snapshot: str) -> None:
    """Note that the site is going to be stopped, and forget what the restore before this one replaced."""
    shutil.rmtree(plan.before, ignore_errors=True)
    database_of(plan).forget_replaced(plan)
    had = [part for part in PARTS if (plan.shared / part).exists()]
    write_json(plan.journal, {"phase": SWAPPING, "snapshot": snapshot, "begun_at": now(), "had": had})


def swap(plan: Plan) -> None:
    """Exchange the data. The app must be stopped."""
    for part in PARTS:
        live = plan.shared / part
        if live.exists():
            _move(live, plan.before / part)
        if (plan.restoring / "shared" / part).exists():
            _move(plan.restoring / "shared" / part, live)
    database_of(plan).exchange(plan)  # last: its address is one of the files


def undo(plan: Plan) -> bool:
    """Give the site its old data, wherever an exchange stopped; False when there is nothing to take back."""
    if not plan.journal.exists():
        shutil.rmtree(plan.restoring, ignore_errors=True)
        return False
    told = _journal(plan)
    if told["phase"] == PROVEN:
        keep(plan)
        return False
    for part in PARTS:
        live, old = plan.shared / part, plan.before / part
        replaced = old.exists() or part not in told["had"]
        if replaced and live.exists():
            aside = plan.restoring / "taken-back" / part
            _move(live, aside)
        if old.exists():
            _move(old, live)
    database_of(plan).take_back(plan)
    shutil.rmtree(plan.before, ignore_errors=True)
    shutil.rmtree(plan.restoring, ignore_errors=True)
    plan.journal.unlink()
    return True


def keep(plan: Plan) -> None:
    """The site is proven on what was restored. What was there before stays until the next restore."""
    if plan.journal.exists():
        write_json(plan.journal, {**_journal(plan), "phase": PROVEN})
    shutil.rmtree(plan.restoring, ignore_errors=True)
    plan.journal.unlink(missing_ok=True)

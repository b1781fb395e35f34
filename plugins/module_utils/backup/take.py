"""One backup: stage, store, restore it on trial, compare; only then are older ones dropped."""

from __future__ import annotations

import fcntl
import os
import shutil
import sqlite3
import stat
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from . import manifest, report
from .databases import database_of
from .model import PARTS, Plan, RefusedError, now, require_room, write_json
from .restic import MissingError, Repository, shown

LOWEST = 19
ATTEMPTS = 2  # a file that is written in place while it is read makes the first one differ


@contextmanager
def alone(plan: Plan) -> Iterator[None]:
    """One backup at a time; the lock ends with the process, however that ends."""
    with (plan.backups / ".backup-lock").open("a", encoding="utf-8") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise RefusedError("Another backup is being taken now.", "wait until it has ended") from error
        yield


def stage(plan: Plan) -> manifest.Manifest:
    """Put together what belongs into a backup, as it is at this moment, and write its manifest."""
    database = database_of(plan)
    skipped = {*database.files(plan), plan.request}
    plan.staging.mkdir(mode=0o700)
    for part in PARTS:
        source, target = plan.shared / part, plan.staging / "shared" / part
        target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        if source.is_dir():
            _folder(source, target)
            for path in manifest.below(source):
                if path not in skipped and path.name != ".snapshot.db":
                    _link(path, target / path.relative_to(source))
        elif source.exists():
            _link(source, target)
    contents = database.copy(plan, database.path(plan, plan.staging))
    described = manifest.describe(plan, plan.staging, contents)
    write_json(plan.staging / manifest.NAME, described)
    return described


def _folder(source: Path, target: Path) -> None:
    status = source.lstat()
    target.mkdir(mode=0o700)
    os.chown(target, status.st_uid, status.st_gid)
    target.chmod(stat.S_IMODE(status.st_mode))


def _link(source: Path, target: Path) -> None:
    """Another name for the same file, so that it stays until it is stored though the app deletes it meanwhile.

    Links and whatever else is no plain file are left out: the app makes none.
    """
    try:
        kind = source.lstat().st_mode
        if stat.S_ISDIR(kind):
            _folder(source, target)
        elif stat.S_ISREG(kind):
            os.link(source, target, follow_symlinks=False)
            if not stat.S_ISREG(target.lstat().st_mode):
                target.unlink()
    except FileNotFoundError:
        return  # deleted since the folder was listed, with its folder perhaps: it is no longer part of the data
    except OSError as error:
        if error.errno != 18:  # EXDEV: the data are on a disk of their own
            raise
        shutil.copy2(source, target, follow_symlinks=False)
        status = source.lstat()
        os.chown(target, status.st_uid, status.st_gid, follow_symlinks=False)


def sweep(plan: Plan) -> None:
    """Remove what a backup that was killed left."""
    for folder in (plan.staging, plan.scratch):
        shutil.rmtree(folder, ignore_errors=True)


def verify(plan: Plan, repository: Repository, snapshot: str, wanted: manifest.Manifest) -> list[str]:
    """Restore a backup on trial; what differs from what was staged."""
    require_room(plan.backups, int(wanted["bytes"]), "restore the backup on trial")
    try:
        repository.restore(snapshot, plan.scratch)
        if manifest.read(plan, plan.scratch) != wanted:
            return [f"{manifest.NAME} has other content"]
        return manifest.differences(plan, wanted, plan.scratch)
    finally:
        shutil.rmtree(plan.scratch, ignore_errors=True)


def _store(plan: Plan, repository: Repository) -> dict[str, Any]:
    """Stage, store and verify; what is told of it. Raises RefusedError, and the bad one is dropped."""
    for attempt in range(ATTEMPTS):
        sweep(plan)
        described = stage(plan)
        tags = [f"release={described['release']}", f"revision={described['database']['revision'].replace(', ', '+')}"]
        stored = repository.backup(plan.staging, tags)
        shutil.rmtree(plan.staging)
        snapshot = str(stored["snapshot_id"])
        try:
            different = verify(plan, repository, snapshot, described)
        except RefusedError:
            repository.forget(snapshot)
            raise
        if not different:
            return {
                "snapshot": snapshot,
                "made_at": described["made_at"],
                "release": described["release"],
                "revision": described["database"]["revision"],
                "tables": len(described["database"]["tables"]),
                "rows": sum(described["database"]["tables"].values()),
                "files": sum("sha256" in entry for entry in described["entries"].values()),
                "bytes": described["bytes"],
                "bytes_added": int(stored["data_added"]),
            }
        repository.forget(snapshot)
        if attempt + 1 < ATTEMPTS:
            time.sleep(1)
    more = f", and {len(different) - 3} more" if len(different) > 3 else ""
    raise RefusedError(
        f"The backup was taken and restored on trial, and differs: {'; '.join(different[:3])}{more}. It was dropped.",
        "see docs/backups.md, A damaged repository",
    )


def _open(repository: Repository, known: report.Report, begin_anew: bool) -> None:
    """The repository, made where there was none. One that had backups and is gone is not silently begun anew."""
    try:
        repository.require()
    except MissingError as missing:
        if known["last_good"] and known["repository"] == known["had_repository"] and not begin_anew:
            raise RefusedError(
                f"{missing} It had backups until now.",
                f"mount its disk, or begin anew: {repository.plan.product} backup take --begin-anew",
            ) from missing
        repository.make()
    repository.unlock()


def take(plan: Plan, *, begin_anew: bool = False) -> report.Report:
    """Take one, and write the report, whatever comes of it. `ok` says which; a busy moment raises RefusedError."""
    os.setpriority(os.PRIO_PROCESS, 0, LOWEST)
    with alone(plan):
        plan.request.unlink(missing_ok=True)
        if plan.journal.exists():
            raise RefusedError("A restore is under way, or was interrupted.", "ansible-playbook playbooks/restore.yml")
        repository, started = Repository(plan), time.monotonic()
        had = report.read(plan).get("repository")
        told = report.begun(plan, shown(plan.repository))
        report.write(plan, told)
        try:
            _open(repository, {**told, "had_repository": had}, begin_anew)
            sweep(plan)
            # Its copy, the trial of it, and what restic may add.
            require_room(plan.backups, 3 * database_of(plan).require(plan), "take a backup")
            good = _store(plan, repository)
            told |= {"ok": True, "message": "", "fix": "", "last_good": good}
            repository.retain()
            told["snapshots"] = repository.snapshots()
        except (RefusedError, OSError, sqlite3.Error) as error:
            told |= {"ok": False, "message": str(error), "fix": getattr(error, "fix", "")}
        finally:
            sweep(plan)
        told |= {"running_since": None, "finished_at": now(), "seconds": round(time.monotonic() - started, 1)}
        report.write(plan, told)
    return told

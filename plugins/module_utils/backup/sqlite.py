"""A database that is one file among those of people: a copy while others write, and what is in one."""

from __future__ import annotations

import os
import sqlite3
import stat
import time
from contextlib import closing
from pathlib import Path
from typing import Any

from .model import Plan, RefusedError, setting

PAGES_A_STEP = 1024
PAUSE = 0.004  # seconds between two steps: readers and writers of the disk come first


def path(plan: Plan, folder: Path) -> Path:
    return folder / "shared/data" / plan.database["file"]


def files(plan: Plan) -> set[Path]:
    """Its log and the locks of its writers lie beside it."""
    live = path(plan, plan.root)
    return set(live.parent.glob(f"{live.name}*"))


def require(plan: Plan) -> int:
    """A site that was moved to a server has its old file still: what is backed up must be what is used."""
    if setting(plan, "APP_DATABASE_URL").startswith("postgresql"):
        raise RefusedError(
            f"{plan.shared}/.env names a PostgreSQL server, and the plan of the backups a file.",
            "name it in service_settings, then: ansible-playbook site.yml --tags service,backup",
        )
    return path(plan, plan.root).stat().st_size


def copy(plan: Plan, target: Path) -> dict[str, Any]:
    """It is taken in steps. Writers go on: in WAL mode a reader stops nobody.

    The reading transaction is held through all steps. Without it each write of another process would make SQLite begin
    the copy again, and under steady writes it would never end.
    """
    source = path(plan, plan.root)
    with closing(sqlite3.connect(f"{source.as_uri()}?mode=rw", uri=True, isolation_level=None)) as reader:
        reader.execute("PRAGMA busy_timeout=10000")
        reader.execute("PRAGMA query_only=ON")
        reader.execute("BEGIN")
        reader.execute("SELECT count(*) FROM sqlite_master").fetchone()
        with closing(sqlite3.connect(target)) as writer:
            # Its own `sleep` is for a locked database only.
            reader.backup(writer, pages=PAGES_A_STEP, progress=lambda *_: time.sleep(PAUSE))
            writer.execute("PRAGMA journal_mode=DELETE")  # one file, whole by itself
        reader.execute("ROLLBACK")
    status = source.stat()
    os.chown(target, status.st_uid, status.st_gid)
    target.chmod(stat.S_IMODE(status.st_mode))
    return contents(plan, target)


def _open(path: Path) -> sqlite3.Connection:
    # Immutable: nothing else has this file open, and no -wal is to appear beside it.
    return sqlite3.connect(f"{path.as_uri()}?mode=ro&immutable=1", uri=True)


def contents(_: Plan, path: Path) -> dict[str, Any]:
    try:
        return _contents(path)
    except sqlite3.DatabaseError as error:
        raise RefusedError(f"the database cannot be read: {error}") from error


def _contents(path: Path) -> dict[str, Any]:
    with closing(_open(path)) as database:
        names = database.execute(
            "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%' ORDER BY name"
        )
        tables = {}
        for (name,) in names.fetchall():
            quoted = '"' + name.replace('"', '""') + '"'
            tables[name] = database.execute(f"SELECT count(*) FROM {quoted}").fetchone()[0]  # noqa: S608  # quoted
        revisions: list[str] = []
        if "alembic_version" in tables:
            revisions = sorted(row[0] for row in database.execute("SELECT version_num FROM alembic_version"))
    return {"tables": tables, "revision": ", ".join(revisions)}


def damage(_: Plan, path: Path) -> str:
    """What SQLite finds wrong with a file; '' when it is whole."""
    try:
        with closing(_open(path)) as database:
            lines = [row[0] for row in database.execute("PRAGMA integrity_check(5)")]
    except sqlite3.DatabaseError as error:
        return str(error)
    return "" if lines == ["ok"] else "; ".join(lines)


bring = contents  # it lies beside the data already, and goes with their folder:


def exchange(_: Plan) -> None: ...


def take_back(_: Plan) -> None: ...


def forget_brought(_: Plan) -> None: ...


def forget_replaced(_: Plan) -> None: ...

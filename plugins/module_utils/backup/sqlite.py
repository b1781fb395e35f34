"""The database: a copy while others write, and what is in one."""

from __future__ import annotations

import sqlite3
import time
from contextlib import closing
from pathlib import Path
from typing import Any

PAGES_A_STEP = 1024
PAUSE = 0.004  # seconds between two steps: readers and writers of the disk come first


def copy(source: Path, target: Path) -> None:
    """One moment of the database, taken in steps. Writers go on: in WAL mode a reader stops nobody.

    The reading transaction is held through all steps. Without it each write of another process would make SQLite begin
    the copy again, and under steady writes it would never end.
    """
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


def _open(path: Path) -> sqlite3.Connection:
    # Immutable: nothing else has this file open, and no -wal is to appear beside it.
    return sqlite3.connect(f"{path.as_uri()}?mode=ro&immutable=1", uri=True)


def contents(path: Path) -> dict[str, Any]:
    """Rows of each table and the revisions of the schema."""
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


def damage(path: Path) -> str:
    """What SQLite finds wrong with a file; '' when it is whole."""
    try:
        with closing(_open(path)) as database:
            lines = [row[0] for row in database.execute("PRAGMA integrity_check(5)")]
    except sqlite3.DatabaseError as error:
        return str(error)
    return "" if lines == ["ok"] else "; ".join(lines)

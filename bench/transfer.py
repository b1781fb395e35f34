"""Memory and time of exports and imports by a real worker, and whether what went out comes back as it was.

    python bench/transfer.py --short        20,000 rows out, 1,000 users out and in (CI)
    python bench/transfer.py                1,000,000 rows out, 100,000 users out and in

Peak memory is the kernel's word (VmHWM) of a worker that did nothing else. The exit status is not 0 when the export
took more than 300 MB, or when one of the users differs after the round trip. docs/transfer.md says how to read it.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import shutil
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from app import sheets, tables, tasks
from app.cli.database import upgrade_to_head
from app.core.database import Database
from app.core.files import new_key
from app.core.principal import Principal, acting
from app.core.settings import Settings
from app.iam.menus import rights
from app.jobs import enqueue
from app.transfer.exports.schemas import ExportBody
from app.transfer.imports.schemas import ImportAsk
from app.transfer.imports.service import service
from app.transfer.workbook import path_of
from tests.app.harness import make_settings

PROJECT = Path(__file__).resolve().parents[1]
REQUIRED = (rights, sheets, tables, tasks)  # imported for what they declare
MOST_MB = 300
ADMIN = 1
LOOK_SECONDS = 0.2
PATIENCE = 7200.0
ROLES = ("clerk", "auditor", "guest")
ODD = ("=1+1", "+49 30", "-x", "@sum", "O'Neil", '"quoted"', "陈小明", "😀 smile", "007", "TRUE", "1e5", "a,b;c")
ODDER = ("_x000D_", "2026-01-02", "#N/A", "zero\u200bwidth", "e\u0301", "\u00e9", "<b>&amp;</b>")
SAME = ("username", "display_name", "email", "is_active", "is_administrator")


def fill(settings: Settings, users: int) -> None:
    """So many users, of whom one administrates, and roles; past the services, which are not what is measured here."""
    odd = ODD + ODDER
    moment = "2026-01-02 03:04:05.678901"
    with sqlite3.connect(settings.database_path) as connection:
        columns = "username, display_name, email, password_hash, is_active, is_administrator, created_at"
        add = f"INSERT INTO iam_user ({columns}) VALUES (?, ?, ?, 'x', ?, ?, ?)"  # noqa: S608 - a constant
        connection.execute(add, ("admin", "Admin", None, True, True, moment))
        roles = [(code, code.title(), moment) for code in ROLES]
        connection.executemany("INSERT INTO iam_role (code, name, created_at) VALUES (?, ?, ?)", roles)
        connection.executemany(
            add,
            (
                (
                    f"user{number:07d}",
                    f"{odd[number % len(odd)]} {number}",
                    None if number % 5 == 0 else f"user{number}@example.org",
                    number % 7 != 0,
                    number % 1000 == 0,
                    moment,
                )
                for number in range(users - 1)
            ),
        )
        link = "INSERT INTO iam_user_role (user_id, role_id) SELECT id, id % 3 + 1 FROM iam_user WHERE id % 4 > 1"
        connection.execute(link)


class Worker:
    """`python -m app worker run`, and what it took."""

    def __init__(self, settings: Settings, folder: Path) -> None:
        with (folder / "worker.log").open("ab") as output:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "app", "worker", "run"],
                cwd=PROJECT,
                env={
                    "PATH": os.environ["PATH"],
                    "APP_ENVIRONMENT": "production",
                    "APP_SECRET_KEY": settings.secret_key.get_secret_value(),
                    "APP_DATABASE_URL": settings.database_url,
                    "APP_LOG_LEVEL": "WARNING",
                },
                stdout=output,
                stderr=output,
            )

    def memory(self, name: str = "VmHWM") -> int:
        """Megabytes: the most it ever had, or what it has now (VmRSS)."""
        lines = Path(f"/proc/{self.process.pid}/status").read_text().splitlines()
        return next(int(line.split()[1]) for line in lines if line.startswith(f"{name}:")) // 1024


@contextmanager
def working(settings: Settings, folder: Path) -> Iterator[Worker]:
    worker = Worker(settings, folder)
    try:
        yield worker
    finally:
        worker.process.terminate()
        worker.process.wait(30)


async def until_done(settings: Settings, job_id: int) -> dict[str, Any]:
    ends = time.monotonic() + PATIENCE
    while time.monotonic() < ends:
        with sqlite3.connect(settings.database_path, timeout=30) as connection:
            found = connection.execute(
                "SELECT state, result, error_code, error_message FROM job WHERE id = ?", (job_id,)
            ).fetchone()
        if found[0] == "done":
            result: dict[str, Any] = json.loads(found[1])
            return result
        if found[0] in ("failed", "cancelled"):
            raise RuntimeError(f"job {job_id}: {found[2:]}")
        await asyncio.sleep(LOOK_SECONDS)
    raise TimeoutError(job_id)


async def person(database: Database) -> Principal:
    async with database.work() as work, work.reading() as session:
        found = await acting(session, ADMIN)
    if found is None:
        raise RuntimeError("there is no administrator")
    return found


async def export(settings: Settings, folder: Path) -> tuple[dict[str, Any], Path]:
    """All users, every column."""
    database = Database(settings, patience=60)
    with working(settings, folder) as worker:
        await asyncio.sleep(3)
        before, started = worker.memory("VmRSS"), time.monotonic()
        async with database.work() as work:
            body = ExportBody(resource="users", query={"sort": "username"})
            job = await enqueue(await work.writing(), "transfer.export", body, user_id=ADMIN)
        result = await until_done(settings, job.id)
        found = {
            "rows": result["rows"],
            "seconds": round(time.monotonic() - started, 1),
            "file_mb": round(result["bytes"] / 2**20, 1),
            "worker_mb_before": before,
            "worker_mb_peak": worker.memory(),
        }
    await database.close()
    return found, path_of(settings, result["download_url"].partition("?")[0].rpartition("/")[2])


def _copied(source: Path, target: Path) -> int:
    target.parent.mkdir(parents=True)
    shutil.copyfile(source, target)
    return target.stat().st_size


async def take_in(settings: Settings, folder: Path, source: Path) -> dict[str, Any]:
    """The same file, checked, confirmed and done by another product that has only the roles."""
    database, key = Database(settings, patience=60), new_key()
    target = path_of(settings, key)
    size = await asyncio.to_thread(_copied, source, target)
    found: dict[str, Any] = {}
    with working(settings, folder) as worker:
        principal = await person(database)
        for name in ("check", "import"):
            started = time.monotonic()
            async with database.work() as work:
                work.principal = principal
                session = await work.writing()
                if name == "check":
                    ask = ImportAsk(resource="users")
                    row = await service.begin(session, principal, ask, "users.xlsx", key, size, 48)
                else:
                    row = await service.confirm(session, principal, row.id, 48)
            result = await until_done(settings, row.job_id or 0)
            found[name] = {
                "result": result,
                "seconds": round(time.monotonic() - started, 1),
                "worker_mb_peak": worker.memory(),
            }
    await database.close()
    return found


def contents(settings: Settings) -> dict[str, tuple[Any, ...]]:
    """Of every user what a file can say."""
    columns = ", ".join(f"u.{name}" for name in SAME)
    query = (
        f"SELECT {columns}, (SELECT group_concat(code) FROM (SELECT r.code AS code FROM iam_user_role l"  # noqa: S608
        " JOIN iam_role r ON r.id = l.role_id WHERE l.user_id = u.id ORDER BY r.code)) FROM iam_user u"
        " WHERE NOT u.is_deleted"
    )
    with sqlite3.connect(settings.database_path) as connection:
        return {row[0]: row for row in connection.execute(query)}


async def measure(rows: int, users: int) -> dict[str, Any]:
    found: dict[str, Any] = {}
    with tempfile.TemporaryDirectory(prefix="transfer-") as name:
        places = [Path(name) / each for each in ("large", "from", "to")]
        products = [make_settings(place) for place in places]
        for place, settings, number in zip(places, products, (rows, users, 1), strict=True):
            place.mkdir()
            upgrade_to_head(settings)
            fill(settings, number)
        found["export"], _ = await export(products[0], places[0])
        sys.stderr.write(json.dumps(found) + "\n")
        out, source = await export(products[1], places[1])
        found["round_trip"] = {"export": out, **await take_in(products[2], places[2], source)}
        one, other = contents(products[1]), contents(products[2])
        differing = [name for name in one.keys() | other.keys() if one.get(name) != other.get(name)]
        found["round_trip"] |= {"users": len(one), "differing": len(differing), "first": sorted(differing)[:3]}
    return found


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--short", action="store_true")
    parser.add_argument("--rows", type=int, default=0)
    parser.add_argument("--users", type=int, default=0)
    parser.add_argument("--output", type=Path)
    asked = parser.parse_args()
    rows = asked.rows or (20_000 if asked.short else 1_000_000)
    users = asked.users or (1_000 if asked.short else 100_000)
    found = {
        "at": datetime.now(UTC).isoformat(timespec="seconds"),
        "cores": os.cpu_count(),
        **asyncio.run(measure(rows, users)),
    }
    text = json.dumps(found, indent=2, ensure_ascii=False)
    sys.stdout.write(text + "\n")
    if asked.output:
        asked.output.write_text(text + "\n")
    is_small, is_same = found["export"]["worker_mb_peak"] < MOST_MB, found["round_trip"]["differing"] == 0
    return 0 if is_small and is_same else 1


if __name__ == "__main__":
    sys.exit(main())

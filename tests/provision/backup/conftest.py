"""A small site below a temporary folder, with a real repository and a real database that somebody writes to."""

from __future__ import annotations

import json
import os
import pwd
import shutil
import socket
import sqlite3
import subprocess
import threading
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import pytest
from ansible.module_utils.backup import report
from ansible.module_utils.backup.model import Plan, load_plan
from ansible.module_utils.backup.take import take

from tests.provision.conftest import PROJECT

INSERT = f"INSERT INTO notes (text) VALUES ('{'x' * 200}') RETURNING id"  # noqa: S608


class Site:
    """What the role would have set up, small."""

    def __init__(self, folder: Path) -> None:
        self.root = folder / "srv"
        for name in ("backups", "shared/data/output/pictures", "shared/secrets", "shared/private", "releases/r1"):
            (self.root / name).mkdir(parents=True)
        (self.root / "current").symlink_to(self.root / "releases/r1")
        self.write("data/output/pictures/a.png", "a picture")
        self.write(".env", "APP_NAME=shop\n")
        self.make_database()
        self.write("secrets/app_secret_key", "sealed\n")
        self.write("private/probe-password", "probe\n")
        (self.root / "shared/private/backup-key").write_text("a key\n")
        self.plan_file = self.root / "shared/private/backup.json"
        self.repository = folder / "repository"
        self.stored = folder / "stored"  # what a repository would give back
        self.plan_with()

    def make_database(self) -> None:
        self.database = self.root / "shared/data/shop.db"
        self.kind = {"kind": "sqlite", "file": "shop.db"}
        with closing(sqlite3.connect(self.database)) as database:
            database.execute("PRAGMA journal_mode=WAL")
            database.executescript(
                "CREATE TABLE alembic_version (version_num TEXT); INSERT INTO alembic_version VALUES ('0008');"
                'CREATE TABLE notes (id INTEGER PRIMARY KEY, text TEXT); CREATE TABLE "odd ""name" (id INTEGER);'
            )
            database.executemany("INSERT INTO notes (text) VALUES (?)", [(f"note {n}" * 20,) for n in range(500)])
            database.commit()

    def connect(self) -> Any:
        """As the app does; used as a context it closes what it opened."""
        return closing(sqlite3.connect(self.database, timeout=30))

    def write(self, name: str, text: str) -> Path:
        path = self.root / "shared" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        return path

    def plan_with(self, **changes: Any) -> Plan:
        """The plan, written anew with what is given."""
        given = {
            "product": "shop",
            "root": str(self.root),
            "user": pwd.getpwuid(os.getuid()).pw_name,
            "repository": str(self.repository),
            "key": str(self.root / "shared/private/backup-key"),
            "database": self.kind,
            "keep": {"last": 2},
            **changes,
        }
        self.plan_file.write_text(json.dumps(given))
        self.plan: Plan = load_plan(self.plan_file)
        return self.plan

    def take(self, **how: Any) -> report.Report:
        told: report.Report = take(self.plan, **how)
        assert told == report.read(self.plan)
        return told

    def good(self) -> report.Report:
        told = self.take()
        assert told["ok"], told
        return told

    def command(self, *words: str) -> subprocess.CompletedProcess[str]:
        """The program as the machine runs it, which has no Ansible."""
        tools = self.root / "tools"
        if not tools.exists():
            shutil.copytree(PROJECT / "plugins/module_utils/backup", tools / "backup")
            shutil.copy2(PROJECT / "plugins/module_utils/whole_file.py", tools)
        start = ["/usr/bin/python3", "-B", "-m", "tools.backup", "--plan", str(self.plan_file)]
        return subprocess.run([*start, *words], cwd=self.root, capture_output=True, text=True, check=False)

    def rows(self) -> int:
        with self.connect() as database:
            return int(database.execute("SELECT count(*) FROM notes").fetchone()[0])

    def files(self) -> dict[str, bytes]:
        """Everything that a restore brings, but the database's own side files."""
        shared = self.root / "shared"
        return {
            str(path.relative_to(shared)): path.read_bytes()
            for name in ("data", ".env", "secrets", "private/probe-password", "private/first-password")
            for path in ([shared / name] if (shared / name).is_file() else sorted((shared / name).rglob("*")))
            if path.is_file() and not path.name.startswith("shop.db-")
        }

    @contextmanager
    def writers(self, a_second: int = 500) -> Iterator[list[int]]:
        """Somebody writes all the time; the list has the id of each row whose commit was acknowledged."""
        acknowledged: list[int] = []
        stop = threading.Event()

        def write() -> None:
            with self.connect() as database:
                due = time.monotonic()
                while not stop.is_set():
                    row = database.execute(INSERT).fetchone()
                    database.commit()
                    acknowledged.append(int(row[0]))
                    due += 1 / a_second
                    time.sleep(max(0.0, due - time.monotonic()))

        thread = threading.Thread(target=write)
        thread.start()
        try:
            yield acknowledged
        finally:
            stop.set()
            thread.join()


@pytest.fixture
def site(tmp_path: Path) -> Site:
    """A site that was never backed up."""
    return Site(tmp_path)


def wait_until_it_listens(process: subprocess.Popen[bytes], port: int, log: Path, seconds: float = 10) -> None:
    due = time.monotonic() + seconds
    while True:
        assert process.poll() is None, log.read_text()
        with socket.socket() as there:
            if there.connect_ex(("127.0.0.1", port)) == 0:
                return
        assert time.monotonic() < due
        time.sleep(0.05)

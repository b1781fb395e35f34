"""Backs up and restores as a person does, and looks at all that a site holds."""

from __future__ import annotations

import json
import os
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import controller
from witness import SHARED, Machine, Web

EPHEMERAL = Path(os.environ["MOLECULE_EPHEMERAL_DIRECTORY"])
DISK = EPHEMERAL / "backups"
KEPT_ELSEWHERE = EPHEMERAL / "backup-key"
REMEMBERED = EPHEMERAL / "remembered.json"
# Run on the machine: each table with a hash of each row, and each file but the database's own with its access.
LOOK = """
import grp, hashlib, json, pathlib, pwd, sqlite3
shared = pathlib.Path("/srv/groundwork/shared")
database = sqlite3.connect(f"file:{shared}/data/groundwork.db?mode=ro", uri=True)
def short(content): return hashlib.sha256(content).hexdigest()[:16]
def rows(name): return database.execute('SELECT * FROM "%s"' % name.replace('"', '""'))
tables = [row[0] for row in database.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
paths = [shared / ".env", shared / "private/probe-password", *shared.glob("secrets/*"), *shared.glob("data/**/*")]
def access(path):
    status = path.stat()
    return [oct(status.st_mode), pwd.getpwuid(status.st_uid).pw_name, grp.getgrgid(status.st_gid).gr_name]
print(json.dumps({
    "rows": {name: sorted(short(repr(row).encode()) for row in rows(name)) for name in tables},
    "files": {
        str(path.relative_to(shared)): [short(path.read_bytes()), *access(path)]
        for path in paths
        if path.is_file() and not path.name.startswith(("groundwork.db", ".backup-request"))
    },
}))
"""
Look = dict[str, Any]  # rows and files, as LOOK prints them


@dataclass
class Run:
    """What one playbook run did."""

    code: int
    text: str  # as running words: a sentence may have been wrapped anywhere
    end: str


class Backups:
    """Backs up and restores as a person would, and looks at the machine with its own eyes."""

    def __init__(self, machine: Machine, web: Web) -> None:
        self.machine = machine
        self.web = web

    def command(self, verb: str, **variables: Any) -> dict[str, Any]:
        """A playbook run with the short output that a person sees: keywords of subprocess."""
        given = controller.command(verb, "--extra-vars", json.dumps(variables))
        given["env"]["ANSIBLE_STDOUT_CALLBACK"] = "groundwork"
        return given

    def play(self, verb: str, **variables: Any) -> Run:
        """Run a playbook to its end."""
        done = subprocess.run(**self.command(verb, **variables), capture_output=True, text=True, check=False)
        printed = done.stdout + done.stderr
        return Run(done.returncode, " ".join(printed.split()), "\n".join(printed.splitlines()[-60:]))

    def take(self) -> str:
        """Take a backup that must be good; its id."""
        run = self.play("backup")
        assert run.code == 0, run.end
        return str(self.report["last_good"]["snapshot"])

    @property
    def report(self) -> dict[str, Any]:
        """What the machine says of its backups."""
        return dict(json.loads(self.machine.read(f"{SHARED}/backup/latest.json")))

    def look(self) -> Look:
        """Every row of every table and every file, as hashes."""
        return dict(json.loads(self.machine.out(f"python3 - <<'PY'\n{LOOK}\nPY")))

    def is_as_before(self, before: Look, but: tuple[str, ...] = ()) -> None:
        """Every row and file is there. The proof itself logs in, which adds rows and touches its own account."""
        now = self.look()
        assert now["files"] == before["files"]
        missing = {
            table: len(gone)
            for table, wanted in before["rows"].items()
            if (gone := set(wanted) - set(now["rows"].get(table, []))) and table not in but
        }
        lost = {table: count for table, count in missing.items() if table not in TOUCHED}
        assert not lost, f"rows that are missing: {lost}"
        assert all(count <= 5 for count in missing.values()), missing

    def answers(self) -> bool:
        """Whether people can read and write."""
        return self.web.get("/api/v1/health/ready").status == 200


# Of these some rows are rewritten by who logs in and does the jobs: the last log-in, a sign of life, counters.
TOUCHED = {"iam_user", "job_worker", "sqlite_sequence"}

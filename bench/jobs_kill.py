"""Kills the worker, the web processes, or both at random moments with jobs in flight, and counts what became of them.

    python bench/jobs_kill.py --short       6 kills, 60 jobs in flight (CI)
    python bench/jobs_kill.py               50 kills, 200 jobs in flight
    ... --database postgresql               on a PostgreSQL that it starts itself, and that writes to the disk

Clients ask for jobs over HTTP all the while, with an idempotency key each, and ask again with it until they are
answered: what was acknowledged must be there, once. The exit status is not 0 when anything was lost or done twice.
docs/jobs.md says what is measured.
"""

from __future__ import annotations

import argparse
import json
import os
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from app.cli.database import upgrade_to_head
from app.core.settings import Settings
from tests.app.harness import PASSWORD, make_settings
from tests.app.jobs.storm import Storm
from tests.app.postgres import Postgres

PROJECT = Path(__file__).resolve().parents[1]
TARGETS = ("worker", "web", "both")
PAUSE_SECONDS = 0.1
BETWEEN_SECONDS = (0.5, 9.0)  # web processes need some to be up
CLIENTS = 2
NOTHING = ("lost", "wrong", "ended_twice", "without_end_event", "repeated_steps", "lost_after_202", "done_twice")


class Web:
    """gunicorn with two workers on a socket of its own."""

    def __init__(self, settings: Settings, folder: Path) -> None:
        self.folder, self.socket = folder, folder / "web.sock"
        self.environment = {
            "PATH": os.environ["PATH"],
            "APP_ENVIRONMENT": "production",
            "APP_SECRET_KEY": settings.secret_key.get_secret_value(),
            "APP_DATABASE_URL": settings.database_url,
            "APP_OUTPUT_DIR": str(settings.output_path),
            "APP_SOCKET": str(self.socket),
            "APP_LOOPBACK_PORT": "0",
            "APP_WORKERS": "2",
            "APP_LOG_LEVEL": "WARNING",
        }
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        with (self.folder / "web.stderr").open("ab") as output:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "gunicorn", "-c", "app/gunicorn_conf.py", "app.main:app"],
                cwd=PROJECT,
                env=self.environment,
                stdout=output,
                stderr=output,
                start_new_session=True,
            )

    def kill(self) -> None:
        if self.process is not None:
            os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait()

    def client(self) -> httpx.Client:
        return httpx.Client(
            transport=httpx.HTTPTransport(uds=str(self.socket)), base_url="http://groundwork.test", timeout=10
        )


class Asker(threading.Thread):
    """Asks for one job after the other; each until it is acknowledged, always with the same key."""

    def __init__(self, web: Web, name: str) -> None:
        super().__init__(daemon=True)
        self.web, self.prefix = web, name
        self.acknowledged: dict[str, int] = {}
        self.asked_again = 0
        self.stopping = threading.Event()

    def run(self) -> None:
        token, number = "", 0
        while not self.stopping.is_set():
            key = f"{self.prefix}-{number}"
            try:
                with self.web.client() as client:
                    if not token:
                        form = {"username": "ada", "password": PASSWORD}
                        token = client.post("/api/v1/auth/login", data=form).json()["access_token"]
                    answer = client.post(
                        "/api/v1/jobs/ping",
                        headers={"Authorization": f"Bearer {token}", "Idempotency-Key": key},
                        json={"text": key},
                    )
                    if answer.status_code == httpx.codes.ACCEPTED:
                        self.acknowledged[key] = answer.json()["id"]
                        number += 1
                        self.stopping.wait(PAUSE_SECONDS)
                        continue
                    if answer.status_code == httpx.codes.UNAUTHORIZED:
                        token = ""
            except (httpx.TransportError, KeyError, json.JSONDecodeError):
                """Killed while it answered, or not up yet."""
            self.asked_again += 1
            self.stopping.wait(PAUSE_SECONDS)


def add_user(settings: Settings) -> None:
    import asyncio

    from pwdlib.hashers.argon2 import Argon2Hasher

    from app.core.database import Database
    from app.iam.users.models import User

    async def add() -> None:
        database = Database(settings)
        async with database.work() as work:
            hashed = Argon2Hasher(time_cost=1, memory_cost=8, parallelism=1).hash(PASSWORD)
            (await work.writing()).add(User(username="ada", display_name="Ada", password_hash=hashed))
        await database.close()

    asyncio.run(add())


@contextmanager
def database(kind: str, folder: Path) -> Iterator[Settings]:
    if kind == "sqlite":
        yield make_settings(folder)
        return
    server = Postgres(safe=True)
    try:
        server.start()
        yield make_settings(folder, database_url=server.create("jobs_kill"))
    finally:
        server.remove()


def run(kills: int, in_flight: int, settings: Settings, folder: Path) -> dict[str, Any]:
    upgrade_to_head(settings)
    add_user(settings)
    storm, web = Storm(settings, folder), Web(settings, folder)
    askers = [Asker(web, f"client-{number}") for number in range(CLIENTS)]
    killed = dict.fromkeys(TARGETS, 0)
    began = time.monotonic()
    web.start()
    storm.start()
    for asker in askers:
        asker.start()
    try:
        for _ in range(kills):
            storm.ask(max(0, in_flight - storm.in_flight))
            time.sleep(storm.chance.uniform(*BETWEEN_SECONDS))
            target = storm.chance.choice(TARGETS)
            killed[target] += 1
            if target in {"worker", "both"}:
                storm.kill()
                storm.start()
            if target in {"web", "both"}:
                web.kill()
                web.start()
        time.sleep(8)  # everybody is up again, and asks
        for asker in askers:
            asker.stopping.set()
            asker.join()
        storm.kill()
        drained = storm.finish()
    finally:
        web.kill()
        if storm.process is not None and storm.process.poll() is None:
            storm.process.kill()
    verdict = storm.verdict()
    acknowledged = {key: job_id for asker in askers for key, job_id in asker.acknowledged.items()}
    by_key = storm.rows("SELECT idempotency_key, id, state FROM job WHERE idempotency_key IS NOT NULL")
    found = {row[0]: row for row in by_key}
    return {
        "when": datetime.now(UTC).isoformat(timespec="seconds"),
        "cores": os.cpu_count(),
        "database": "sqlite" if settings.uses_sqlite else "postgresql",
        "seconds": round(time.monotonic() - began, 1),
        "in_flight": in_flight,
        "killed": killed,
        "drained_in_seconds": round(drained, 1),
        **verdict,
        "acknowledged_over_http": len(acknowledged),
        "asked_again": sum(asker.asked_again for asker in askers),
        "lost_after_202": [
            key for key, job_id in acknowledged.items() if found.get(key, ("", 0, ""))[1:] != (job_id, "done")
        ],
        "done_twice": sorted({row[0] for row in by_key if [each[0] for each in by_key].count(row[0]) > 1}),
    }


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--short", action="store_true", help="6 kills, 60 jobs in flight")
    parser.add_argument("--database", choices=("sqlite", "postgresql"), default="sqlite")
    parser.add_argument("--kills", type=int)
    parser.add_argument("--in-flight", type=int)
    parser.add_argument("--output", type=Path, help="where the result goes as JSON")
    given = parser.parse_args()
    kills = given.kills or (6 if given.short else 50)
    in_flight = given.in_flight or (60 if given.short else 200)
    with tempfile.TemporaryDirectory(prefix="jobs-kill-") as name:
        folder = Path(name)
        with database(given.database, folder) as settings:
            result = run(kills, in_flight, settings, folder)
    what = "jobs-kill" if given.database == "sqlite" else "jobs-kill-postgresql"
    default = PROJECT / (".cache/bench" if given.short else "docs/results") / f"{result['when'][:10]}-{what}.json"
    output = given.output or default
    output.parent.mkdir(parents=True, exist_ok=True)
    output.write_text(json.dumps(result, indent=2) + "\n")
    sys.stdout.write(json.dumps(result, indent=2) + f"\nwritten: {output}\n")
    return 1 if any(result[name] for name in NOTHING) or result["integrity"] != "ok" else 0


if __name__ == "__main__":
    sys.exit(main())

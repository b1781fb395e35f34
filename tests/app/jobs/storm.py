"""Jobs in flight while their worker is killed again and again, and what has become of them afterwards.

For test_job_kill.py and bench/jobs_kill.py.
"""

import asyncio
import json
import os
import subprocess
import sys
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from time import monotonic, sleep
from typing import Any

from app.core.database import Database
from app.core.settings import PROJECT_ROOT, Settings
from app.jobs import enqueue
from tests.app.harness import rows
from tests.app.jobs.kinds import Steps

STEPS = 3
LIFE_SECONDS = (1.0, 6.0)  # of a worker, from its start: some are killed before they have begun
AT_ONCE = 40
FINISH_SECONDS = 240


@dataclass
class Storm:
    settings: Settings
    folder: Path
    step_seconds: float = 0.15
    grace_seconds: int = 10
    chance: Random = field(default_factory=lambda: Random(2))  # noqa: S311 - moments, no secrets
    process: subprocess.Popen[bytes] | None = None
    asked: list[int] = field(default_factory=list)
    kills: int = 0

    def environment(self) -> dict[str, str]:
        return {
            "PATH": os.environ["PATH"],
            "APP_ENVIRONMENT": "production",
            "APP_SECRET_KEY": self.settings.secret_key.get_secret_value(),
            "APP_DATABASE_URL": self.settings.database_url,
            "APP_OUTPUT_DIR": str(self.settings.output_path),
            "APP_MANIFEST": str(self.settings.manifest),
            "APP_JOB_ATTEMPTS": "1000",
            "APP_QUEUE_LIMITS": json.dumps({"system": AT_ONCE}),
            "APP_LOG_LEVEL": "WARNING",
            "APP_WORKER_GRACE_SECONDS": str(self.grace_seconds),
        }

    @property
    def log(self) -> Path:
        return self.folder / "worker.stderr"

    def start(self) -> None:
        with self.log.open("ab") as output:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "tests.app.jobs.worker_process"],
                cwd=PROJECT_ROOT,
                env=self.environment(),
                stdout=output,
                stderr=output,
            )

    def kill(self) -> None:
        assert self.process is not None
        assert self.process.poll() is None, self.log.read_text()
        self.process.kill()
        self.process.wait()
        self.kills += 1

    def ask(self, number: int) -> None:
        async def ask() -> list[int]:
            database = Database(self.settings, patience=60)
            payload = Steps(folder=str(self.folder), steps=STEPS, seconds=self.step_seconds)
            async with database.work() as work:
                session = await work.writing()
                ids = [(await enqueue(session, "test.steps", payload, user_id=None)).id for _ in range(number)]
            await database.close()
            return ids

        self.asked += asyncio.run(ask())

    def rows(self, statement: str) -> list[tuple[Any, ...]]:
        return rows(self.settings, statement)

    @property
    def _statuses(self) -> str:
        in_sqlite = "SELECT status FROM workflow_status"
        return in_sqlite if self.settings.uses_sqlite else "SELECT status FROM dbos.workflow_status"

    @property
    def in_flight(self) -> int:
        return int(self.rows("SELECT count(*) FROM job WHERE state IN ('queued', 'running')")[0][0])

    @property
    def is_at_work(self) -> bool:
        assert self.process is not None
        return bool(self.rows(f"SELECT 1 FROM job_worker WHERE pid = {self.process.pid}"))  # noqa: S608 - a number

    @property
    def _is_running_one(self) -> bool:
        assert self.process is not None
        assert self.process.poll() is None, self.log.read_text()
        name = f"SELECT name FROM job_worker WHERE pid = {self.process.pid}"  # noqa: S608 - a number
        return bool(self.rows(f"SELECT 1 FROM job WHERE state = 'running' AND worker IN ({name})"))  # noqa: S608 - own

    def run(self, kills: int, in_flight: int) -> None:
        """Kill the worker so many times at random moments, with always about so many jobs in flight."""
        for number in range(kills):
            self._live(0, in_flight)
            self.start()
            # On a busy machine each of them could be over before its first job is begun: not every other one.
            while number % 2 and not self.is_at_work:
                assert self.process is not None
                assert self.process.poll() is None, self.log.read_text()
                sleep(0.05)
            self._live(self.chance.uniform(*LIFE_SECONDS), in_flight)
            while number % 2 and not self._is_running_one:
                self._live(0.05, in_flight)
            self.kill()

    def _live(self, seconds: float, in_flight: int) -> None:
        """Let so much time pass, in which the worker does not run out of jobs however fast it is."""
        ends = monotonic() + seconds
        while True:
            if (missing := in_flight - self.in_flight) > in_flight // 4:
                self.ask(missing)
            if (left := ends - monotonic()) <= 0:
                return
            sleep(min(left, 0.1))

    def finish(self) -> float:
        """Let a last worker do what is left, and stop it as a supervisor does. Returns the seconds that it took."""
        began = monotonic()
        self.start()
        assert self.process is not None
        while self.in_flight or not self.is_at_work:
            assert self.process.poll() is None, self.log.read_text()
            assert monotonic() - began < FINISH_SECONDS, self.verdict()
            sleep(0.1)
        took = monotonic() - began
        self.process.terminate()
        assert self.process.wait(15) == 0
        return took

    def _integrity(self) -> str:
        if self.settings.uses_sqlite:
            return str(self.rows("PRAGMA integrity_check")[0][0])
        self.rows("CREATE EXTENSION IF NOT EXISTS amcheck")
        trees = (
            "SELECT bt_index_check(index.oid, true) FROM pg_class index JOIN pg_am ON pg_am.oid = index.relam"
            " WHERE amname = 'btree' AND index.relkind = 'i' AND relpersistence = 'p'"
        )
        return "ok" if self.rows(trees) else "no index was looked at"  # it raises at the first that is broken

    def verdict(self) -> dict[str, Any]:
        """What became of them. All of `lost`, `wrong`, `ended_twice` and `repeated_steps` must be nothing."""
        found = {row[0]: row[1:] for row in self.rows("SELECT id, state, CAST(result AS TEXT), attempts FROM job")}
        total = sum(number * number for number in range(STEPS))
        ends = Counter(row[0] for row in self.rows("SELECT job_id FROM job_event WHERE name = 'end'"))
        repeated, interrupted_steps, runs = [], 0, 0
        for job_id in self.asked:
            finished: set[int] = set()
            ran: Counter[int] = Counter()
            path = self.folder / f"{job_id}.jsonl"
            for line in path.read_text().splitlines() if path.exists() else ():
                what, number, _ = json.loads(line)
                if what == "finished":
                    finished.add(number)
                    continue
                ran[number] += 1
                if number in finished:
                    repeated.append((job_id, number))
            runs += sum(ran.values())
            interrupted_steps += sum(times - 1 for times in ran.values())
        return {
            "kills": self.kills,
            "jobs": len(self.asked),
            "lost": [job_id for job_id in self.asked if job_id not in found],
            "wrong": [
                (job_id, found[job_id])
                for job_id in self.asked
                if job_id in found and (found[job_id][0] != "done" or json.loads(found[job_id][1]) != {"total": total})
            ],
            "ended_twice": [job_id for job_id, number in ends.items() if number > 1],
            "without_end_event": [job_id for job_id in self.asked if not ends[job_id]],
            "repeated_steps": repeated,
            "steps_run": runs,
            "steps_interrupted_and_run_again": interrupted_steps,
            "most_attempts": max(row[2] for row in found.values()),
            "engine": dict(Counter(row[0] for row in self.rows(self._statuses))),
            "integrity": self._integrity(),
        }

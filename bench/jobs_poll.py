"""What it costs the server to be asked how a job is: seconds of CPU of the gunicorn workers for each answer.

    python bench/jobs_poll.py [--polls 4000]

Through gunicorn's own socket with a real token; docs/jobs.md says how to read it. Exit 1 when a poll costs over 2 ms.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import httpx
from jobs_kill import PROJECT, Web, add_user

sys.path.insert(0, str(PROJECT))

from app.cli.database import upgrade_to_head
from app.core.database import Database
from app.core.settings import Settings
from app.jobs import enqueue
from app.jobs.schemas import Ping
from app.jobs.tasks import PING
from tests.app.harness import PASSWORD, make_settings

MOST_MS = 2.0
AT_ONCE = 8
START_SECONDS = 60
TICKS = os.sysconf("SC_CLK_TCK")


async def enqueue_many(settings: Settings, number: int) -> list[int]:
    """The worker is not there, so they stay in line: the dearest kind of poll, for the place is counted too."""
    database = Database(settings)
    async with database.work() as work:
        session = await work.writing()
        ids = [(await enqueue(session, PING, Ping(), user_id=1)).id for _ in range(number)]
    await database.close()
    return ids


def cpu_seconds(web: Web) -> float:
    if web.process is None:
        raise RuntimeError("gunicorn was not started")
    children = Path(f"/proc/{web.process.pid}/task/{web.process.pid}/children").read_text().split()
    fields = [Path(f"/proc/{child}/stat").read_text().rpartition(")")[2].split() for child in children]
    return sum(int(each[11]) + int(each[12]) for each in fields) / TICKS


async def measure(web: Web, path: str, headers: dict[str, str], polls: int, status: int) -> dict[str, Any]:
    transport = httpx.AsyncHTTPTransport(uds=str(web.socket))
    async with httpx.AsyncClient(transport=transport, base_url="http://groundwork.test", headers=headers) as client:
        times: list[float] = []

        async def ask(number: int) -> None:
            for _ in range(number):
                began = time.perf_counter()
                answer = await client.get(path)
                times.append(time.perf_counter() - began)
                if answer.status_code != status:
                    raise RuntimeError(answer.text)

        await asyncio.gather(*(ask(20) for _ in range(AT_ONCE)))
        times.clear()
        before = cpu_seconds(web)
        await asyncio.gather(*(ask(polls // AT_ONCE) for _ in range(AT_ONCE)))
        used = cpu_seconds(web) - before
    times.sort()
    return {
        "polls": len(times),
        "server_cpu_ms": round(1000 * used / len(times), 3),
        "median_ms": round(1000 * times[len(times) // 2], 2),
        "p99_ms": round(1000 * times[int(len(times) * 0.99)], 2),
    }


async def up(web: Web) -> dict[str, str]:
    """Wait until it answers, and sign in."""
    ends = time.monotonic() + START_SECONDS
    while True:
        try:
            with web.client() as client:
                form = {"username": "ada", "password": PASSWORD}
                token = client.post("/api/v1/auth/login", data=form).json()["access_token"]
                return {"Authorization": f"Bearer {token}"}
        except (httpx.TransportError, KeyError):
            if time.monotonic() > ends:
                raise RuntimeError("gunicorn did not start") from None
            await asyncio.sleep(0.2)


async def run(polls: int, folder: Path) -> dict[str, Any]:
    settings = make_settings(folder)
    await asyncio.to_thread(upgrade_to_head, settings)
    await asyncio.to_thread(add_user, settings)
    ids = await enqueue_many(settings, 1000)
    web = Web(settings, folder)
    web.start()
    try:
        headers = await up(web)
        last = f"/api/v1/jobs/{ids[-1]}"
        with web.client() as client:
            tag = client.get(last, headers=headers).headers["etag"]
            first = f"/api/v1/jobs/{client.post('/api/v1/jobs/ping', headers=headers, json={}).json()['id']}"
            client.post(f"{first}/cancel", headers=headers)
        return {
            "ended": await measure(web, first, headers, polls, 200),
            "queued_behind_999": await measure(web, last, headers, polls, 200),
            "unchanged": await measure(web, last, {**headers, "If-None-Match": tag}, polls, 304),
            "who_am_i": await measure(web, "/api/v1/users/me", headers, polls, 200),
            "health_live": await measure(web, "/api/v1/health/live", headers, polls, 200),
        }
    finally:
        web.kill()


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--polls", type=int, default=4000)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="jobs-poll-") as folder:
        result = asyncio.run(run(given.polls, Path(folder)))
    sys.stdout.write(json.dumps(result, indent=2) + "\n")
    return 1 if any(each["server_cpu_ms"] > MOST_MS for each in result.values()) else 0


if __name__ == "__main__":
    sys.exit(main())

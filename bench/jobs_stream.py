"""How long a word of a job takes to its listeners, with many jobs that speak at once.

    python bench/jobs_stream.py [--streams 200] [--seconds 15] [--words 20]

Real worker, real gunicorn (two workers), one event stream a job over gunicorn's own socket. Exit 1 when a stream had
an error, missed a word, or the median took over 100 ms.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import aiohttp
from jobs_kill import PROJECT, Web, add_user
from jobs_poll import cpu_seconds, up

sys.path.insert(0, str(PROJECT))

from app.cli.database import upgrade_to_head
from app.core.database import Database
from app.jobs import enqueue
from tests.app.harness import make_settings
from tests.app.jobs.kinds import Chatter
from tests.app.jobs.storm import Storm

MOST_MS = 100.0


async def listen(client: aiohttp.ClientSession, job_id: int, taken: list[float]) -> bool:
    """Whether it was heard to its end."""
    async with client.get(f"/api/v1/jobs/{job_id}/events") as answer:
        answer.raise_for_status()
        name = ""
        async for line in answer.content:
            if line.startswith(b"event: "):
                name = line[7:].decode().strip()
            elif line.startswith(b"data: ") and name == "delta":
                now = time.time()
                taken.extend(now - float(word) for word in json.loads(line[6:])["text"].split())
    return name == "end"


async def run(streams: int, seconds: float, words: float, folder: Path) -> dict[str, Any]:
    settings = make_settings(folder)
    await asyncio.to_thread(upgrade_to_head, settings)
    await asyncio.to_thread(add_user, settings)
    web, storm = Web(settings, folder), Storm(settings, folder)
    web.start()
    try:
        headers = await up(web)
        database = Database(settings)
        async with database.work() as work:
            session = await work.writing()
            payload = Chatter(seconds=seconds, pause=1 / words)
            ids = [(await enqueue(session, "test.chatter", payload, user_id=1)).id for _ in range(streams)]
        connector = aiohttp.UnixConnector(path=str(web.socket), limit=0)
        timeout = aiohttp.ClientTimeout(total=seconds + 60)
        async with aiohttp.ClientSession(
            "http://groundwork.test", connector=connector, headers=headers, timeout=timeout
        ) as client:
            taken: list[float] = []
            listening = [asyncio.create_task(listen(client, job_id, taken)) for job_id in ids]
            await asyncio.sleep(2)
            before = cpu_seconds(web)
            storm.start()
            heard = await asyncio.gather(*listening, return_exceptions=True)
            used = cpu_seconds(web) - before
        rows = storm.rows("SELECT count(*) FROM job_event WHERE name = 'delta'")[0][0]
        await database.close()
    finally:
        web.kill()
        if storm.process is not None:
            storm.process.kill()
    taken.sort()
    return {
        "streams": streams,
        "words": len(taken),
        "rows": rows,
        "errors": sum(each is not True for each in heard),
        "median_ms": round(1000 * taken[len(taken) // 2], 1),
        "p95_ms": round(1000 * taken[int(len(taken) * 0.95)], 1),
        "p99_ms": round(1000 * taken[int(len(taken) * 0.99)], 1),
        "web_cpu_share_of_a_core": round(used / seconds, 2),
    }


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--streams", type=int, default=200)
    parser.add_argument("--seconds", type=float, default=15.0)
    parser.add_argument("--words", type=float, default=20.0, help="a second, of each")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="jobs-stream-") as folder:
        result = asyncio.run(run(given.streams, given.seconds, given.words, Path(folder)))
    sys.stdout.write(json.dumps(result, indent=2) + "\n")
    return 1 if result["errors"] or result["median_ms"] > MOST_MS else 0


if __name__ == "__main__":
    sys.exit(main())

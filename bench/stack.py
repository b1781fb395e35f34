"""What the whole stack costs a request: through nginx and gunicorn, with real tokens and SQLite, beside a bare hello.

    .venv/bin/python bench/stack.py [--workers 0] [--rounds 3] [--seconds 8] [--keep]

The base is a FastAPI hello under bare uvicorn, one worker, on the same machine, in the same run; it and each case take
turns, and a case's ratio is the median of its rounds' (requests a second of the case, by those of the base beside it).
wrk keeps CONNECTIONS open. docs/bench.md says how to read it. Exit 1 when a ratio misses its target, 2 when an answer
was refused or a connection broke.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from statistics import median
from typing import Any

from lab import PROJECT, Machine, machine
from session import Session

ROOT = "/srv/groundwork"
SCRIPT = Path(__file__).with_suffix(".lua")
CONNECTIONS = 32
CODES = 2000  # rows behind the list
BASE_PORT = 9000
MOST_P99_MS = 50.0
HELLO = """
from fastapi import FastAPI

app = FastAPI()


@app.get("/")
async def hello() -> dict[str, str]:
    return {"hello": "world"}
"""


@dataclass(frozen=True)
class Case:
    """One kind of request. `target`: its aim, as a ratio to the base; in `body` NUMBER is another text each time."""

    name: str
    path: str
    target: float | None = None
    method: str = "GET"
    body: str = ""
    most_p99_ms: float | None = None


def cases(job_id: int) -> list[Case]:
    code = '{"count":1,"days":1,"note":"bench NUMBER"}'
    return [
        Case("health", "/api/v1/health/live"),
        Case("who-am-i", "/api/v1/users/me", 1.0),
        Case("job-poll", f"/api/v1/jobs/{job_id}", 1.0),
        Case("list-of-20", "/api/v1/activation-codes?page_size=20", 0.35),
        Case("create", "/api/v1/conversations", 0.40, "POST", '{"title":"bench NUMBER"}', MOST_P99_MS),
        Case("create-logged", "/api/v1/activation-codes", None, "POST", code, MOST_P99_MS),
    ]


def wrk(url: str, seconds: int, run: str, token: str = "", case: Case | None = None) -> dict[str, Any]:
    """One run of wrk; its figures, with `per_second`."""
    given = {"STACK_TOKEN": token, "STACK_RUN": run}
    if case is not None:
        given |= {"STACK_METHOD": case.method, "STACK_BODY": case.body}
    command = ["wrk", "-t", "1", "-c", str(CONNECTIONS), "-d", f"{seconds}s", "--latency", "-s", str(SCRIPT), url]
    done = subprocess.run(command, env=os.environ | given, capture_output=True, text=True, check=True)
    found = next(text for text in done.stdout.splitlines() if text.startswith("FIGURES "))
    figures: dict[str, Any] = json.loads(found.removeprefix("FIGURES "))
    return figures | {"per_second": round(figures["requests"] / figures["seconds"], 1)}


def start_base(made: Machine) -> str:
    """The hello, with the release's own uvicorn, until the machine goes; its address."""
    made.run(f"mkdir -p /root/base && cat >/root/base/hello.py <<'TEXT'{HELLO}TEXT")
    uvicorn = f"{ROOT}/current/venv/bin/python -m uvicorn hello:app --no-access-log --log-level warning"
    made.run("systemctl stop base 2>/dev/null || true")  # of an earlier run on a kept machine
    made.run(
        f"systemd-run --unit base --working-directory /root/base {uvicorn} --host {made.address} --port {BASE_PORT}"
        f" && for i in $(seq 50); do curl -fs http://{made.address}:{BASE_PORT}/ && exit 0; sleep 0.2; done; exit 1"
    )
    return f"http://{made.address}:{BASE_PORT}/"


def ended_job(session: Session) -> int:
    job = json.loads(session.signed("POST", "/api/v1/jobs/ping", "{}"))
    return int(job["id"])


def measure(base: str, site: str, session: Session, case: Case, given: argparse.Namespace) -> dict[str, Any]:
    """The rounds of one case, each beside one of the base."""
    rounds = []
    for number in range(given.rounds):
        run = f"{datetime.now(UTC):%H%M%S}-{number}-"
        beside = wrk(base, given.seconds, run)
        figures = wrk(f"{site}{case.path}", given.seconds, run, session.token.value.decode(), case)
        rounds.append(figures | {"base_per_second": beside["per_second"]})
    ratios = sorted(each["per_second"] / each["base_per_second"] for each in rounds)
    return {
        "target": case.target,
        "ratio": round(median(ratios), 3),
        "ratios": [round(each, 3) for each in ratios],
        "per_second": round(median(each["per_second"] for each in rounds), 1),
        "p99_ms": round(median(each["p99_ms"] for each in rounds), 1),
        "longest_ms": round(max(each["longest_ms"] for each in rounds), 1),
        "refused": sum(each["refused"] for each in rounds),
        "broken": sum(each["broken"] for each in rounds),
        "most_p99_ms": case.most_p99_ms,
    }


def missed(result: dict[str, Any]) -> bool:
    too_slow = result["most_p99_ms"] is not None and result["p99_ms"] > result["most_p99_ms"]
    return too_slow or (result["target"] is not None and result["ratio"] < result["target"])


def describe(name: str, result: dict[str, Any]) -> str:
    aim = f"aim {result['target']:.2f}" if result["target"] is not None else ""
    words = "MISSED" if missed(result) else ""
    return (
        f"{name:14} ratio {result['ratio']:6.3f}  {aim:9}  {result['per_second']:8.1f}/s"
        f"  p99 {result['p99_ms']:6.1f} ms  longest {result['longest_ms']:7.1f} ms  {words}"
    ).rstrip()


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--workers", type=int, default=0, help="gunicorn workers; 0: the product's default")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seconds", type=int, default=8)
    parser.add_argument("--keep", action="store_true", help="use a kept machine, and keep it")
    parser.add_argument("--output", type=Path, default=PROJECT / ".cache" / "bench" / "stack.json")
    given = parser.parse_args()
    with machine("stack", keep=given.keep, service_workers=given.workers) as made:
        made.playbook("playbooks/site.yml")
        base = start_base(made)
        session = Session(made.address, made.run(f"cat {ROOT}/shared/private/first-password").strip())
        for _ in range(0, CODES, 1000):
            session.signed("POST", "/api/v1/activation-codes", '{"count":1000,"days":1,"note":"the list"}')
        results = {}
        for case in cases(ended_job(session)):
            results[case.name] = measure(base, f"http://{made.address}", session, case, given)
            sys.stdout.write(f"{describe(case.name, results[case.name])}\n")
            sys.stdout.flush()
        session.end()
    report = {
        "at": datetime.now(UTC).isoformat(timespec="seconds"),
        "cores": os.cpu_count(),
        "connections": CONNECTIONS,
        "workers": given.workers or "default",
        "cases": results,
    }
    given.output.parent.mkdir(parents=True, exist_ok=True)
    given.output.write_text(json.dumps(report, indent=2) + "\n", encoding="utf-8")
    if any(each["refused"] or each["broken"] for each in results.values()):
        return 2
    return 1 if any(map(missed, results.values())) else 0


if __name__ == "__main__":
    sys.exit(main())

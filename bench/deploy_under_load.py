"""Deploys and rolls back a provisioned machine while clients ask it at a constant rate, and counts what they lose.

    python bench/deploy_under_load.py --short           2 deploys, 1 rollback (CI)
    python bench/deploy_under_load.py                   20 deploys, 5 rollbacks, at least 100,000 requests
    python bench/deploy_under_load.py --slow-start 2    the same with an app that takes 2 s longer to start

docs/bench.md says what is measured and how to read it. The exit status is not 0 when anything was lost.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import shlex
import signal
import sys
import time
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from lab import PROJECT, Machine, PlaybookFailedError, machine
from prober import Probe, Samples, Target
from releases import Artifacts
from session import Session
from summary import by_stage, holds, line, summarise
from watchers import Downloads, Events, Feeder

ROOT = "/srv/groundwork"
RATES = (1200, 1000, 800, 650, 500, 400, 300, 200, 150, 100)
HOLDS_P99_9 = 150.0  # ms; a rate at which the slowest one in a thousand takes longer is not a steady one here
ABOVE_CONTROL_MS = 50.0
DATABASE = f"{ROOT}/shared/data/groundwork.db"
STORED = """
import json, sqlite3, sys
database = sqlite3.connect(f"file:{sys.argv[1]}?mode=ro", uri=True)
by_note = "SELECT note, count(*) FROM system_activation_code WHERE note LIKE ? GROUP BY note"
print(json.dumps(database.execute(by_note, sys.argv[2:]).fetchall()))
"""
WHOLE = "import sqlite3, sys; print(*sqlite3.connect(sys.argv[1]).execute('PRAGMA integrity_check').fetchone())"
# What the slow download reads: streamed by the app, one conversation after the other.
EXPORT = "/api/v1/conversations/export"
CONVERSATIONS, CHARACTERS = 40, 12_000


def say(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


def steady(
    target: Target, session: Session, rate: float, seconds: float, folder: Path
) -> tuple[dict[str, Any], list[Samples]]:
    """A run at one rate with nothing else going on."""
    probe = Probe(target, session.token, rate, folder)
    time.sleep(max(0.0, probe.started - time.monotonic()) + seconds)
    samples = probe.end()
    return summarise(samples, rate), samples


def control(target: Target, session: Session, folder: Path, given: argparse.Namespace) -> dict[str, Any]:
    """A run without deploys at the highest of RATES that it holds, or at the wanted one."""
    trial, whole = (5, 10) if given.short else (15, 60)
    for rate in [given.rate] if given.rate else RATES:
        for seconds, name in ((trial, "trying"), (whole, "control")):
            run, _ = steady(target, session, rate, seconds, folder)
            say(line(name, run))
            if not holds(run, HOLDS_P99_9) and not given.rate:
                break
        else:
            return run
    raise RuntimeError(f"this machine does not even hold {RATES[-1]} requests/s: nothing can be measured here")


def under_load(
    made: Machine,
    artifacts: Artifacts,
    target: Target,
    session: Session,
    rate: float,
    given: argparse.Namespace,
    folder: Path,
) -> dict[str, Any]:
    """All deploys and rollbacks under load, then what the clients saw of them."""
    events = Events(made.address, session.token)
    downloads = Downloads(made.address, session.token, EXPORT)
    if not events.greeted.wait(10):
        raise RuntimeError(f"the stream of events did not begin: {events.failures}")
    feeder = Feeder(made, DATABASE)
    probe = Probe(target, session.token, rate, folder)
    time.sleep(max(0.0, probe.started - time.monotonic()) + 3)
    runs = []
    try:
        for step in plan(given.deploys, given.rollbacks):
            runs.append(replace(made, artifacts, step))
            say(f"{describe(runs[-1])}  ({probe.sent} requests so far)")
            if runs[-1]["error"]:
                say(runs[-1]["error"])
                break
        while probe.sent < given.requests and not any(run["error"] for run in runs):
            time.sleep(1)
        time.sleep(5)
    finally:
        samples = probe.end()
    made_events = feeder.end()
    time.sleep(1.5)
    events.end()
    downloads.end()
    missed = sorted(set(made_events) - set(events.received))
    twice = [event for event, count in Counter(events.received).items() if count > 1]
    return {
        **summarise(samples, rate),
        "latency_ms_by_stage": by_stage(samples, spans(runs)),
        "writes": look_up(stored_notes(made, target.run), samples),
        "events": {
            "made": len(made_events),
            "missed": len(missed),
            "twice": len(twice),
            "connects": events.connects,
            "resets": events.resets,
            "longest_absence_s": round(events.longest_absence, 2),
            "failures": events.failures,
        },
        "downloads": {"whole": downloads.whole, "bytes": downloads.bytes, "failures": downloads.failures},
        "runs": runs,
        "database": made.run(shlex.join(["python3", "-c", WHOLE, DATABASE])).strip(),
    }


def plan(deploys: int, rollbacks: int) -> list[str]:
    """Rollbacks spread evenly between deploys; a rollback needs two releases before it."""
    steps, every = [], max(1, deploys // max(1, rollbacks))
    for number in range(1, deploys + 1):
        steps.append("deploy")
        if number % every == 0 and steps.count("rollback") < rollbacks:
            steps.append("rollback")
    return steps


def replace(made: Machine, artifacts: Artifacts, step: str) -> dict[str, Any]:
    """One deploy of a new release, or one rollback, with what the machine's own audit log says of it."""
    options = ["-e", f"release_artifact={artifacts.next()}"] if step == "deploy" else []
    before = last_run(made)
    started = time.monotonic()
    why = ""
    try:
        made.playbook(f"playbooks/{step}.yml", *options)
    except PlaybookFailedError as error:
        why = str(error)
    wall = round(time.monotonic() - started, 1)
    entry = last_run(made)
    if entry.get("id") == before.get("id"):
        entry = {"outcome": "nothing was written down"}
    keys = ("id", "at", "release", "outcome", "seconds", "stages")
    return {"action": step, "wall_seconds": wall, **{key: entry.get(key) for key in keys}, "error": why}


def spans(runs: list[dict[str, Any]]) -> list[tuple[str, float, float]]:
    """When each stage of each run began and ended, by the clock of the samples (the log tells whole seconds)."""
    clock = time.time() - time.monotonic()
    found = []
    for run in runs:
        end = datetime.fromisoformat(run["at"]).timestamp() - clock if run["stages"] else 0
        for stage in reversed(run["stages"] or []):
            found.append((stage["name"], end - stage["seconds"], end))
            end -= stage["seconds"]
    return found


def describe(run: dict[str, Any]) -> str:
    """One deploy or rollback for a person."""
    stages = " ".join(f"{stage['name']} {stage['seconds']:g}" for stage in run["stages"] or [])
    return f"{run['action']:<8} {run['wall_seconds']:5.1f} s from command to end, {run['outcome']}: {stages}"


def last_run(made: Machine) -> dict[str, Any]:
    """The last run that the machine's audit log calls finished."""
    entries = [json.loads(text) for text in made.run(f"cat {ROOT}/shared/audit.jsonl").splitlines() if text.strip()]
    return next((entry for entry in reversed(entries) if entry.get("event") == "finished"), {})


def stored_notes(made: Machine, run: str) -> Counter[str]:
    """How often each note of a run of clients is stored, as the machine's own database has it."""
    return Counter(dict(json.loads(made.run(shlex.join(["python3", "-c", STORED, DATABASE, f"bench {run} %"])))))


def look_up(stored: Counter[str], samples: list[Samples]) -> dict[str, int]:
    """Each acknowledged write must be there once; one that was not acknowledged may be there, once at most."""
    written = [note for part in samples for note in part.written]
    unsure = [note for part in samples for note in part.unsure]
    return {
        "acknowledged": len(written),
        "lost": sum(note not in stored for note in written),
        "duplicate": sum(stored[note] > 1 for note in written + unsure),
        "stored_without_answer": sum(note in stored for note in unsure),
    }


def have_conversations(session: Session) -> None:
    """What there is to download slowly."""
    now = f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ}"
    message = {"id": 1, "parent_id": None, "role": "user", "content": "slow " * (CHARACTERS // 5), "created_at": now}
    one = {"title": "slow", "leaf_id": 1, "created_at": now, "updated_at": now, "messages": [message]}
    head = {"format": "groundwork.chat", "version": 1, "exported_at": now}
    text = json.dumps({**head, "conversations": [one] * CONVERSATIONS})
    session.send_file("/api/v1/conversations/import", "chat.json", text)


def losses(load: dict[str, Any], session: Session) -> list[str]:
    """Everything that must not be, in words."""
    counted = {
        "requests failed": load["failed"],
        "writes lost": load["writes"]["lost"],
        "writes duplicated": load["writes"]["duplicate"],
        "events missed": load["events"]["missed"],
        "event streams refused or broken": len(load["events"]["failures"]),
        "downloads broken": len(load["downloads"]["failures"]),
        "deploys or rollbacks not good": sum(run["outcome"] != "good" or bool(run["error"]) for run in load["runs"]),
        "refreshes of the session failed": len(session.failures),
        "databases broken": int(load["database"] != "ok"),
    }
    return [f"{count} {what}" for what, count in counted.items() if count]


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--short", action="store_true", help="2 deploys, 1 rollback, short control")
    parser.add_argument("--deploys", type=int)
    parser.add_argument("--rollbacks", type=int)
    parser.add_argument("--requests", type=int, help="go on until so many were sent")
    parser.add_argument("--rate", type=float, default=0, help="requests/s; found by trying when absent")
    parser.add_argument("--workers", type=int, default=0, help="gunicorn workers (service_workers)")
    parser.add_argument("--slow-start", type=float, default=0, help="seconds that the app takes longer to start")
    parser.add_argument("--keep", action="store_true", help="use a kept machine, and keep it")
    parser.add_argument("--output", type=Path, help="JSON; docs/results/ for the full form, .cache/bench/ otherwise")
    given = parser.parse_args()
    for name, short, full in (("deploys", 2, 20), ("rollbacks", 1, 5), ("requests", 0, 100_000)):
        if getattr(given, name) is None:
            setattr(given, name, short if given.short else full)
    slow = "-slow-start" if given.slow_start else ""
    folder = PROJECT / (".cache/bench" if given.short else "docs/results")
    given.output = given.output or folder / f"{datetime.now(UTC):%Y-%m-%d}-deploy-under-load{slow}.json"
    return given


def main() -> int:
    given = arguments()
    # Asked to end, it still removes its machine.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    run = f"{datetime.now(UTC):%H%M%S}"
    with machine("load", keep=given.keep, service_workers=given.workers) as made:
        say("provisioning the machine")
        artifacts = Artifacts(made, given.slow_start)
        made.playbook("playbooks/site.yml")
        for _ in range(given.deploys):
            artifacts.build()
        session = Session(made.address, made.run(f"cat {ROOT}/shared/private/first-password").strip())
        have_conversations(session)
        asset = re.search(r'/assets/[^"]+\.js', session.ask("GET", "/")[1])
        if asset is None:
            raise RuntimeError("the front page names no script")
        target = Target(made.address, asset.group(), run)
        alone = control(Target(made.address, asset.group(), f"{run}c"), session, made.folder, given)
        load = under_load(made, artifacts, target, session, alone["rate"], given, made.folder)
        session.end()
    say(line("load", load))
    for stage, figures in load["latency_ms_by_stage"].items():
        say(f"  {stage:<8} " + "; ".join(f"{kind} {f['p99_9']:g} ms" for kind, f in figures.items() if f))
    above = round(load["latency_ms"]["p99_9"] - alone["latency_ms"]["p99_9"], 1)
    lost = losses(load, session)
    report = {
        "at": datetime.now(UTC).isoformat(timespec="seconds"),
        "cores": os.cpu_count(),
        "slow_start_seconds": given.slow_start,
        "control": alone,
        "load": load,
        "p99_9_above_control_ms": above,
        "lost": lost,
    }
    given.output.parent.mkdir(parents=True, exist_ok=True)
    given.output.write_text(json.dumps(report, indent=2) + "\n", encoding="utf-8")
    for part in ("writes", "events", "downloads"):
        say(f"{part}: " + ", ".join(f"{name} {value}" for name, value in load[part].items()))
    say(f"99.9th percentile {above:+g} ms against the control (aim: at most +{ABOVE_CONTROL_MS:g})")
    say(f"written to {given.output}")
    say("LOST: " + ", ".join(lost) if lost else "nothing was lost")
    return 1 if lost else 0


if __name__ == "__main__":
    sys.exit(main())

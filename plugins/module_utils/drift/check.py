"""One comparison: the baseline in, a report out."""

from __future__ import annotations

import argparse
import grp
import json
import os
import sys
import tempfile
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from . import asked, things
from .model import BadBaselineError, Finding, Thing
from .releases import releases

SCHEMA = 1
DEPLOY_SECONDS = 3600  # a lock older than this belongs to nobody who still works


def load(path: Path) -> dict[str, Any]:
    """Read a baseline. Raises BadBaselineError."""
    try:
        baseline = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise BadBaselineError(
            f"{path} is not there yet: it is recorded when site.yml has proven the machine."
        ) from error
    except (OSError, ValueError) as error:
        raise BadBaselineError(f"{path} cannot be read: {error}. Fix: ansible-playbook site.yml") from error
    if not isinstance(baseline, dict) or baseline.get("schema") != SCHEMA:
        raise BadBaselineError(f"{path} is of another version. Fix: ansible-playbook site.yml")
    return baseline


def is_deploying(baseline: dict[str, Any]) -> bool:
    """While somebody deploys, what is live is moving, and that is no drift."""
    lock = Path(baseline["layout"]["lock"])
    return lock.exists() and time.time() - lock.stat().st_mtime < DEPLOY_SECONDS


def find(baseline: dict[str, Any]) -> Iterator[Finding]:
    """Everything that differs. A thing of an unknown kind is an error: it would go unwatched in silence."""
    entries: list[Thing] = [*baseline["things"], *([] if is_deploying(baseline) else live_things(baseline))]
    for thing in entries:
        kind = thing["kind"]
        if kind in things.KINDS:
            yield from things.KINDS[kind](thing)
        elif kind == "releases":
            yield from releases(thing)
        elif kind not in ("packages", "unit"):
            raise BadBaselineError(f"there is nothing of the kind {kind!r}. Fix: ansible-playbook site.yml")
    yield from asked.packages([thing for thing in entries if thing["kind"] == "packages"])
    yield from asked.units([thing for thing in entries if thing["kind"] == "unit"])


def live_things(baseline: dict[str, Any]) -> list[Thing]:
    """What a deployment moves: the links to the live release, and which instance runs."""
    live, layout = baseline["live"], baseline["layout"]
    if not live["release"]:
        return []
    root, run_dir, fix = layout["root"], layout["run_dir"], layout["fix"]
    release, socket = f"{root}/releases/{live['release']}", f"{live['colour']}.sock"
    found: list[Thing] = [
        {"kind": "link", "path": f"{root}/current", "target": release},
        {"kind": "link", "path": f"{root}/slots/{live['colour']}", "target": release},
        {"kind": "link", "path": f"{run_dir}/current.sock", "target": f"{run_dir}/{socket}"},
    ]
    if layout["api_unit"]:
        for colour in ("blue", "green"):
            unit = f"{layout['api_unit']}@{colour}.service"
            runs = colour == live["colour"]
            if runs or not Path(run_dir, f"{colour}.standby").exists():  # it may wait there, and need not
                found.append({"kind": "unit", "unit": unit, "runs": runs})
    if layout.get("worker_unit"):  # a baseline of before there were jobs has none; nor has a release of that time
        runs = Path(release, "app/worker.py").is_file()
        found.append({"kind": "unit", "unit": f"{layout['worker_unit']}.service", "runs": runs})
    return [{**thing, "fix": fix} for thing in found]


def compare(baseline: dict[str, Any]) -> dict[str, Any]:
    """The report of one comparison, made now."""
    started = time.monotonic()
    deploying = is_deploying(baseline)
    found = [finding.as_dict() for finding in find(baseline)]
    return {
        "schema": SCHEMA,
        "product": baseline["product"],
        "checked_at": datetime.now(UTC).isoformat(timespec="seconds").replace("+00:00", "Z"),
        "recorded_at": baseline["recorded_at"],
        "release": baseline["live"]["release"],
        "seconds": round(time.monotonic() - started, 2),
        "ok": not found,
        "note": "a deployment is running: what is live was not compared" if deploying else "",
        "findings": found,
    }


def write(report: dict[str, Any], path: Path, group: str) -> None:
    """Replace the report by rename; the group may read it."""
    path.parent.mkdir(mode=0o750, exist_ok=True)
    write_whole(path, json.dumps(report, ensure_ascii=False, indent=2) + "\n", 0o640, group)


def write_whole(path: Path, text: str, mode: int, group: str = "") -> None:
    """Replace a file by rename, so that a reader never sees half of it."""
    descriptor, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    fresh = Path(name)
    try:
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
            if group:
                os.fchown(file.fileno(), -1, grp.getgrnam(group).gr_gid)
            os.fchmod(file.fileno(), mode)
        fresh.replace(path)
    except BaseException:
        fresh.unlink(missing_ok=True)
        raise


def findings(report: dict[str, Any]) -> list[Finding]:
    """The findings of a report."""
    return [Finding(**finding) for finding in report["findings"]]


def summary(report: dict[str, Any]) -> str:
    """One line for a person."""
    count = len(report["findings"])
    subject = "nothing has" if not count else "1 thing has" if count == 1 else f"{count} things have"
    note = f" ({report['note']})" if report["note"] else ""
    return f"{subject} drifted from what was provisioned on {report['recorded_at']}{note}"


def main() -> int:
    """Compare, write the report, print it. 0: nothing drifted, or no baseline yet; 1: drift; 2: not compared."""
    parser = argparse.ArgumentParser(
        prog="drift", description="What on this machine no longer equals what was provisioned."
    )
    parser.add_argument("--baseline", type=Path, required=True)
    parser.add_argument("--report", type=Path, required=True)
    parser.add_argument("--group", default="", help="group that may read the report")
    parser.add_argument("--json", action="store_true", help="print the report as JSON")
    given = parser.parse_args()
    try:
        if not given.baseline.exists():
            sys.stdout.write("nothing has been provisioned and proven here yet\n")
            return 0
        report = compare(load(given.baseline))
        write(report, given.report, given.group)
    except (BadBaselineError, OSError, KeyError, ValueError) as error:
        sys.stderr.write(f"drift: {error}\n")
        return 2
    if given.json:
        sys.stdout.write(json.dumps(report, ensure_ascii=False, indent=2) + "\n")
    else:
        sys.stdout.writelines(f"{finding.line()}; fix: {finding.fix}\n" for finding in findings(report))
        sys.stdout.write(f"{summary(report)}\n")
    return 0 if report["ok"] else 1

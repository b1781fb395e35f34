"""What is told of the backups: one file that the app and the link-check table read."""

from __future__ import annotations

import json
from typing import Any

from .model import Plan, now, write_json

SCHEMA = 1
Report = dict[str, Any]


def read(plan: Plan) -> Report:
    """The last report, {} before the first. One that cannot be read counts as none: the next is written over it."""
    try:
        report = json.loads(plan.report.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return report if isinstance(report, dict) and report.get("schema") == SCHEMA else {}


def write(plan: Plan, report: Report) -> None:
    plan.report.parent.mkdir(mode=0o750, exist_ok=True)
    write_json(plan.report, report, 0o640, plan.user)


def begun(plan: Plan, repository: str) -> Report:
    """The report while a backup is taken: what was known before, and that one is under way."""
    before = read(plan)
    known: Report = {
        "ok": None,
        "finished_at": None,
        "seconds": None,
        "message": "",
        "fix": "",
        "last_good": None,
        "snapshots": [],
    }
    return {
        **known,
        **before,
        "schema": SCHEMA,
        "product": plan.product,
        "repository": repository,
        "running_since": now(),
    }

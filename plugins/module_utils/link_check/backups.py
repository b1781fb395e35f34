"""Backups, from the report that each of them leaves: how the last one went, and how old the last good one is."""

from __future__ import annotations

import json
import time
from datetime import datetime
from pathlib import Path
from typing import Any

from .model import CheckFailedError, Context, Observation, observe


def _report(path: str) -> dict[str, Any] | None:
    """None before the first one."""
    try:
        told = json.loads(Path(path).read_text(encoding="utf-8"))
    except FileNotFoundError:
        return None
    except (OSError, ValueError) as error:
        raise CheckFailedError("no report", f"{path} cannot be read: {error}") from error
    if not isinstance(told, dict) or "ok" not in told:
        raise CheckFailedError("no report", f"{path} is not a report of a backup")
    return told


def backup_result(context: Context, *, report: str) -> Observation:
    """The last one was stored, restored on trial, and found equal."""
    expected = "the last backup was restored on trial and found equal"
    told = _report(report)
    if told is None or told["ok"] is None:
        return Observation(True, expected, "none was taken yet")  # how long that may be so, the other row says
    if not told["ok"]:
        return observe(expected, f"failed at {told['finished_at']}", str(told["message"]), str(told.get("fix") or ""))
    good = told["last_good"]
    return Observation(True, expected, f"{good['snapshot']}: {good['rows']} rows, {good['files']} files")


def backup_age(context: Context, *, report: str, hours: int, since: str) -> Observation:
    """The newest good one is not older than this. Before the first, `since` (a file made at the start) is asked."""
    expected = f"one that is not older than {hours} h"
    told = _report(report)
    good = told and told.get("last_good")
    if not good:
        try:
            waited = (time.time() - Path(since).stat().st_mtime) / 3600
        except FileNotFoundError as error:
            raise CheckFailedError("never", f"{since} is missing: backups were never set up") from error
        cause = f"no backup was ever good, in {waited:.0f} h" if waited > hours else ""
        return observe(expected, f"none yet, for {waited:.1f} h", cause)
    made = datetime.fromisoformat(str(good["made_at"])).timestamp()
    age = (time.time() - made) / 3600
    cause = f"the last good backup is {age:.0f} h old" if age > hours else ""
    return observe(expected, f"{good['snapshot']}, {age:.1f} h old", cause)

"""The report of one run: made, and written so that a reader never sees half of it."""

from __future__ import annotations

import grp
import json
import os
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from ansible.module_utils.whole_file import write_whole

from .model import Context

SCHEMA = 1


class ReportNotWrittenError(Exception):
    """The report could not be kept; the message says why."""


def build(
    product: str, host: str, context: Context, started: datetime, ms: float, rows: Sequence[dict[str, Any]]
) -> dict[str, Any]:
    failed = sum(not row["ok"] for row in rows)
    return {
        "schema": SCHEMA,
        "product": product,
        "host": host,
        "url": context.public_url or context.url,
        "release": context.release,
        "started_at": started.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z"),
        "ms": round(ms, 1),
        # A table without rows proves nothing.
        "ok": bool(rows) and not failed,
        "passed": len(rows) - failed,
        "failed": failed,
        "rows": list(rows),
    }


def write(report: dict[str, Any], directory: Path, group: str, keep: int) -> None:
    """latest.json and history/<time>.json, readable by the group; of the history the last `keep` stay."""
    stamp = str(report["started_at"]).replace("-", "").replace(":", "")
    text = json.dumps(report, ensure_ascii=False, indent=2) + "\n"
    try:
        gid = grp.getgrnam(group).gr_gid if group else -1
        history = directory / "history"
        for folder in (directory, history):
            folder.mkdir(mode=0o750, exist_ok=True)
            _hand_over(folder, gid, 0o750)
        write_whole(history / f"{stamp}.json", text, 0o640, group)
        write_whole(directory / "latest.json", text, 0o640, group)
        for old in sorted(history.glob("*.json"))[:-keep]:
            old.unlink(missing_ok=True)  # another run may prune at the same time
    except KeyError as error:
        raise ReportNotWrittenError(f"the report was not written: there is no group {group}") from error
    except OSError as error:
        where = error.filename or directory
        raise ReportNotWrittenError(f"the report was not written: {where}: {error.strerror}") from error


def _hand_over(path: Path, gid: int, mode: int) -> None:
    if gid != -1:
        os.chown(path, 0 if os.geteuid() == 0 else -1, gid)
    path.chmod(mode)


def now() -> datetime:
    return datetime.now(tz=UTC)

"""The audit log: a line when a run begins to change releases, one when it switches, one when it ends."""

from __future__ import annotations

import grp
import json
import os
from collections.abc import Iterable
from typing import Any

from ansible.module_utils.release_layout import Layout, utc_now

SCHEMA = 1
STARTED, SWITCHED, FINISHED = "started", "switched", "finished"
INTERRUPTED = "interrupted"

Entry = dict[str, Any]


def append(layout: Layout, event: str, run: str, group: str = "", **fields: Any) -> None:
    """Append one whole line, on disk before this returns. `group` may read the log."""
    entry = {"schema": SCHEMA, "id": run, "event": event, "at": utc_now(), **fields}
    line = (json.dumps(entry, ensure_ascii=False) + "\n").encode()
    descriptor = os.open(layout.audit, os.O_RDWR | os.O_APPEND | os.O_CREAT, 0o640)
    try:
        size = os.fstat(descriptor).st_size
        if size and os.pread(descriptor, 1, size - 1) != b"\n":
            line = b"\n" + line  # a power cut tore the last one
        os.write(descriptor, line)
        os.fchmod(descriptor, 0o640)
        if group:
            os.fchown(descriptor, -1, grp.getgrnam(group).gr_gid)
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def entries(layout: Layout) -> list[Entry]:
    """Return the lines, oldest first; a torn one is left out."""
    if not layout.audit.is_file():
        return []
    found = []
    for line in layout.audit.read_text(encoding="utf-8", errors="replace").splitlines():
        try:
            entry = json.loads(line)
        except json.JSONDecodeError:
            continue
        if isinstance(entry, dict) and {"id", "event"} <= entry.keys():
            found.append(entry)
    return found


def runs(lines: Iterable[Entry], running: str = "") -> list[Entry]:
    """Return one entry a run, oldest first: what its lines say together.

    `running` is the id of the run that holds the lock; every other one without an end was interrupted.
    """
    whole: dict[str, Entry] = {}
    for line in lines:
        run = whole.setdefault(line["id"], {"outcome": "", "switched": False})
        if line["event"] == STARTED:
            run["started_at"] = line.get("at")
        run["switched"] = run["switched"] or line["event"] == SWITCHED
        run |= {key: value for key, value in line.items() if value not in (None, "")}
    for name, run in whole.items():
        run["outcome"] = run["outcome"] or ("running" if name == running else INTERRUPTED)
    return list(whole.values())


def close_interrupted(layout: Layout, group: str, message: str) -> list[str]:
    """Write the missing end of every run that has none; called by the next run once it holds the lock."""
    closed = []
    for run in runs(entries(layout)):
        if run["event"] != FINISHED:
            known = {key: run.get(key) for key in ("action", "release", "from_release", "colour", "by", "host")}
            append(layout, FINISHED, run["id"], group, **known, outcome=INTERRUPTED, message=message)
            closed.append(str(run["id"]))
    return closed

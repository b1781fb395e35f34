"""The rows about backups, from the report that each of them leaves."""

from __future__ import annotations

import json
import os
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from ansible.module_utils.link_check import backups
from ansible.module_utils.link_check.model import CheckFailedError, Context

CONTEXT = Context(url="http://127.0.0.1:1")


def report(folder: Path, *, ok: bool | None = True, hours: float = 1, **more: Any) -> str:
    made = datetime.now(UTC) - timedelta(hours=hours)
    good = {"snapshot": "0a1b", "made_at": made.isoformat(timespec="seconds"), "rows": 12, "files": 3}
    told = {"ok": ok, "finished_at": "now", "message": "", "fix": "", "last_good": good, **more}
    file = folder / "latest.json"
    file.write_text(json.dumps(told))
    return str(file)


def test_the_last_one_was_good(tmp_path: Path) -> None:
    seen = backups.backup_result(CONTEXT, report=report(tmp_path))
    assert (seen.ok, seen.observed) == (True, "0a1b: 12 rows, 3 files")


def test_the_last_one_failed(tmp_path: Path) -> None:
    seen = backups.backup_result(CONTEXT, report=report(tmp_path, ok=False, message="The disk is full", fix="df -h"))
    assert (seen.ok, seen.cause, seen.fix) == (False, "The disk is full", "df -h")
    assert backups.backup_age(CONTEXT, report=report(tmp_path, ok=False), hours=50, since="/").ok, "one is still good"


@pytest.mark.parametrize(("hours", "ok"), [(49, True), (51, False)])
def test_one_that_is_too_old(tmp_path: Path, hours: float, ok: bool) -> None:
    seen = backups.backup_age(CONTEXT, report=report(tmp_path, hours=hours), hours=50, since="/")
    assert (seen.ok, bool(seen.cause)) == (ok, not ok)


@pytest.mark.parametrize(("waited", "ok"), [(1, True), (60, False)])
def test_before_the_first_the_time_since_the_beginning_counts(tmp_path: Path, waited: int, ok: bool) -> None:
    key = tmp_path / "key"
    key.touch()
    os.utime(key, (time.time() - waited * 3600,) * 2)
    missing = str(tmp_path / "none.json")
    assert backups.backup_age(CONTEXT, report=missing, hours=50, since=str(key)).ok is ok
    assert backups.backup_result(CONTEXT, report=missing).observed == "none was taken yet"


def test_a_report_that_is_none(tmp_path: Path) -> None:
    (tmp_path / "latest.json").write_text("[]")
    with pytest.raises(CheckFailedError):
        backups.backup_result(CONTEXT, report=str(tmp_path / "latest.json"))
    with pytest.raises(CheckFailedError, match="never set up"):
        backups.backup_age(CONTEXT, report="/nowhere", hours=1, since=str(tmp_path / "no-key"))

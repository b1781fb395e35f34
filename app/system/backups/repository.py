"""The files that the app shares with the program that takes backups: its report, and the request for one."""

import os
from datetime import UTC, datetime
from pathlib import Path


def read_report(report: Path) -> bytes | None:
    try:
        return report.read_bytes()
    except FileNotFoundError:
        return None


def requested_at(request: Path | None) -> datetime | None:
    try:
        return None if request is None else datetime.fromtimestamp(request.stat().st_mtime, UTC)
    except FileNotFoundError:
        return None


def write_request(request: Path) -> None:
    """That it is there is all it says. A second one changes nothing."""
    os.close(os.open(request, os.O_WRONLY | os.O_CREAT, 0o600))

"""Reads the end of the audit log: JSON lines, appended by every deployment."""

import json
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from loguru import logger

MOST_BYTES = 4_194_304  # some thousand runs; what is older stays in the file, for history.yml


@dataclass(frozen=True)
class LogEnd:
    """entries: the parsed lines, oldest first. is_whole: whether they are all that the file has."""

    entries: list[dict[str, Any]]
    is_whole: bool


def read_end(path: Path, most_bytes: int = MOST_BYTES) -> LogEnd:
    """A missing file is an empty log. A line that is no JSON object is left out: a kill tears the last one."""
    try:
        with path.open("rb") as file:
            size = file.seek(0, os.SEEK_END)
            start = max(0, size - most_bytes)
            file.seek(start)
            content = file.read(most_bytes)
    except FileNotFoundError:
        return LogEnd([], True)
    if start:
        content = content.partition(b"\n")[2]
    lines = content.split(b"\n")
    entries = []
    for number, line in enumerate(lines):
        entry = _parsed(line)
        if entry is not None:
            entries.append(entry)
        elif line.strip() and number < len(lines) - 1:
            logger.warning("A line of the audit log is not one of its entries: {} bytes", len(line))
    return LogEnd(entries, start == 0)


def _parsed(line: bytes) -> dict[str, Any] | None:
    try:
        entry = json.loads(line)
    except (ValueError, RecursionError):  # also what is not UTF-8
        return None
    return entry if isinstance(entry, dict) else None

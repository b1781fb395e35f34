"""Reads log files backwards, a block at a time: what is looked at last is what is wanted most.

Only files of the log folder that are named as ours are; nobody's words become a path.
"""

import os
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

BLOCK = 256 * 1024
LONGEST_RECORD = 4 * 1024 * 1024
PROBE = 128 * 1024
NAME = re.compile(
    r"(?P<instance>[a-z][a-z0-9-]*?)(?P<errors>-error)?"
    r"(?:\.(?P<rotated>\d{4}-\d\d-\d\d_\d\d-\d\d-\d\d_\d{6}(?:\.\d+)?))?\.log"
)
_TIME = rb"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z"
_HEAD_AFTER_BREAK = re.compile(rb"\n(" + _TIME + rb") \| ")
_HEAD = re.compile(rb"(?m)^(" + _TIME + rb") \| ")
TIME_BYTES = 24


@dataclass(frozen=True)
class LogFile:
    path: Path
    inode: int
    size: int
    written_at: float
    first: str  # what it begins with: tells it from a later file that was given the same inode


@dataclass(frozen=True)
class Found:
    """A record, or (without `raw`) only how far it was looked: everything later than `at` was."""

    at: bytes
    file: LogFile
    start: int
    raw: bytes | None


def find_files(folder: Path) -> dict[tuple[str, bool], list[LogFile]]:
    """By instance and whether they have errors only; newest first."""
    found: dict[tuple[str, bool], list[tuple[str, LogFile]]] = {}
    for entry in os.scandir(folder):
        match = NAME.fullmatch(entry.name)
        if match is None or not entry.is_file(follow_symlinks=False):
            continue
        file = _opened(Path(entry.path))
        if file is not None:
            # What is written to now comes first, then the latest of those that were put aside.
            key = (match["instance"], match["errors"] is not None)
            found.setdefault(key, []).append((match["rotated"] or "9", file))
    return {
        key: [file for _, file in sorted(files, key=lambda each: each[0], reverse=True)] for key, files in found.items()
    }


def _opened(path: Path) -> LogFile | None:
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC)
    except OSError:
        return None  # rotated away meanwhile, or not for us to read
    try:
        state = os.fstat(descriptor)
        first = os.pread(descriptor, TIME_BYTES, 0).decode("ascii", "replace")
    finally:
        os.close(descriptor)
    return LogFile(path, state.st_ino, state.st_size, state.st_mtime, first if len(first) == TIME_BYTES else "")


def look_back(
    files: list[LogFile],
    end: int | None,
    begin: int,
    may_hold: Callable[[bytes], bool],
    since: bytes,
    until: bytes | None,
) -> Iterator[Found]:
    """Records of one instance, the last first, from `end` in the first file back to `begin` in the last one."""
    for place, file in enumerate(files):
        try:
            descriptor = os.open(file.path, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC)
        except FileNotFoundError:
            continue  # put aside or removed since: what was found until now stands
        try:
            if os.fstat(descriptor).st_ino != file.inode:
                continue
            upper = file.size if place or end is None else min(end, file.size)
            lower = begin if place == len(files) - 1 else 0
            if until is not None:
                upper = _end_before(descriptor, upper, until)
            for start, block in _blocks(descriptor, upper, lower):
                for found in _records(file, start, block, may_hold, until):
                    if found.at < since:
                        return
                    yield found
        finally:
            os.close(descriptor)


def _blocks(descriptor: int, end: int, begin: int) -> Iterator[tuple[int, bytes]]:
    """Each begins with the head of a record, where there is one."""
    while end > begin:
        size = BLOCK
        while True:
            start = max(begin, end - size)
            block = os.pread(descriptor, end - start, start)
            head = None if start == begin else _HEAD_AFTER_BREAK.search(block)
            if start == begin or head or size >= LONGEST_RECORD:
                break
            size *= 2
        cut = head.start(1) if head else 0
        yield start + cut, block[cut:]
        end = start + cut


def _records(
    file: LogFile, offset: int, block: bytes, may_hold: Callable[[bytes], bool], until: bytes | None
) -> Iterator[Found]:
    heads = [match.start() for match in _HEAD.finditer(block)] if may_hold(block) else []
    end = len(block)
    for start in reversed(heads):
        at = block[start : start + TIME_BYTES]
        if until is None or at < until:
            yield Found(at, file, offset + start, block[start:end])
        end = start
    first = _HEAD.match(block)
    if first:
        # Also when nothing of it was wanted: so whoever looks can stop here, and go on from here.
        yield Found(first[1], file, offset, None)


def _end_before(descriptor: int, end: int, until: bytes) -> int:
    """Where a record of `until` or later begins; what follows it need not be read."""
    low, high = 0, end
    while high - low > PROBE:
        middle = (low + high) // 2
        head = _HEAD_AFTER_BREAK.search(os.pread(descriptor, PROBE, middle))
        if head is None or middle + head.start(1) >= high:
            break
        if head[1] >= until:
            high = middle + head.start(1)
        else:
            low = middle + head.start(1)
    return high

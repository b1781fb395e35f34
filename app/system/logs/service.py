"""Searches the log files of all instances at once, newest first, for as long as one answer may take."""

import asyncio
import binascii
import json
import socket
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from time import monotonic
from typing import Annotated, Literal

from pydantic import Field, TypeAdapter

from app.core.errors import ErrorCode, ProblemError, not_valid
from app.core.settings import Settings
from app.system.logs import repository
from app.system.logs.repository import Found, LogFile
from app.system.logs.schemas import LogInstance, LogInstances, LogPage, LogQuery, LogRecord

SEARCH_SECONDS = 2.0
WAIT_SECONDS = 4.0  # for the searches of others: one at a time in a process, which has requests to answer
LONGEST_SHOWN = 32 * 1024
ERRORS = frozenset({"ERROR", "CRITICAL"})
EVERYTHING = b""
Position = tuple[int, str, int]  # inode, what the file begins with, offset
Cursor = dict[str, Position]  # by instance; one that is not there has nothing more
_CURSOR: TypeAdapter[Cursor] = TypeAdapter(dict[str, tuple[int, str, Annotated[int, Field(ge=0)]]])
Files = dict[str, list[LogFile]]


class LogSearch:
    """One a process: its searches wait for each other."""

    def __init__(self, settings: Settings, seconds: float = SEARCH_SECONDS) -> None:
        self._folder = settings.log_dir
        self._seconds = seconds
        self._turn = asyncio.Semaphore(1)

    async def instances(self) -> LogInstances:
        return await asyncio.to_thread(_instances, self._folder)

    async def page(self, query: LogQuery) -> LogPage:
        try:
            async with asyncio.timeout(WAIT_SECONDS):
                await self._turn.acquire()
        except TimeoutError:
            raise ProblemError(ErrorCode.SERVICE_UNAVAILABLE, "Others are searching the logs.") from None
        try:
            return await asyncio.to_thread(_page, self._folder, query, self._seconds)
        finally:
            self._turn.release()


def _instances(folder: Path | None) -> LogInstances:
    found: dict[str, list[LogFile]] = {}
    for (name, _), files in _files(folder).items():
        found.setdefault(name, []).extend(files)
    items = [
        LogInstance(
            name=name,
            files=len(files),
            bytes=sum(file.size for file in files),
            newest_at=datetime.fromtimestamp(max(file.written_at for file in files), UTC),
        )
        for name, files in sorted(found.items())
    ]
    return LogInstances(is_kept=folder is not None, host=socket.gethostname(), items=items)


def _files(folder: Path | None) -> dict[tuple[str, bool], list[LogFile]]:
    if folder is None:
        return {}
    try:
        return repository.find_files(folder)
    except FileNotFoundError:
        return {}  # nothing was ever written


def _wanted_files(folder: Path | None, query: LogQuery) -> Files:
    """Errors have files of their own, which are smaller and reach back further."""
    errors = bool(query.level) and ERRORS.issuperset(query.level)
    names = set(query.instance)
    return {
        name: files
        for (name, only_errors), files in _files(folder).items()
        if only_errors is errors and (not names or name in names)
    }


def _page(folder: Path | None, query: LogQuery, seconds: float) -> LogPage:
    files = _wanted_files(folder, query)
    newest: Cursor = {name: _position(some[0], some[0].size) for name, some in files.items()}
    searches = _searches(files, query)
    positions = {name: position for name, position in _start(query, newest).items() if name in searches}
    items: list[LogRecord] = []
    wants, deadline = _wants(query), monotonic() + seconds
    stopped: Literal["end", "limit", "time"] = "end"
    reached: bytes | None = None
    heads: dict[str, Found] = {}

    def advance(name: str) -> None:
        found = next(searches[name], None)
        if found is None:
            heads.pop(name, None)
            positions.pop(name)
        else:
            heads[name] = found

    for name in searches:
        advance(name)
    while heads:
        name, found = max(heads.items(), key=lambda head: head[1].at)
        if found.raw is not None and wants(found.raw):
            if len(items) == query.limit:
                stopped = "limit"
                break
            items.append(_record(name, found))
        positions[name], reached = _position(found.file, found.start), found.at
        if monotonic() > deadline:
            stopped = "time"
            break
        advance(name)
    return LogPage(
        items=items,
        older=None if stopped == "end" else _text(positions),
        newest=_text(newest),
        stopped=stopped,
        looked_back_to=None if stopped == "end" or reached is None else _moment(reached.decode()),
    )


def _start(query: LogQuery, newest: Cursor) -> Cursor:
    return _cursor("before", query.before) if query.before else newest


def _searches(files: Files, query: LogQuery) -> dict[str, Iterator[Found]]:
    before, after = _cursor("before", query.before), _cursor("after", query.after)
    since = EVERYTHING if query.since is None else _stamp(query.since)
    until = None if query.until is None else _stamp(query.until)
    may_hold = _may_hold(query)
    searches = {}
    for name, some in files.items():
        end, begin = None, 0
        if query.before:
            place = _place(some, before.get(name))
            if place is None:
                continue  # all of it was looked at, or it was removed since
            some, end = some[place:], before[name][2]
        elif (place := _place(some, after.get(name))) is not None:
            some, begin = some[: place + 1], after[name][2]
        searches[name] = repository.look_back(some, end, begin, may_hold, since, until)
    return searches


def _place(files: list[LogFile], position: Position | None) -> int | None:
    """Which of the files it is that the position is in; none when it is not there any more."""
    if position is None:
        return None
    inode, first, _ = position
    return next((at for at, file in enumerate(files) if file.inode == inode and first in ("", file.first)), None)


def _may_hold(query: LogQuery) -> Callable[[bytes], bool]:
    """Whether it is worth taking a block apart: most are not, and then they cost next to nothing."""
    levels = [f"| {level: <8} |".encode() for level in query.level]
    request_id = f"| {query.request_id} |".encode() if query.request_id else None
    text = query.q.encode().lower() if query.q else None

    def may_hold(block: bytes) -> bool:
        return (
            (request_id is None or request_id in block)
            and (not levels or any(level in block for level in levels))
            and (text is None or text in block.lower())
        )

    return may_hold


def _wants(query: LogQuery) -> Callable[[bytes], bool]:
    levels = {level.encode() for level in query.level}
    request_id = query.request_id.encode() if query.request_id else None
    text = query.q.encode().lower() if query.q else None

    def wants(raw: bytes) -> bool:
        _, level, _, request, _ = raw.split(b" | ", 4)
        return (
            (not levels or level.strip() in levels)
            and (request_id is None or request == request_id)
            and (text is None or text in raw.lower())
        )

    return wants


def _record(instance: str, found: Found) -> LogRecord:
    raw = found.raw or b""
    shown = raw[:LONGEST_SHOWN].decode("utf-8", "replace")
    line, _, details = shown.partition("\n")
    at, level, process, request_id, source, message = (part.strip() for part in [*line.split(" | ", 5), *[""] * 6][:6])
    return LogRecord(
        id=f"{instance}.{found.file.inode}.{found.start}",
        at=_moment(at),
        level=level,
        instance=instance,
        process=int(process) if process.isdecimal() else 0,
        request_id=None if request_id == "-" else request_id,
        source=source,
        message=message,
        details=details.rstrip("\n"),
        is_cut=len(raw) > LONGEST_SHOWN,
    )


def _position(file: LogFile, offset: int) -> Position:
    return (file.inode, file.first, offset)


def _stamp(moment: datetime) -> bytes:
    return f"{moment.astimezone(UTC).replace(tzinfo=None).isoformat(timespec='milliseconds')}Z".encode()


def _moment(stamp: str) -> datetime:
    return datetime.strptime(stamp, "%Y-%m-%dT%H:%M:%S.%fZ").replace(tzinfo=UTC)


def _text(positions: Cursor) -> str:
    return urlsafe_b64encode(json.dumps(positions, separators=(",", ":")).encode()).decode().rstrip("=")


def _cursor(field: str, text: str | None) -> Cursor:
    if text is None:
        return {}
    try:
        return _CURSOR.validate_json(urlsafe_b64decode(text + "=" * (-len(text) % 4)))
    except (ValueError, binascii.Error):
        raise not_valid(field, "cursor", "It is none of those that an answer gave.") from None

"""Files under the output folder: what jobs make, for whoever has its link. A name tells nothing of whose it is.

Written beside and renamed, so that a name is either whole or not there; each domain sweeps what a crash left of its.
"""

import asyncio
import errno
import os
import secrets
import shutil
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TypeVar
from urllib.parse import quote

from fastapi import Response
from fastapi.responses import FileResponse

from app.core.errors import ErrorCode, ProblemError
from app.core.settings import Settings

PARTIAL = ".part"
FOLDER_MODE = 0o750  # the group and the setgid bit come from the output folder
FILE_MODE = 0o640
KEPT_FREE = 256 * 1024 * 1024  # of the disk, for the database and the logs

T = TypeVar("T")


class DiskFullError(Exception):
    """There is no room; the message says what is full."""


def new_key() -> str:
    return secrets.token_hex(16)


@contextmanager
def open_partial(path: Path) -> Iterator[int]:
    """A new file under another name until the block is left without an error: then it is synced and renamed."""
    part = path.with_name(path.name + PARTIAL)
    descriptor = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW | os.O_CLOEXEC, FILE_MODE)
    try:
        os.fchmod(descriptor, FILE_MODE)
        yield descriptor
        os.fsync(descriptor)
        part.rename(path)
    finally:
        os.close(descriptor)
        part.unlink(missing_ok=True)


def as_disk_full(error: OSError) -> Exception:
    """The same error, or DiskFullError where that is what it means."""
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return DiskFullError("The disk is full.")
    return error


def free_bytes(folder: Path) -> int:
    """Of the disk that the folder is on, or will be on."""
    there = next(path for path in (folder, *folder.parents) if path.exists())
    return shutil.disk_usage(there).free


def files_in(folder: Path) -> Iterator[Path]:
    try:
        yield from folder.iterdir()
    except FileNotFoundError:
        return


def old_files(folder: Path, older_than: float) -> list[Path]:
    """Files of a folder that nobody has written for so many seconds."""
    before = time.time() - older_than
    return [found for found in files_in(folder) if found.stat().st_mtime < before]


async def in_thread(call: Callable[..., T], *args: object) -> T:
    """Beside the event loop. When cancelled, its end is awaited first: nothing goes on behind the caller's back."""
    running = asyncio.ensure_future(asyncio.to_thread(call, *args))
    try:
        return await asyncio.shield(running)
    except asyncio.CancelledError:
        await asyncio.wait({running})
        raise


# Sending.


def attachment(name: str, otherwise: str) -> str:
    """Both forms: the second for names that are not English, the first for who does not know the second."""
    plain = name.encode("ascii", "ignore").decode().strip("-") or otherwise
    return f"attachment; filename=\"{plain}\"; filename*=UTF-8''{quote(name)}"


async def send_file(settings: Settings, place: str, content_type: str, headers: dict[str, str]) -> Response:
    """`place`: below the output folder. nginx sends it where nginx is in front, and keeps these headers."""
    if settings.accel_prefix:
        headers["X-Accel-Redirect"] = f"{settings.accel_prefix}{place}"
        return Response(headers=headers, media_type=content_type)
    path = settings.output_path / place
    if not await asyncio.to_thread(path.is_file):
        raise ProblemError(ErrorCode.NOT_FOUND)
    return FileResponse(path, media_type=content_type, headers=headers)

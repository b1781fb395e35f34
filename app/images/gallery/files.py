"""Files of pictures and archives under the output folder. A name tells nothing of whose it is.

Written beside and renamed, so that a name is either whole or not there; what a crash leaves is swept (sweep.py).
"""

import asyncio
import errno
import os
import secrets
import shutil
import time
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from app.core.settings import Settings

PARTIAL = ".part"
ARCHIVES = "zips"
FOLDER_MODE = 0o750  # the group and the setgid bit come from the output folder
FILE_MODE = 0o640
KEPT_FREE = 256 * 1024 * 1024  # of the disk, for the database and the logs


class DiskFullError(Exception):
    """There is no room; the message says what is full."""


def new_key() -> str:
    return secrets.token_hex(16)


class Files:
    def __init__(self, settings: Settings) -> None:
        self.root = settings.output_path

    @staticmethod
    def place(name: str) -> str:
        """Where a picture's file is, below the output folder: no folder gets too many."""
        return f"{name[:2]}/{name}"

    @staticmethod
    def archive_place(key: str) -> str:
        return f"{ARCHIVES}/{key}.zip"

    def path(self, name: str) -> Path:
        return self.root / self.place(name)

    async def save(self, contents: Mapping[str, bytes]) -> None:
        """All of them or none. Raises DiskFullError."""
        writing = asyncio.ensure_future(asyncio.to_thread(self._save, contents))
        try:
            await asyncio.shield(writing)
        except asyncio.CancelledError:
            await asyncio.wait({writing})  # a thread cannot be called back
            self._remove(contents)
            raise

    def _save(self, contents: Mapping[str, bytes]) -> None:
        try:
            for name, content in contents.items():
                path = self.path(name)
                path.parent.mkdir(mode=FOLDER_MODE, parents=True, exist_ok=True)
                with open_partial(path) as descriptor:
                    _write_all(descriptor, content)
        except OSError as error:
            self._remove(contents)
            raise as_disk_full(error) from error

    async def remove(self, names: Iterable[str]) -> None:
        await asyncio.to_thread(self._remove, names)

    def _remove(self, names: Iterable[str]) -> None:
        for name in names:
            self.path(name).unlink(missing_ok=True)

    def free_bytes(self) -> int:
        """Of the disk that the output folder is on, or will be on."""
        there = next(path for path in (self.root, *self.root.parents) if path.exists())
        return shutil.disk_usage(there).free

    def archive_bytes(self) -> int:
        return sum(found.stat().st_size for found in self._in(ARCHIVES))

    def shards(self) -> list[str]:
        if not self.root.is_dir():
            return []
        return sorted(each.name for each in self.root.iterdir() if each.is_dir() and each.name != ARCHIVES)

    def old_files(self, folder: str, older_than: float) -> list[Path]:
        """Files of a folder that nobody has written for so many seconds."""
        before = time.time() - older_than
        return [found for found in self._in(folder) if found.stat().st_mtime < before]

    def _in(self, folder: str) -> Iterator[Path]:
        try:
            yield from (self.root / folder).iterdir()
        except FileNotFoundError:
            return


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


def _write_all(descriptor: int, content: bytes) -> None:
    view = memoryview(content)
    while view:
        view = view[os.write(descriptor, view) :]


def as_disk_full(error: OSError) -> Exception:
    """The same error, or DiskFullError where that is what it means."""
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return DiskFullError("The disk is full.")
    return error

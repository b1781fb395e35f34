"""Files of pictures and archives under the output folder. A name tells nothing of whose it is.

Written beside and renamed, so that a name is either whole or not there; what a crash leaves is swept (sweep.py).
"""

import asyncio
import os
from collections.abc import Iterable, Mapping
from pathlib import Path

from app.core.files import FOLDER_MODE, as_disk_full, files_in, free_bytes, old_files, open_partial
from app.core.settings import Settings

ARCHIVES = "zips"
SHARD = 2  # letters of a name that its folder is called by


class Files:
    def __init__(self, settings: Settings) -> None:
        self.root = settings.output_path

    @staticmethod
    def place(name: str) -> str:
        """Where a picture's file is, below the output folder: no folder gets too many."""
        return f"{name[:SHARD]}/{name}"

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
        return free_bytes(self.root)

    def archive_bytes(self) -> int:
        return sum(found.stat().st_size for found in files_in(self.root / ARCHIVES))

    def shards(self) -> list[str]:
        """Folders of pictures: what else is in the output folder is others'."""
        return sorted(each.name for each in files_in(self.root) if each.is_dir() and len(each.name) == SHARD)

    def old_files(self, folder: str, older_than: float) -> list[Path]:
        """Files of a folder that nobody has written for so many seconds."""
        return old_files(self.root / folder, older_than)


def _write_all(descriptor: int, content: bytes) -> None:
    view = memoryview(content)
    while view:
        view = view[os.write(descriptor, view) :]

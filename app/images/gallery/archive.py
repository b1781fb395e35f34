"""A zip of pictures, written in pieces: its size on the disk is not its size in memory."""

import asyncio
import json
import os
import re
import threading
import zipfile
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from app.core.files import FOLDER_MODE, as_disk_full, open_partial
from app.images.gallery.files import Files
from app.images.gallery.models import Picture

PIECE = 1024 * 1024
LONGEST_NAME = 60
DETAILS = "images.json"  # what each was made with, so that it can be made again
KEPT_FIELDS = (
    "prompt",
    "negative_prompt",
    "provider_name",
    "model",
    "width",
    "height",
    "seed",
    "watermark",
    "is_starred",
)
Progress = Callable[[float], None]


class StoppedError(Exception):
    """Nobody wants it any more."""


def safe_name(text: str) -> str:
    """Letters and digits of any script, and hyphens: fit for every file system and for a header."""
    return re.sub(r"[\W_]+", "-", text).strip("-")[:LONGEST_NAME].strip("-") or "image"


def download_name(picture: Picture) -> str:
    return f"{safe_name(picture.prompt)}-{picture.id}.{picture.file_name.rpartition('.')[2]}"


def needed_bytes(pictures: Sequence[Picture]) -> int:
    return sum(picture.bytes + 1024 for picture in pictures)


async def make_archive(files: Files, key: str, pictures: Sequence[Picture], progress: Progress) -> tuple[int, int]:
    """Its size in bytes, and how many of the pictures were still there. When cancelled, nothing is left of it."""
    stop = threading.Event()
    path = files.root / files.archive_place(key)
    making = asyncio.ensure_future(asyncio.to_thread(_make, files, path, pictures, progress, stop))
    try:
        return await asyncio.shield(making)
    except asyncio.CancelledError:
        stop.set()
        await asyncio.gather(making, return_exceptions=True)
        path.unlink(missing_ok=True)
        raise


def _make(
    files: Files, path: Path, pictures: Sequence[Picture], progress: Progress, stop: threading.Event
) -> tuple[int, int]:
    told: list[dict[str, Any]] = []
    try:
        path.parent.mkdir(mode=FOLDER_MODE, parents=True, exist_ok=True)
        with open_partial(path) as descriptor, os.fdopen(os.dup(descriptor), "wb") as file:
            # Stored, not packed: pictures are packed already.
            with zipfile.ZipFile(file, "w", zipfile.ZIP_STORED) as archive:
                for number, picture in enumerate(pictures, 1):
                    name = f"{number:03d}-{download_name(picture)}"
                    if _add(archive, name, files.path(picture.file_name), picture, stop):
                        told.append({"file": name, **{field: getattr(picture, field) for field in KEPT_FIELDS}})
                    progress(number / len(pictures))
                archive.writestr(DETAILS, json.dumps(told, ensure_ascii=False, indent=2))
            file.flush()
        return path.stat().st_size, len(told)
    except OSError as error:
        raise as_disk_full(error) from error


def _add(archive: zipfile.ZipFile, name: str, path: Path, picture: Picture, stop: threading.Event) -> bool:
    try:
        source = path.open("rb")
    except FileNotFoundError:
        return False
    with source:
        entry = zipfile.ZipInfo(name, picture.created_at.timetuple()[:6])
        entry.external_attr = 0o644 << 16
        entry.file_size = os.fstat(source.fileno()).st_size
        with archive.open(entry, "w") as target:
            while piece := source.read(PIECE):
                if stop.is_set():
                    raise StoppedError
                target.write(piece)
    return True

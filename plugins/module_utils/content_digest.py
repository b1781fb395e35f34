"""Content addressing of trees: the same files with the same content give the same digest."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator
from pathlib import Path


def files_below(root: Path, paths: list[str], exclude: set[str]) -> Iterator[Path]:
    """Yield the files of `paths` (relative to `root`) in a stable order, without what is named in `exclude`.

    Raises FileNotFoundError when one of `paths` is not there.
    """
    for relative in sorted(paths):
        start = root / relative
        if start.is_file():
            yield start
            continue
        if not start.is_dir():
            raise FileNotFoundError(f"{start} does not exist")
        for folder, folders, names in os.walk(start):
            folders[:] = sorted(name for name in folders if name not in exclude)
            for name in sorted(names):
                if name not in exclude:
                    yield Path(folder, name)


def digest_of(root: Path, paths: list[str], exclude: set[str]) -> str:
    """Return one SHA-256 (hexadecimal) over names, executable bits and contents."""
    total = hashlib.sha256()
    for file in files_below(root, paths, exclude):
        content = hashlib.sha256(file.read_bytes()).hexdigest()
        executable = "x" if os.access(file, os.X_OK) else "-"
        total.update(f"{file.relative_to(root).as_posix()}\0{executable}\0{content}\n".encode())
    return total.hexdigest()

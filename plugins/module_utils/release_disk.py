"""How much disk a release needs and how much there is, in words that a person can act on."""

from __future__ import annotations

import errno
import os
from pathlib import Path

MARGIN_BYTES = 64 * 1024 * 1024  # the database goes on growing while a release is brought up


def free_bytes(folder: Path) -> int:
    """Return what a process that is not root may still write there."""
    status = os.statvfs(folder)
    return status.f_bavail * status.f_frsize


def own_bytes(folder: Path) -> int:
    """Return what removing a tree would free: files with other names elsewhere (hard links) count nothing."""
    total = 0
    for where, _, names in os.walk(folder):
        for name in names:
            status = os.lstat(os.path.join(where, name))  # noqa: PTH118  # a hot loop over thousands of files
            if status.st_nlink == 1:
                total += status.st_blocks * 512
    return total


def megabytes(size: int) -> str:
    """Return a size for people, with the exact bytes."""
    return f"{size / 1_000_000:.1f} MB ({size} bytes)"


def shortage(folder: Path, needs: dict[str, int]) -> str:
    """Return '' when what is needed fits, else a sentence that names free and needed bytes."""
    needed, free = sum(needs.values()) + MARGIN_BYTES, free_bytes(folder)
    if needed <= free:
        return ""
    parts = ", ".join(f"{name} {megabytes(size)}" for name, size in needs.items() if size)
    return (
        f"Not enough disk under {folder}: {megabytes(free)} free, {megabytes(needed)} needed ({parts},"
        f" margin {megabytes(MARGIN_BYTES)}). Nothing was changed."
    )


def full_words(error: OSError, folder: Path, needed: int) -> str:
    """Return why writing failed; for a full disk with the bytes there are and that were needed."""
    if error.errno not in (errno.ENOSPC, errno.EDQUOT):
        return str(error)
    wanted = f", {megabytes(needed)} needed" if needed else ""
    return f"The disk is full: {megabytes(free_bytes(folder))} free under {folder}{wanted}."

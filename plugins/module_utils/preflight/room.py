"""Room on the disk, in bytes and in files."""

from __future__ import annotations

import os
from pathlib import Path


def nearest(path: Path) -> Path:
    """Return `path` or the nearest folder above it that exists."""
    return path if path.is_dir() else nearest(path.parent)


def problems(root: Path, disk_mb: int, inodes: int) -> list[str]:
    """Say what is missing where `root` is or will be. A file system that makes inodes as it goes (btrfs) has enough."""
    folder = nearest(root)
    has = os.statvfs(folder)
    free_mb = has.f_bavail * has.f_frsize // 2**20
    found = []
    if free_mb < disk_mb:
        found.append(
            f"{folder} has {free_mb} MB free and {disk_mb} MB are needed (preflight_disk_mb): "
            f"make room, or choose another disk with groundwork_root."
        )
    if has.f_files and has.f_favail < inodes:
        found.append(
            f"{folder} has room for {has.f_favail} more files and {inodes} are needed (preflight_inodes), whatever "
            f"their size: remove what is not needed (find / -xdev -printf '%h\\n' | sort | uniq -c | sort -n | tail "
            f"shows the folders with most of them), or choose another disk with groundwork_root."
        )
    return found

"""A file is replaced whole or not at all. The drift program has its own copy, since it runs where Ansible is not."""

from __future__ import annotations

import grp
import os
import tempfile
from pathlib import Path


def write_whole(file: Path, text: str, mode: int = 0o644, group: str = "") -> None:
    """Replace a file by rename, so that no reader and no power cut sees half of it."""
    descriptor, name = tempfile.mkstemp(dir=file.parent, prefix=f".{file.name}.")
    fresh = Path(name)
    try:
        with os.fdopen(descriptor, "w", encoding="utf-8") as stream:
            stream.write(text)
            stream.flush()
            os.fsync(stream.fileno())
        if group:
            os.chown(fresh, -1, grp.getgrnam(group).gr_gid)
        fresh.chmod(mode)
        fresh.replace(file)
    except BaseException:
        fresh.unlink(missing_ok=True)
        raise

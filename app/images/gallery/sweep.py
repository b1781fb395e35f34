"""What no picture needs any more: rows whose time in the recycle bin is over, files of no row, old archives."""

import asyncio
from collections.abc import Iterable
from datetime import timedelta
from pathlib import Path

from app.core.clock import utc_now
from app.core.database import Database
from app.core.files import PARTIAL
from app.images.gallery import repository
from app.images.gallery.files import ARCHIVES, Files
from app.images.gallery.links import ARCHIVE_SECONDS
from app.images.gallery.service import service

# A file is there before its row is; no picture takes this long in between.
GRACE_SECONDS = 3600.0
ROWS_AT_ONCE = 200
NAMES_AT_ONCE = 500


async def purge_bin(database: Database, days: int) -> int:
    """Remove what was deleted longer ago, a few rows a transaction. Their files go by a job of their own."""
    before, removed = utc_now() - timedelta(days=days), 0
    while True:
        async with database.work() as work:
            session = await work.writing()
            rows = await repository.deleted_before(session, before, ROWS_AT_ONCE)
            if not rows:
                return removed
            await service.purge(session, [row.id for row in rows])
        removed += len(rows)


async def remove_orphans(database: Database, files: Files) -> int:
    """Files that a crash left: without a row, or only partly written."""
    removed = 0
    for shard in await asyncio.to_thread(files.shards):
        old = await asyncio.to_thread(files.old_files, shard, GRACE_SECONDS)
        for start in range(0, len(old), NAMES_AT_ONCE):
            some = {path: path.name.partition(".")[0] for path in old[start : start + NAMES_AT_ONCE]}
            async with database.work() as work, work.reading() as session:
                known = await repository.known_keys(session, some.values())
            useless = [path for path, key in some.items() if path.name.endswith(PARTIAL) or key not in known]
            await asyncio.to_thread(_unlink, useless)
            removed += len(useless)
    return removed


def _unlink(paths: Iterable[Path]) -> None:
    for path in paths:
        path.unlink(missing_ok=True)


def remove_old_archives(files: Files) -> int:
    """Those whose links have ended, and those that were never finished."""
    old = set(files.old_files(ARCHIVES, ARCHIVE_SECONDS))
    old.update(path for path in files.old_files(ARCHIVES, GRACE_SECONDS) if path.name.endswith(PARTIAL))
    _unlink(old)
    return len(old)

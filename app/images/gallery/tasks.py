"""Jobs of the gallery: an archive for download, files of removed pictures, the sweep."""

import asyncio
from typing import Any

from app.core.files import DiskFullError, new_key
from app.images.gallery import repository
from app.images.gallery.archive import make_archive, needed_bytes
from app.images.gallery.disk import BIN_DAYS, room
from app.images.gallery.files import Files
from app.images.gallery.links import archive_link
from app.images.gallery.payloads import MakeArchive, RemoveFiles, Sweep
from app.images.gallery.schemas import ArchiveResult
from app.images.gallery.sweep import purge_bin, remove_old_archives, remove_orphans
from app.jobs import JobContext, JobError, schedule, task

HOUR = 3600.0


@task("images.zip", payload=MakeArchive, queue="files", time_limit=1800)
async def make_zip(ctx: JobContext, payload: MakeArchive) -> dict[str, Any]:
    made = await ctx.step("zip", _zip, ctx, payload.ids)
    result = ArchiveResult(
        download_url=archive_link(ctx.settings, made["key"]), bytes=made["bytes"], count=made["count"]
    )
    return result.model_dump()


async def _zip(ctx: JobContext, ids: list[int]) -> dict[str, Any]:
    async with ctx.database.work() as work, work.reading() as session:
        rows = [row for row in await repository.pictures.many(session, ids) if row.creator_id == ctx.user_id]
    rows.sort(key=lambda row: ids.index(row.id))
    files, key, loop = Files(ctx.settings), new_key(), asyncio.get_running_loop()

    def progress(done: float) -> None:
        asyncio.run_coroutine_threadsafe(ctx.progress(done), loop)

    try:
        (await room(ctx.database, ctx.parameters, ctx.settings)).refuse_unless(needed_bytes(rows))
        size, count = await make_archive(files, key, rows, progress)
    except DiskFullError as error:
        raise JobError("disk_budget", str(error)) from error
    return {"key": key, "bytes": size, "count": count}


@task("images.remove_files", payload=RemoveFiles, queue="system", user_may_cancel=False)
async def remove_files(ctx: JobContext, payload: RemoveFiles) -> None:
    await Files(ctx.settings).remove(payload.names)


@task(
    "images.sweep",
    payload=Sweep,
    queue="system",
    user_may_cancel=False,
    retryable=False,
    schedulable="Empties the bin of pictures, and removes files that nothing refers to and old archives.",
)
async def sweep(ctx: JobContext, payload: Sweep) -> dict[str, Any]:
    files = Files(ctx.settings)
    purged = await purge_bin(ctx.database, await ctx.parameters.get(BIN_DAYS))
    orphans = await remove_orphans(ctx.database, files)
    archives = await asyncio.to_thread(remove_old_archives, files)
    return {"purged": purged, "orphans": orphans, "archives": archives}


schedule("images.sweep", Sweep(), every=HOUR)

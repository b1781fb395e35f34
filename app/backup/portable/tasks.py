"""Jobs: all data as a file to take away, and the removal of such files."""

import asyncio
import errno
from typing import Any

from app.backup.portable import service
from app.backup.portable.errors import DiskFullError, PortableError
from app.backup.portable.schemas import DataExportCreate, DataExportResult, Sweep
from app.backup.portable.writing import export
from app.jobs import JobContext, JobError, schedule, task

HOUR = 3600.0


@task("data.export", payload=DataExportCreate, queue="files", time_limit=6 * HOUR)
async def export_data(ctx: JobContext, payload: DataExportCreate) -> dict[str, Any]:
    made = await ctx.step("export", _export, ctx, payload.files)
    address, expires = service.link(ctx.settings, made.pop("key"))
    return DataExportResult(download_url=address, expires_at=expires, **made).model_dump(mode="json")


async def _export(ctx: JobContext, files: bool) -> dict[str, Any]:
    key = service.new_key()
    await asyncio.to_thread(service.make_folder, ctx.settings)
    try:
        manifest, size = await export(
            ctx.database, service.place(ctx.settings, key), files=files, progress=ctx.progress
        )
    except DiskFullError as error:
        raise JobError("disk_full", str(error)) from error
    except PortableError as error:
        raise JobError("data_export_refused", str(error)) from error
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            raise JobError("disk_full", "The disk is full.") from error
        raise
    return {
        "key": key,
        "bytes": size,
        "tables": len(manifest.tables),
        "rows": sum(part.rows for part in manifest.tables),
        "files": manifest.files and manifest.files.count,
    }


@task("data.sweep", payload=Sweep, queue="system", user_may_cancel=False, retryable=False)
async def sweep(ctx: JobContext, payload: Sweep) -> dict[str, Any]:
    return {"removed": await asyncio.to_thread(service.remove_old, ctx.settings)}


schedule("data.sweep", Sweep(), every=HOUR)

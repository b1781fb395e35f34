"""The job that writes a list into a workbook."""

from datetime import timedelta
from typing import Any

from app.core.clock import utc_now
from app.core.errors import ProblemError
from app.core.files import KEPT_FREE, DiskFullError, free_bytes, in_thread, new_key
from app.core.parameters import declare_parameter
from app.core.principal import acting
from app.core.settings import Settings
from app.jobs import JobContext, JobError, task
from app.transfer.exports.links import workbook_link
from app.transfer.exports.schemas import ExportBody, ExportResult
from app.transfer.exports.service import Export
from app.transfer.workbook import Book, path_of

HOUR = 3600
BYTES_OF_A_ROW = 400  # unpacked, while it is written

LINK_HOURS = declare_parameter(
    "transfer.link_hours",
    "integer",
    24,
    "Hours that exports are kept",
    "A workbook that was exported can be downloaded for so long, by whoever has its link; then it is removed.",
    least=1,
)


@task("transfer.export", payload=ExportBody, queue="files", time_limit=2 * HOUR)
async def export(ctx: JobContext, payload: ExportBody) -> dict[str, Any]:
    made = await ctx.step("write", _write, ctx, payload)
    seconds = HOUR * await ctx.parameters.get(LINK_HOURS)
    result = ExportResult(
        download_url=workbook_link(ctx.settings, made["key"], seconds, made["name"]),
        file_name=made["name"],
        bytes=made["bytes"],
        rows=made["rows"],
        expires_at=utc_now() + timedelta(seconds=seconds),
    )
    return result.model_dump(mode="json")


async def _write(ctx: JobContext, payload: ExportBody) -> dict[str, Any]:
    try:
        going = Export.of(ctx.database, payload)
    except ProblemError as problem:
        raise JobError(problem.code.value, problem.detail) from problem
    async with ctx.database.work() as work, work.reading() as session:
        person = await acting(session, ctx.user_id)
    if person is None or not person.holds(going.sheet.export):
        raise JobError("permission_denied", f"This needs the permission {going.sheet.export}.")
    total, key = await going.total(), new_key()
    widths = [column.width for column in going.columns]
    book: Book | None = None
    try:
        await in_thread(refuse_full_disk, ctx.settings, total * BYTES_OF_A_ROW)
        book = Book(path_of(ctx.settings, key), going.title, going.headings, widths)
        async for rows in going.batches():
            await in_thread(book.add, rows)
            await ctx.progress(0.95 * min(1.0, book.rows / max(total, 1)))
        size = await in_thread(book.save)
    except DiskFullError as error:
        raise JobError("disk_full", str(error)) from error
    finally:
        if book is not None:
            book.close()
    return {"key": key, "name": f"{going.title} {utc_now():%Y-%m-%d}.xlsx", "bytes": size, "rows": book.rows}


def refuse_full_disk(settings: Settings, needed: int) -> None:
    if free_bytes(settings.output_path) < needed + KEPT_FREE:
        raise DiskFullError("The disk is nearly full.")

"""The jobs of imports: the check, the import itself, the way back, and the sweep."""

import asyncio
from collections.abc import Sequence
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from app.core.clock import utc_now
from app.core.crud import Body
from app.core.database import Database
from app.core.files import PARTIAL, DiskFullError, in_thread, new_key, old_files
from app.core.principal import Principal, acting
from app.core.settings import Settings
from app.jobs import JobContext, JobError, schedule, task
from app.transfer.exports.tasks import LINK_HOURS
from app.transfer.imports import repository
from app.transfer.imports.annotated import annotate
from app.transfer.imports.doing import ROWS_AT_ONCE, Doing
from app.transfer.imports.errors import FileRefusedError
from app.transfer.imports.models import Import
from app.transfer.imports.reading import Reading, open_workbook
from app.transfer.imports.rows import Issue, Judge
from app.transfer.imports.schemas import OfImport
from app.transfer.imports.service import CHECK, DO, MOST_ROWS, UNDO, ended, sheet_of
from app.transfer.imports.undo import UndoneBatch, undo_some
from app.transfer.permissions import IMPORT
from app.transfer.workbook import FOLDER, path_of

HOUR = 3600.0
MOST_ISSUES = 5_000  # more than anybody reads; the check stops there
GRACE_SECONDS = 3 * HOUR  # a file that is being written is touched more often
BREATH_SECONDS = 0.02  # between batches, so that others get their turn to write
FORGOTTEN_AT_ONCE = 500


async def _row(ctx: JobContext, import_id: int) -> Import:
    async with ctx.database.work() as work, work.reading() as session:
        row = await repository.imports.get(session, import_id)
    if row is None:
        raise JobError("not_found", "The import is not there any more.")
    return row


async def _person(ctx: JobContext) -> Principal:
    async with ctx.database.work() as work, work.reading() as session:
        person = await acting(session, ctx.user_id)
    if person is None or not person.holds(IMPORT):
        raise JobError("permission_denied", "Who asked for it may not do this any more.")
    return person


async def _opened(ctx: JobContext, row: Import) -> tuple[Reading, Doing]:
    sheet, importing = sheet_of(row)
    person = await _person(ctx)
    try:
        most = await ctx.parameters.get(MOST_ROWS)
        reading = await in_thread(open_workbook, path_of(ctx.settings, row.file_key), sheet, most)
    except FileRefusedError as error:
        raise JobError(error.code, error.message, details=error.details) from error
    judge = Judge(sheet, importing, reading, ZoneInfo(row.time_zone))
    async with ctx.database.work() as work, work.reading() as session:
        await judge.prepare(session)
    given = await importing.prepare() if importing.prepare is not None else {}
    return reading, Doing(ctx.database, sheet, importing, judge, person, given)


def _as_rows(import_id: int, stage: str, issues: Sequence[Issue]) -> list[dict[str, Any]]:
    return [
        {
            "import_id": import_id,
            "stage": stage,
            "row": issue.row,
            "cell": issue.place.cell(issue.row) if issue.place else None,
            "heading": issue.place.heading[:200] if issue.place else None,
            "code": issue.code[:64],
            "message": issue.message,
        }
        for issue in issues
    ]


@task(CHECK, payload=OfImport, queue="files", time_limit=4 * HOUR, retryable=False, on_end=ended)
async def check(ctx: JobContext, payload: OfImport) -> dict[str, Any]:
    row = await _row(ctx, payload.import_id)
    reading, doing = await _opened(ctx, row)
    async with ctx.database.work() as work:
        await repository.forget_issues(await work.writing(), row.id, "check")
    made = changed = same = wrong = seen = 0
    while wrong < MOST_ISSUES and (batch := reading.some(ROWS_AT_ONCE)):
        done = await doing.check(batch)
        made, changed, same = made + done.made, changed + done.changed, same + done.same
        issues = sorted(done.issues, key=lambda issue: (issue.row, issue.place.position if issue.place else -1))
        if issues:
            async with ctx.database.work() as work:
                await repository.add_issues(await work.writing(), _as_rows(row.id, "check", issues))
        wrong, seen = wrong + len(issues), seen + len(batch)
        await ctx.progress(0.95 * seen / reading.row_count)
        await asyncio.sleep(BREATH_SECONDS)
    return {
        "row_count": seen,
        "create_count": made,
        "update_count": changed,
        "same_count": same,
        "error_count": wrong,
        "ignored": reading.ignored,
        "annotated_key": await _annotated(ctx, row) if wrong else None,
    }


async def _annotated(ctx: JobContext, row: Import) -> str:
    sheet, _ = sheet_of(row)
    key, most = new_key(), await ctx.parameters.get(MOST_ROWS)
    async with ctx.database.work() as work, work.reading() as session:
        issues = await repository.all_issues(session, row.id)
    source, target = path_of(ctx.settings, row.file_key), path_of(ctx.settings, key)
    try:
        await in_thread(annotate, source, target, sheet, row.locale, issues, most)
    except DiskFullError as error:
        raise JobError("disk_full", str(error)) from error
    return key


@task(DO, payload=OfImport, queue="files", time_limit=6 * HOUR, retryable=False, on_end=ended)
async def do_import(ctx: JobContext, payload: OfImport) -> dict[str, Any]:
    """Batch by batch, each committed with how far it is: after a crash it goes on behind the last one."""
    row = await _row(ctx, payload.import_id)
    reading, doing = await _opened(ctx, row)
    reading.some(row.done_rows)
    counts = [0, 0, 0, 0] if not row.done_rows else [
        row.create_count, row.update_count, row.same_count, row.error_count,
    ]  # fmt: skip
    seen = row.done_rows
    while batch := reading.some(ROWS_AT_ONCE):
        async with ctx.database.work() as work:
            done = await doing.do(work, batch, row.id)
            session = await work.writing()
            await repository.add_issues(session, _as_rows(row.id, "import", done.issues))
            seen += len(batch)
            counts = [
                count + more
                for count, more in zip(counts, (done.made, done.changed, done.same, len(done.issues)), strict=True)
            ]
            await repository.set_counts(session, row.id, seen, counts)
        await ctx.progress(seen / reading.row_count)
        await asyncio.sleep(BREATH_SECONDS)
    return dict(zip(("created", "updated", "same", "refused"), counts, strict=True))


@task(UNDO, payload=OfImport, queue="files", time_limit=6 * HOUR, retryable=False, on_end=ended)
async def undo(ctx: JobContext, payload: OfImport) -> dict[str, Any]:
    """The last rows first. Rows that were changed since stay as they are, and are named."""
    row = await _row(ctx, payload.import_id)
    sheet, importing = sheet_of(row)
    person = await _person(ctx)
    total, batch = max(row.create_count + row.update_count, 1), UndoneBatch()
    async with ctx.database.work() as work:
        await repository.forget_issues(await work.writing(), row.id, "undo")
        await repository.set_undone(await work.writing(), row.id, 0, 0, anew=True)
    undone = kept = 0
    while True:
        async with ctx.database.work() as work:
            work.principal = person
            session = await work.writing()
            batch = await undo_some(session, sheet, importing, row.id, batch.last, ROWS_AT_ONCE)
            await repository.add_issues(session, _as_rows(row.id, "undo", batch.issues))
            await repository.set_undone(session, row.id, batch.undone, len(batch.issues))
        if not batch.seen:
            return {"undone": undone, "kept": kept}
        undone, kept = undone + batch.undone, kept + len(batch.issues)
        await ctx.progress(min(1.0, (undone + kept) / total))
        await asyncio.sleep(BREATH_SECONDS)


class Sweep(Body):
    """Without arguments."""


@task("transfer.sweep", payload=Sweep, queue="system", user_may_cancel=False, retryable=False)
async def sweep(ctx: JobContext, payload: Sweep) -> dict[str, Any]:
    files = await _remove_old_files(ctx.settings, ctx.database, HOUR * await ctx.parameters.get(LINK_HOURS))
    removed = 0
    while some := await _forget_old_imports(ctx.database):
        removed += some
    return {"files": files, "changes": removed}


async def _remove_old_files(settings: Settings, database: Database, seconds: float) -> int:
    """Exports whose link has ended, what was never finished, and files of imports that need them no more."""
    folder = settings.output_path / FOLDER
    old = await asyncio.to_thread(old_files, folder, seconds)
    unfinished = [path for path in await asyncio.to_thread(old_files, folder, GRACE_SECONDS) if path.suffix == PARTIAL]
    async with database.work() as work, work.reading() as session:
        kept = await repository.kept_keys(session, utc_now())
    useless = {path for path in old if path.name.partition(".")[0] not in kept} | set(unfinished)
    await asyncio.to_thread(_unlink, useless)
    return len(useless)


def _unlink(paths: set[Path]) -> None:
    for path in paths:
        path.unlink(missing_ok=True)


async def _forget_old_imports(database: Database) -> int:
    """What rows were before an import that cannot be taken back any more, a few at a time."""
    async with database.work() as work:
        return await repository.forget_changes(await work.writing(), utc_now(), FORGOTTEN_AT_ONCE)


schedule("transfer.sweep", Sweep(), every=HOUR)

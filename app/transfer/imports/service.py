"""Imports: who may, what comes next, and what the end of each job means."""

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from app.core.clock import utc_now
from app.core.crud import Page, Service
from app.core.database import SETTINGS
from app.core.errors import ErrorCode, ProblemError
from app.core.parameters import declare_parameter
from app.core.principal import Principal
from app.core.sheets import Importing, Sheet, find_sheet
from app.jobs import Job, JobState, enqueue
from app.transfer.exports.links import workbook_link
from app.transfer.exports.service import known_sheet
from app.transfer.imports import repository
from app.transfer.imports.errors import wrong_state
from app.transfer.imports.models import Import, ImportState
from app.transfer.imports.schemas import (
    ImportAnswer,
    ImportAsk,
    ImportIssueAnswer,
    ImportQuery,
    IssueQuery,
    OfImport,
    OwnImportQuery,
)

CHECK, DO, UNDO = "transfer.check", "transfer.import", "transfer.undo"
HOUR = 3600
LINK_SECONDS = 24 * HOUR
LONGEST_NAME = 200

MOST_ROWS = declare_parameter(
    "transfer.import_rows",
    "integer",
    100_000,
    "Most rows of an import",
    "A workbook with more rows is refused. The worker keeps the whole sheet in memory: 100,000 rows of ten columns "
    "take about 80 MB.",
    least=1,
)
UNDO_HOURS = declare_parameter(
    "transfer.undo_hours",
    "integer",
    24,
    "Hours to take an import back",
    "For so long an upload can be confirmed, and what it did be taken back.",
    least=1,
)


def importing_of(sheet: Sheet) -> Importing:
    if sheet.importing is None:
        raise ProblemError(ErrorCode.NOT_FOUND)
    return sheet.importing


def may_import(principal: Principal, sheet: Sheet) -> bool:
    """Making or changing; each row needs the right for what becomes of it."""
    importing = sheet.importing
    return importing is not None and any(map(principal.holds, (importing.labels.create, importing.labels.update)))


def refuse_unless_importing(principal: Principal, sheet: Sheet) -> Importing:
    importing = importing_of(sheet)
    if not may_import(principal, sheet):
        raise ProblemError(ErrorCode.PERMISSION_DENIED, f"This needs the permission {importing.labels.create}.")
    return importing


class ImportService(Service[Import, ImportAnswer]):
    def title(self, row: Import) -> str:
        return row.file_name

    async def more(self, session: AsyncSession, rows: Sequence[Import]) -> Mapping[int, Mapping[str, Any]]:
        settings, now = session.info[SETTINGS], utc_now()
        return {
            row.id: {
                "annotated_url": workbook_link(settings, row.annotated_key, LINK_SECONDS, f"! {row.file_name}")
                if row.annotated_key and row.kept_until > now
                else None,
                "may_confirm": row.kept_until > now and _is_ready(row),
                "may_undo": row.kept_until > now and _is_done(row),
            }
            for row in rows
        }

    async def own_page(self, session: AsyncSession, query: ImportQuery, principal: Principal) -> Page[ImportAnswer]:
        return await self.page(session, OwnImportQuery(**query.model_dump(), creator_id=principal.user_id))

    async def own(self, session: AsyncSession, id_: int, principal: Principal) -> Import:
        """Another's is not there."""
        row = await self.get(session, id_)
        if row.creator_id != principal.user_id:
            raise ProblemError(ErrorCode.NOT_FOUND)
        return row

    async def issues(
        self, session: AsyncSession, row: Import, query: IssueQuery
    ) -> tuple[list[ImportIssueAnswer], int]:
        offset = (query.page - 1) * query.page_size
        found, total = await repository.issues_page(session, row.id, offset, query.page_size)
        return [ImportIssueAnswer.model_validate(each, from_attributes=True) for each in found], total

    # What people do.

    async def begin(
        self, session: AsyncSession, principal: Principal, ask: ImportAsk, name: str, key: str, size: int, hours: int
    ) -> Import:
        """Take a file in, to be checked."""
        row = Import(
            resource=ask.resource,
            file_name=name[:LONGEST_NAME] or f"{ask.resource}.xlsx",
            file_key=key,
            bytes=size,
            locale=ask.locale,
            time_zone=ask.time_zone,
            kept_until=utc_now() + timedelta(hours=hours),
        )
        session.add(row)
        await session.flush()
        await self._next(session, principal, row, CHECK, ImportState.CHECKING)
        return row

    async def confirm(self, session: AsyncSession, principal: Principal, id_: int, hours: int) -> Import:
        row = await self.own(session, id_, principal)
        refuse_unless_importing(principal, known_sheet(row.resource))
        if not _is_ready(row) or row.kept_until <= utc_now():
            raise wrong_state("Only a file without mistakes, checked not long ago, can be imported.")
        row.kept_until = utc_now() + timedelta(hours=hours)
        await self._next(session, principal, row, DO, ImportState.IMPORTING)
        return row

    async def undo(self, session: AsyncSession, principal: Principal, id_: int) -> Import:
        row = await self.own(session, id_, principal)
        refuse_unless_importing(principal, known_sheet(row.resource))
        if not _is_done(row) or row.kept_until <= utc_now():
            raise wrong_state("There is nothing that could be taken back any more.")
        await self._next(session, principal, row, UNDO, ImportState.UNDOING)
        return row

    async def _next(
        self, session: AsyncSession, principal: Principal, row: Import, kind: str, state: ImportState
    ) -> None:
        payload = OfImport(import_id=row.id)
        job = await enqueue(session, kind, payload, user_id=principal.user_id, title=row.file_name)
        row.state, row.job_id, row.failure = state, job.id, None
        await self.changed(session)


def _is_ready(row: Import) -> bool:
    return row.state == ImportState.BROKEN_OFF or (row.state == ImportState.CHECKED and row.error_count == 0)


def _is_done(row: Import) -> bool:
    return row.state in (ImportState.DONE, ImportState.BROKEN_OFF)


service = ImportService("import", "imports", repository.imports, ImportAnswer)


# What the ends of jobs mean: in the transaction that ends them.


async def ended(session: AsyncSession, job: Job) -> None:
    row = await repository.imports.get(session, job.payload["import_id"])
    if row is None or row.job_id != job.id:
        return
    went_well = job.state == JobState.DONE
    row.state = {
        CHECK: ImportState.CHECKED if went_well else ImportState.REFUSED,
        DO: ImportState.DONE if went_well else ImportState.BROKEN_OFF,
        UNDO: ImportState.UNDONE if went_well else ImportState.BROKEN_OFF,
    }[job.kind]
    if not went_well:
        code = "cancelled" if job.state == JobState.CANCELLED else job.error_code
        row.failure = {"code": code, "message": job.error_message or "It was stopped.", "details": job.error_details}
    elif job.kind == CHECK and job.result is not None:
        for name, value in job.result.items():
            setattr(row, name, value)
    await session.flush()


def sheet_of(row: Import) -> tuple[Sheet, Importing]:
    sheet = find_sheet(row.resource)
    if sheet is None or sheet.importing is None:
        raise LookupError(row.resource)
    return sheet, sheet.importing

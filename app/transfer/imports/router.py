"""/api/v1/imports and /api/v1/sheets"""

import asyncio
import os
from typing import Annotated, Any, BinaryIO

from fastapi import Query, Response, UploadFile

from app.core.crud import NOT_FOUND, NOT_FOUND_OR_CONFLICT, Code, Page, PathId
from app.core.dependencies import PrincipalWork, ReadSession, SettingsDependency, WriteSession
from app.core.errors import ErrorCode, ProblemError, problem_responses
from app.core.files import (
    FOLDER_MODE,
    KEPT_FREE,
    DiskFullError,
    as_disk_full,
    attachment,
    free_bytes,
    new_key,
    open_partial,
)
from app.core.parameters import ParametersDependency
from app.core.permissions import require, self_
from app.core.principal import CurrentPrincipal, Principal
from app.core.routing import Router
from app.core.settings import Settings
from app.core.sheets import Locale, Sheet, all_sheets
from app.core.sheets.values import say
from app.jobs import Accepted, accepted, locate
from app.transfer.exports.schemas import SheetAnswer, SheetColumn
from app.transfer.exports.service import known_sheet
from app.transfer.imports.errors import FileRefusedError
from app.transfer.imports.schemas import (
    ImportAnswer,
    ImportAsk,
    ImportIssueAnswer,
    ImportQuery,
    ImportStarted,
    IssueQuery,
)
from app.transfer.imports.service import UNDO_HOURS, may_import, refuse_unless_importing, service
from app.transfer.imports.template import template
from app.transfer.imports.upload import refuse_unless_workbook
from app.transfer.permissions import IMPORT
from app.transfer.workbook import MEDIA_TYPE, path_of

router = Router(prefix="/imports", tags=["transfer"])
sheets = Router(prefix="/sheets", tags=["transfer"])

PIECE = 1024 * 1024
DENIED = problem_responses(ErrorCode.PERMISSION_DENIED)
WORKBOOK: dict[int | str, dict[str, Any]] = {200: {"content": {MEDIA_TYPE: {}}}}
TOO_MUCH = problem_responses(ErrorCode.PAYLOAD_TOO_LARGE, ErrorCode.DISK_FULL)

LocaleQuery = Annotated[Locale, Query(description="Of the words in it.")]


class ImportPage(Page[ImportAnswer]):
    """One page of one's own imports."""


class ImportIssuePage(Page[ImportIssueAnswer]):
    """Some of what is wrong."""


def _answer(principal: Principal, sheet: Sheet, locale: Locale) -> SheetAnswer:
    imported = sheet.imported()
    return SheetAnswer(
        resource=sheet.resource,
        title=say(sheet.title, locale),
        may_export=principal.holds(sheet.export),
        may_import=principal.holds(IMPORT) and may_import(principal, sheet),
        columns=[
            SheetColumn(name=each.name, heading=say((each.en, each.zh), locale), is_imported=each in imported)
            for each in sheet.columns
        ],
    )


@sheets.get("", dependencies=[self_()])
async def list_sheets(principal: CurrentPrincipal, locale: LocaleQuery = "en") -> list[SheetAnswer]:
    """The lists that the caller may export or import, with their columns."""
    found = [_answer(principal, sheet, locale) for sheet in all_sheets()]
    return [answer for answer in found if answer.may_export or answer.may_import]


@sheets.get(
    "/{resource}/template",
    dependencies=[require(IMPORT)],
    response_class=Response,
    responses=NOT_FOUND | DENIED | WORKBOOK,
)
async def get_sheet_template(
    session: ReadSession, principal: CurrentPrincipal, resource: Code, locale: LocaleQuery = "en"
) -> Response:
    """An empty workbook to fill in, with words about each column and drop-downs."""
    sheet = known_sheet(resource)
    refuse_unless_importing(principal, sheet)
    name = f"{say(sheet.title, locale)}.xlsx"
    headers = {"Content-Disposition": attachment(name, f"{resource}.xlsx"), "Cache-Control": "private, no-store"}
    return Response(await template(session, sheet, locale), media_type=MEDIA_TYPE, headers=headers)


@router.post("", status_code=202, dependencies=[require(IMPORT)], responses=NOT_FOUND | DENIED | TOO_MUCH)
async def upload_import(
    work: PrincipalWork,
    settings: SettingsDependency,
    parameters: ParametersDependency,
    principal: CurrentPrincipal,
    response: Response,
    ask: Annotated[ImportAsk, Query()],
    file: UploadFile,
) -> ImportStarted:
    """Take in a workbook and check it. Nothing is changed before it is confirmed."""
    refuse_unless_importing(principal, known_sheet(ask.resource))
    name, key = (file.filename or "").replace("\\", "/").rpartition("/")[2], new_key()
    try:
        await asyncio.to_thread(refuse_unless_workbook, file.file, name)
        size = await asyncio.to_thread(_keep, settings, key, file.file)
    except FileRefusedError as error:
        raise error.as_problem() from error
    except DiskFullError as error:
        raise ProblemError(ErrorCode.DISK_FULL, str(error)) from error
    session = await work.writing()
    row = await service.begin(session, principal, ask, name, key, size, await parameters.get(UNDO_HOURS))
    locate(response, row.job_id or 0)
    return ImportStarted(id=row.job_id or 0, import_id=row.id)


def _keep(settings: Settings, key: str, file: BinaryIO) -> int:
    path = path_of(settings, key)
    if free_bytes(settings.output_path) < KEPT_FREE:
        raise DiskFullError("The disk is nearly full.")
    file.seek(0)
    try:
        path.parent.mkdir(mode=FOLDER_MODE, parents=True, exist_ok=True)
        with open_partial(path) as descriptor, os.fdopen(os.dup(descriptor), "wb") as kept:
            while piece := file.read(PIECE):
                kept.write(piece)
        return path.stat().st_size
    except OSError as error:
        raise as_disk_full(error) from error


@router.get("", dependencies=[require(IMPORT)], response_model=ImportPage)
async def list_imports(
    session: ReadSession, principal: CurrentPrincipal, query: Annotated[ImportQuery, Query()]
) -> Page[ImportAnswer]:
    """One's own imports."""
    return await service.own_page(session, query, principal)


@router.get("/{id}", dependencies=[require(IMPORT)], responses=NOT_FOUND)
async def get_import(session: ReadSession, principal: CurrentPrincipal, id: PathId) -> ImportAnswer:
    """One of one's own imports."""
    return await service.one(session, await service.own(session, id, principal))


@router.get("/{id}/issues", dependencies=[require(IMPORT)], responses=NOT_FOUND)
async def list_import_issues(
    session: ReadSession, principal: CurrentPrincipal, id: PathId, query: Annotated[IssueQuery, Query()]
) -> ImportIssuePage:
    """What is wrong, by row and column; or which rows an undo left alone."""
    items, total = await service.issues(session, await service.own(session, id, principal), query)
    return ImportIssuePage(items=items, total=total, total_is_exact=True, page=query.page, page_size=query.page_size)


@router.post("/{id}/confirm", status_code=202, dependencies=[require(IMPORT)], responses=NOT_FOUND_OR_CONFLICT | DENIED)
async def confirm_import(
    session: WriteSession, principal: CurrentPrincipal, parameters: ParametersDependency, response: Response, id: PathId
) -> Accepted:
    """Do what was checked."""
    row = await service.confirm(session, principal, id, await parameters.get(UNDO_HOURS))
    return accepted(response, row.job_id or 0)


@router.post("/{id}/undo", status_code=202, dependencies=[require(IMPORT)], responses=NOT_FOUND_OR_CONFLICT | DENIED)
async def undo_import(session: WriteSession, principal: CurrentPrincipal, response: Response, id: PathId) -> Accepted:
    """Take it back, within the time that the import names. Rows that were changed since stay as they are."""
    row = await service.undo(session, principal, id)
    return accepted(response, row.job_id or 0)

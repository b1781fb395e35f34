"""/api/v1/exports"""

from typing import Annotated, Any

from fastapi import Query, Response
from fastapi.responses import FileResponse

from app.core.crud import NOT_FOUND
from app.core.dependencies import DatabaseDependency, SettingsDependency, WriteSession
from app.core.errors import ErrorCode, problem_responses
from app.core.files import attachment, send_file
from app.core.links import Expires, FileKey, Signature
from app.core.permissions import public, self_
from app.core.principal import CurrentPrincipal
from app.core.routing import Router
from app.jobs import Accepted, OnceDependency, accepted, enqueue
from app.transfer.exports.links import links, subject
from app.transfer.exports.schemas import ExportBody
from app.transfer.exports.service import Export, refuse_unless_held
from app.transfer.workbook import MEDIA_TYPE, place

router = Router(prefix="/exports", tags=["transfer"])

DENIED = problem_responses(ErrorCode.PERMISSION_DENIED)
BY_LINK = problem_responses(ErrorCode.NOT_FOUND, ErrorCode.LINK_INVALID)
WORKBOOK: dict[int | str, dict[str, Any]] = {200: {"content": {MEDIA_TYPE: {}}}}


@router.post(
    "",
    status_code=202,
    dependencies=[self_()],
    responses=NOT_FOUND | DENIED | problem_responses(ErrorCode.IDEMPOTENCY_CONFLICT),
)
async def export_list(
    session: WriteSession,
    database: DatabaseDependency,
    principal: CurrentPrincipal,
    response: Response,
    once: OnceDependency,
    body: ExportBody,
) -> Accepted:
    """Write a list into a workbook, as it is filtered and sorted. The job's result has its link."""
    going = Export.of(database, body)
    refuse_unless_held(principal, going.sheet.export)
    job = await enqueue(
        session,
        "transfer.export",
        body,
        user_id=principal.user_id,
        idempotency_key=once,
        title=f"{going.title} → Excel",
    )
    return accepted(response, job.id)


@router.get("/{key}", dependencies=[public()], response_class=FileResponse, responses=BY_LINK | WORKBOOK)
async def get_workbook(
    settings: SettingsDependency,
    key: FileKey,
    expires: Expires,
    signature: Signature,
    name: Annotated[str, Query(max_length=200, pattern=r"^[^\x00-\x1f\x7f/\\]*$")] = "",
) -> Response:
    """A workbook, for whoever has its link. `name`: what it is to be saved as."""
    links.refuse_unsigned(settings, subject(key), expires, signature)
    headers = {
        "Cache-Control": "private, no-store",
        "Content-Disposition": attachment(name or f"{key[:8]}.xlsx", f"{key[:8]}.xlsx"),
    }
    return await send_file(settings, place(key), MEDIA_TYPE, headers)

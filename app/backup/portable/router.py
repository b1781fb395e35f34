"""/api/v1/data-exports"""

import asyncio

from fastapi import Response
from fastapi.responses import FileResponse

from app.backup.portable import service
from app.backup.portable.permissions import EXPORT
from app.backup.portable.schemas import DataExportCreate
from app.core.dependencies import SettingsDependency, WriteSession
from app.core.errors import ErrorCode, ProblemError, problem_responses
from app.core.links import Expires, FileKey, Signature
from app.core.permissions import public, require
from app.core.principal import CurrentPrincipal
from app.core.routing import Router
from app.jobs import Accepted, OnceDependency, accepted, enqueue

router = Router(prefix="/data-exports", tags=["data-exports"])


@router.post(
    "",
    status_code=202,
    dependencies=[require(EXPORT)],
    responses=problem_responses(ErrorCode.IDEMPOTENCY_CONFLICT),
)
async def export_data(
    session: WriteSession, principal: CurrentPrincipal, response: Response, once: OnceDependency, body: DataExportCreate
) -> Accepted:
    """Write all data to one file. The job's result has its link, which holds for a day."""
    job = await enqueue(session, "data.export", body, user_id=principal.user_id, idempotency_key=once)
    return accepted(response, job.id)


@router.get(
    "/{key}",
    dependencies=[public()],
    response_class=FileResponse,
    responses=problem_responses(ErrorCode.NOT_FOUND, ErrorCode.LINK_INVALID)
    | {200: {"content": {"application/zip": {}}}},
)
async def get_data_export(
    settings: SettingsDependency, key: FileKey, expires: Expires, signature: Signature
) -> Response:
    """The file, for whoever has its link."""
    service.links.refuse_unsigned(settings, service.subject(key), expires, signature)
    path = service.place(settings, key)
    if not await asyncio.to_thread(path.is_file):
        raise ProblemError(ErrorCode.NOT_FOUND)
    headers = {"Cache-Control": "private, no-store", "X-Accel-Buffering": "no"}
    return FileResponse(path, media_type="application/zip", filename=f"{settings.name}-data.zip", headers=headers)

"""/api/v1/operation-logs"""

from typing import Annotated

from fastapi import Query

from app.core.crud import NOT_FOUND, Moment, Page, PathId
from app.core.dependencies import ReadSession, WriteSession
from app.core.permissions import require
from app.core.routing import Router
from app.core.schemas import Removed
from app.system.operation_log import service
from app.system.operation_log.permissions import DELETE, GET
from app.system.operation_log.schemas import OperationLogAnswer, OperationLogDetail, OperationLogQuery

router = Router(prefix="/operation-logs", tags=["operation-logs"])

LogQuery = Annotated[OperationLogQuery, Query()]


class OperationLogPage(Page[OperationLogAnswer]):
    """One page of the operation log."""


@router.get("", dependencies=[require(GET)], response_model=OperationLogPage)
async def list_operation_logs(session: ReadSession, query: LogQuery) -> Page[OperationLogAnswer]:
    """What signed-in people changed or tried to, newest first."""
    return await service.log.page(session, query)


@router.get("/{id}", dependencies=[require(GET)], responses=NOT_FOUND)
async def get_operation_log(session: ReadSession, id: PathId) -> OperationLogDetail:
    """One operation, with what it changed."""
    row = await service.log.get(session, id)
    return OperationLogDetail.model_validate(row, from_attributes=True)


@router.delete("", dependencies=[require(DELETE)])
async def delete_operation_logs(session: WriteSession, before: Annotated[Moment, Query()]) -> Removed:
    """Remove entries older than `before`, a few thousand a request."""
    removed, more = await service.remove_before(session, before)
    return Removed(removed=removed, more=more)

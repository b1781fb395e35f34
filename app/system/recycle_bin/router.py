"""/api/v1/recycle-bin"""

from typing import Annotated

from fastapi import Path, Query

from app.core.crud import NOT_FOUND, NOT_FOUND_OR_CONFLICT, Ids, Page
from app.core.dependencies import ReadSession, WriteSession
from app.core.permissions import require
from app.core.routing import Router
from app.system.recycle_bin import service
from app.system.recycle_bin.permissions import GET, PURGE, RESTORE
from app.system.recycle_bin.schemas import RecycleBinQuery, RecycledResource, RecycledRow

router = Router(prefix="/recycle-bin", tags=["recycle-bin"])

Resource = Annotated[str, Path(max_length=64, description="As in the overview, such as `roles`.")]


class RecycleBinPage(Page[RecycledRow]):
    """One page of what was deleted of a resource."""


@router.get("", dependencies=[require(GET)])
async def list_recycle_bin(session: ReadSession) -> list[RecycledResource]:
    """Every resource with the number of its deleted rows."""
    return await service.overview(session)


@router.get("/{resource}", dependencies=[require(GET)], responses=NOT_FOUND, response_model=RecycleBinPage)
async def list_recycled(
    session: ReadSession, resource: Resource, query: Annotated[RecycleBinQuery, Query()]
) -> Page[RecycledRow]:
    """What was deleted of one resource, latest first."""
    return await service.page(session, resource, query)


@router.post("/{resource}/restore", status_code=204, dependencies=[require(RESTORE)], responses=NOT_FOUND_OR_CONFLICT)
async def restore_recycled(session: WriteSession, resource: Resource, body: Ids) -> None:
    """Bring rows back, all or none. A conflict when another has taken the name meanwhile."""
    await service.service_of(resource).restore(session, body.ids)


@router.post("/{resource}/purge", status_code=204, dependencies=[require(PURGE)], responses=NOT_FOUND_OR_CONFLICT)
async def purge_recycled(session: WriteSession, resource: Resource, body: Ids) -> None:
    """Remove rows for good, all or none. A conflict when something still refers to one of them."""
    await service.service_of(resource).purge(session, body.ids)

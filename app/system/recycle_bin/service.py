"""The recycle bin over every resource that registered itself (core/crud/registry.py)."""

from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from app.core.crud import Page, PageQuery, Service, names_of, recyclable
from app.core.errors import ErrorCode, ProblemError
from app.system.recycle_bin.schemas import RecycleBinQuery, RecycledResource, RecycledRow


def service_of(resource: str) -> Service[Any, Any]:
    found = recyclable().get(resource)
    if found is None:
        raise ProblemError(ErrorCode.NOT_FOUND, "There is no such resource.")
    return found


async def overview(session: AsyncSession) -> list[RecycledResource]:
    found = []
    for resource, service in recyclable().items():
        count, is_exact = await service.repository.deleted_count(session)
        title = resource.replace("_", " ").capitalize()
        found.append(RecycledResource(resource=resource, title=title, count=count, count_is_exact=is_exact))
    return found


async def page(session: AsyncSession, resource: str, query: RecycleBinQuery) -> Page[RecycledRow]:
    service = service_of(resource)
    rows = await service.repository.deleted_page(session, PageQuery(page=query.page, page_size=query.page_size))
    names = await names_of(session, [row.modifier_id for row in rows])
    total, is_exact = await service.repository.deleted_count(session)
    return Page[RecycledRow](
        items=[
            RecycledRow(
                id=row.id,
                title=service.title(row),
                deleted_at=row.modifier_time,
                deleted_by=names.get(row.modifier_id or 0),
            )
            for row in rows
        ],
        total=total,
        total_is_exact=is_exact,
        page=query.page,
        page_size=query.page_size,
    )

"""The routes of a resource. Their names are operation ids: list_roles, get_role, create_role, update_role, ..."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Annotated, Any

from fastapi import APIRouter, Path, Query, Request, Response

from app.core.crud.registry import register
from app.core.crud.schemas import LARGEST_ID, Body, Ids, IdsAndEnabled, PageQuery
from app.core.crud.service import Service
from app.core.dependencies import ReadSession, WriteSession
from app.core.errors import ErrorCode, problem_responses
from app.core.models import Record
from app.core.permissions import declare, require
from app.core.schemas import Answer

PathId = Annotated[int, Path(ge=1, le=LARGEST_ID)]
NOT_FOUND = problem_responses(ErrorCode.NOT_FOUND)
CONFLICT = problem_responses(ErrorCode.CONFLICT)
NOT_FOUND_OR_CONFLICT = NOT_FOUND | CONFLICT


@dataclass(frozen=True)
class Labels:
    get: str
    create: str
    update: str
    delete: str


def declare_labels(resource: str, plural: str) -> Labels:
    """The four labels that a resource has, with their meaning in words."""
    words = plural.replace("_", " ")
    return Labels(
        declare(f"perm:{resource}:get", f"See {words}"),
        declare(f"perm:{resource}:create", f"Create {words}"),
        declare(f"perm:{resource}:update", f"Change {words}"),
        declare(f"perm:{resource}:delete", f"Delete and restore {words}"),
    )


def add_routes(
    router: APIRouter,
    service: Service[Any, Any],
    labels: Labels,
    *,
    query: type[PageQuery],
    create: type[Body] | None = None,
    update: type[Body] | None = None,
    without: frozenset[str] = frozenset(),
) -> None:
    """Add the usual routes, but for those named in `without`. Routes with a fixed path of the resource come first.

    Without `create` or `update`, the domain writes that route itself, with the same name.
    """
    register(service)
    one, many = service.resource, service.plural
    answer: type[Answer] = service.answer
    model: type[Record] = service.repository.model

    async def list_(session: ReadSession, query: Any) -> Any:
        return await service.page(session, query)

    async def get(session: ReadSession, id: PathId) -> Any:
        return await service.one(session, await service.get(session, id))

    async def create_(session: WriteSession, request: Request, response: Response, body: Any) -> Any:
        row = await service.create(session, body.model_dump())
        response.headers["Location"] = f"{request.url.path}/{row.id}"
        return await service.one(session, row)

    async def update_(session: WriteSession, id: PathId, body: Any) -> Any:
        return await service.one(session, await service.update(session, id, body.model_dump(exclude_unset=True)))

    async def delete(session: WriteSession, id: PathId) -> None:
        await service.delete(session, [id])

    async def delete_batch(session: WriteSession, body: Ids) -> None:
        await service.delete(session, body.ids)

    async def restore(session: WriteSession, body: Ids) -> None:
        await service.restore(session, body.ids)

    async def enable(session: WriteSession, body: IdsAndEnabled) -> None:
        await service.enable(session, body.ids, is_enabled=body.is_enabled)

    def add(
        name: str, method: str, path: str, endpoint: Callable[..., Awaitable[Any]], label: str, **more: Any
    ) -> None:
        if name not in without:
            more["description"] = f"{name.replace('_', ' ').capitalize()}."
            router.add_api_route(path, endpoint, name=name, methods=[method], dependencies=[require(label)], **more)

    list_.__annotations__["query"] = Annotated[query, Query()]
    create_.__annotations__["body"], update_.__annotations__["body"] = create, update
    changes: dict[str, Any] = {"status_code": 204, "responses": NOT_FOUND_OR_CONFLICT}
    add(f"list_{many}", "GET", "", list_, labels.get, response_model=service.page_answer)
    if create:
        made: dict[str, Any] = {"status_code": 201, "responses": CONFLICT, "response_model": answer}
        add(f"create_{one}", "POST", "", create_, labels.create, **made)
    add(f"delete_{many}", "POST", "/batch-delete", delete_batch, labels.delete, **changes)
    add(f"restore_{many}", "POST", "/restore", restore, labels.delete, **changes)
    if hasattr(model, "is_enabled"):
        add(f"enable_{many}", "POST", "/batch-enable", enable, labels.update, **changes)
    add(f"get_{one}", "GET", "/{id}", get, labels.get, responses=NOT_FOUND, response_model=answer)
    if update:
        changed: dict[str, Any] = {"responses": NOT_FOUND_OR_CONFLICT, "response_model": answer}
        add(f"update_{one}", "PATCH", "/{id}", update_, labels.update, **changed)
    add(f"delete_{one}", "DELETE", "/{id}", delete, labels.delete, **changes)

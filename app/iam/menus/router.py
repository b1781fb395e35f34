"""/api/v1/menus and /api/v1/permissions, and the menu of whoever asks."""

from typing import Annotated

from fastapi import Depends, Query, Request

from app.core.crud import CONFLICT, NOT_FOUND, PathId, TimeQuery, add_routes
from app.core.dependencies import ReadSession, WriteSession
from app.core.permissions import require, self_
from app.core.principal import CurrentPrincipal
from app.core.routing import Router
from app.iam.menus import why
from app.iam.menus.permissions import GET_PERMISSIONS, LABELS
from app.iam.menus.rights import Rights
from app.iam.menus.schemas import (
    MenuAnswer,
    MenuCreate,
    MenuNode,
    MenuUpdate,
    PermissionAnswer,
    QuickAdd,
    RemovedWhole,
    Why,
    WhyQuery,
)
from app.iam.menus.service import service, tree_for

menus = Router(prefix="/menus", tags=["menus"])
permissions = Router(prefix="/permissions", tags=["permissions"])
own = Router(prefix="/users/me", tags=["menus"])


async def _rights(request: Request) -> Rights:
    rights: Rights = request.app.state.rights
    return rights


@own.get("/menus", dependencies=[self_()])
async def list_my_menus(principal: CurrentPrincipal, rights: Annotated[Rights, Depends(_rights)]) -> list[MenuNode]:
    """The pages that I may open: what the front end builds its routes from."""
    return tree_for(principal, await rights.menus())


@menus.get("", dependencies=[require(LABELS.get)])
async def list_menus(session: ReadSession) -> list[MenuAnswer]:
    """The whole tree as a flat list, in order; not paged."""
    return await service.everything(session)


@menus.post("/quick-add", status_code=201, dependencies=[require(LABELS.create)], responses=CONFLICT)
async def quick_add_menu(session: WriteSession, body: QuickAdd) -> list[MenuAnswer]:
    """A page and its usual buttons in one step; the page comes first."""
    return await service.answers(session, await service.quick_add(session, body))


@menus.post("/{id}/remove-whole", dependencies=[require(LABELS.delete)], responses=NOT_FOUND)
async def remove_whole_menu(session: WriteSession, id: PathId) -> RemovedWhole:
    """Delete a menu with everything below it. `restore` with the same ids takes it back."""
    ids = await service.remove_whole(session, id)
    return RemovedWhole(removed=len(ids), ids=ids)


add_routes(
    menus,
    service,
    LABELS,
    query=TimeQuery,
    create=MenuCreate,
    update=MenuUpdate,
    without=frozenset({"list_menus"}),
)


@permissions.get("", dependencies=[require(GET_PERMISSIONS)])
async def list_permissions(session: ReadSession) -> list[PermissionAnswer]:
    """Every permission label, where it hangs, and which roles tick it."""
    return await why.permissions(session)


@permissions.get("/why", dependencies=[require(GET_PERMISSIONS)], responses=NOT_FOUND)
async def explain_permission(session: ReadSession, query: Annotated[WhyQuery, Query()]) -> Why:
    """Why somebody holds a label, or why not."""
    return await why.why(session, query.user_id, query.label)

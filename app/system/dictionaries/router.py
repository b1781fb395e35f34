"""/api/v1/dictionaries and /api/v1/dictionary-items"""

from typing import Annotated

from fastapi import Query, Request

from app.core.crud import NOT_FOUND, Page, PathId, add_routes
from app.core.dependencies import ReadSession, WriteSession
from app.core.permissions import require, self_
from app.core.routing import Router
from app.core.versions import bump
from app.system.dictionaries.permissions import LABELS, REFRESH
from app.system.dictionaries.schemas import (
    Codes,
    DictionaryCreate,
    DictionaryEntry,
    DictionaryItemAnswer,
    DictionaryItemCreate,
    DictionaryItemQuery,
    DictionaryItemsQuery,
    DictionaryItemUpdate,
    DictionaryQuery,
    DictionaryUpdate,
)
from app.system.dictionaries.service import VERSION, CachedDictionaries, items, types

router = Router(prefix="/dictionaries", tags=["dictionaries"])
item_router = Router(prefix="/dictionary-items", tags=["dictionaries"])


@router.get("/by-code", dependencies=[self_()])
async def get_dictionaries_by_code(
    request: Request, codes: Annotated[Codes, Query()]
) -> dict[str, list[DictionaryEntry]]:
    """The entries of several dictionaries (codes with commas between); an unknown one is empty."""
    dictionaries: CachedDictionaries = request.app.state.dictionaries
    return await dictionaries.by_code(codes.split(","))


@router.post("/refresh-cache", status_code=204, dependencies=[require(REFRESH)])
async def refresh_dictionaries(session: WriteSession) -> None:
    """Have every worker read the dictionaries anew. Never needed after a change made here."""
    await bump(session, VERSION)


@router.get("/{id}/items", dependencies=[require(LABELS.get)], responses=NOT_FOUND, response_model=items.page_answer)
async def list_items_of_dictionary(
    session: ReadSession, id: PathId, query: Annotated[DictionaryItemsQuery, Query()]
) -> Page[DictionaryItemAnswer]:
    """The items of one dictionary."""
    await types.get(session, id)
    return await items.page(session, DictionaryItemQuery(type_id=id, **query.model_dump()))


add_routes(router, types, LABELS, query=DictionaryQuery, create=DictionaryCreate, update=DictionaryUpdate)
add_routes(
    item_router,
    items,
    LABELS,
    query=DictionaryItemQuery,
    create=DictionaryItemCreate,
    update=DictionaryItemUpdate,
)

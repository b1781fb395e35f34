"""/api/v1/conversations: everybody's own."""

from typing import Annotated, Any, Literal

from fastapi import Query, Request, Response, UploadFile
from starlette.responses import StreamingResponse

from app.chat.conversations import service, transfer
from app.chat.conversations.schemas import (
    Branch,
    ConversationAnswer,
    ConversationCreate,
    ConversationPage,
    ConversationQuery,
    ConversationUpdate,
    Imported,
)
from app.chat.permissions import USE
from app.core.crud import NOT_FOUND, Ids, Page, PathId
from app.core.dependencies import DatabaseDependency, PrincipalWork, ReadSession, WriteSession
from app.core.permissions import require
from app.core.principal import CurrentPrincipal
from app.core.routing import Router

router = Router(prefix="/conversations", tags=["conversations"])
Format = Literal["markdown", "json"]
JSON_FILE: dict[str, Any] = {"content": {"application/json": {}}}


@router.get("", dependencies=[require(USE)], response_model=ConversationPage)
async def list_conversations(
    session: ReadSession, principal: CurrentPrincipal, query: Annotated[ConversationQuery, Query()]
) -> Page[Any]:
    """One's own, pinned ones first, then the last used; `q` looks into titles and messages."""
    return await service.page(session, principal.user_id, query)


@router.post("", status_code=201, dependencies=[require(USE)])
async def create_conversation(
    session: WriteSession, principal: CurrentPrincipal, request: Request, response: Response, body: ConversationCreate
) -> ConversationAnswer:
    """Begin a conversation; what is left out is taken from the default model when it is first asked."""
    row = await service.create(session, principal.user_id, body)
    response.headers["Location"] = f"{request.url.path}/{row.id}"
    return service.answer(row)


@router.post("/batch-delete", status_code=204, dependencies=[require(USE)], responses=NOT_FOUND)
async def delete_conversations(session: WriteSession, principal: CurrentPrincipal, body: Ids) -> None:
    """Delete several; they can be restored for thirty days."""
    await service.delete(session, principal.user_id, body.ids)


@router.post("/restore", status_code=204, dependencies=[require(USE)], responses=NOT_FOUND)
async def restore_conversations(session: WriteSession, principal: CurrentPrincipal, body: Ids) -> None:
    """Take back that they were deleted."""
    await service.restore(session, principal.user_id, body.ids)


@router.get("/export", dependencies=[require(USE)], response_class=StreamingResponse, responses={200: JSON_FILE})
async def export_conversations(database: DatabaseDependency, principal: CurrentPrincipal) -> StreamingResponse:
    """All of one's own, archived ones too, as JSON."""
    return StreamingResponse(
        transfer.all_as_json(database, principal.user_id),
        media_type="application/json",
        headers=transfer.file_name(None, "json"),
    )


@router.post("/import", status_code=201, dependencies=[require(USE)])
async def import_conversations(work: PrincipalWork, principal: CurrentPrincipal, file: UploadFile) -> Imported:
    """Take in what was exported as JSON, beside what is there."""
    return Imported(imported=await transfer.take_in(work, principal.user_id, await file.read()))


@router.get("/{id}", dependencies=[require(USE)], responses=NOT_FOUND)
async def get_conversation(session: ReadSession, principal: CurrentPrincipal, id: PathId) -> ConversationAnswer:
    """One of one's own."""
    return await service.one(session, await service.own(session, principal.user_id, id))


@router.patch("/{id}", dependencies=[require(USE)], responses=NOT_FOUND)
async def update_conversation(
    session: WriteSession, principal: CurrentPrincipal, id: PathId, body: ConversationUpdate
) -> ConversationAnswer:
    """Rename, pin, archive, set up, or choose the branch that is shown; only what is sent changes."""
    row = await service.update(session, principal.user_id, id, body.model_dump(exclude_unset=True))
    return await service.one(session, row)


@router.delete("/{id}", status_code=204, dependencies=[require(USE)], responses=NOT_FOUND)
async def delete_conversation(session: WriteSession, principal: CurrentPrincipal, id: PathId) -> None:
    """Delete it; it can be restored for thirty days."""
    await service.delete(session, principal.user_id, [id])


@router.get("/{id}/messages", dependencies=[require(USE)], responses=NOT_FOUND)
async def list_messages(session: ReadSession, principal: CurrentPrincipal, id: PathId) -> Branch:
    """The branch that is shown, from the first message to the last."""
    return await service.shown_branch(session, await service.own(session, principal.user_id, id))


@router.get(
    "/{id}/export",
    dependencies=[require(USE)],
    response_class=Response,
    responses={200: {"content": {"application/json": {}, "text/markdown": {}}}, **NOT_FOUND},
)
async def export_conversation(
    session: ReadSession, principal: CurrentPrincipal, id: PathId, format: Annotated[Format, Query()] = "markdown"
) -> Response:
    """As Markdown (the branch that is shown) or as JSON (every version)."""
    row = await service.own(session, principal.user_id, id)
    if format == "json":
        text, kind, ending = await transfer.as_json(session, row), "application/json", "json"
    else:
        text, kind, ending = await transfer.as_markdown(session, row), "text/markdown; charset=utf-8", "md"
    return Response(text.encode("utf-8"), media_type=kind, headers=transfer.file_name(row, ending))

"""/api/v1/inbox: everybody's own."""

from typing import Annotated

from fastapi import Query

from app.core.crud import NOT_FOUND, Ids
from app.core.dependencies import ReadSession, SettingsDependency, WriteSession
from app.core.permissions import self_
from app.core.principal import CurrentPrincipal
from app.core.routing import Router
from app.notify.inbox import repository, service
from app.notify.inbox.schemas import (
    IdsAndRead,
    InboxPage,
    InboxPreferences,
    InboxPreferenceUpdate,
    InboxQuery,
    Unread,
)

router = Router(prefix="/inbox", tags=["inbox"])


@router.get("", dependencies=[self_()])
async def list_inbox(
    session: ReadSession, principal: CurrentPrincipal, query: Annotated[InboxQuery, Query()]
) -> InboxPage:
    """What one was told, newest first."""
    return await service.page(session, principal, query)


@router.get("/unread", dependencies=[self_()])
async def count_unread(session: ReadSession, principal: CurrentPrincipal) -> Unread:
    """How many are unread. The event `inbox` says when to ask again."""
    return Unread(unread=await repository.unread(session, principal.user_id))


@router.post("/mark", dependencies=[self_()], status_code=204, responses=NOT_FOUND)
async def mark_inbox(session: WriteSession, principal: CurrentPrincipal, body: IdsAndRead) -> None:
    """Mark as read or unread."""
    await service.mark(session, principal, body.ids, is_read=body.is_read)


@router.post("/mark-all", dependencies=[self_()], status_code=204)
async def mark_all_inbox(session: WriteSession, principal: CurrentPrincipal) -> None:
    """Mark everything as read."""
    await service.mark_all(session, principal)


@router.post("/batch-delete", dependencies=[self_()], status_code=204, responses=NOT_FOUND)
async def delete_inbox(session: WriteSession, principal: CurrentPrincipal, body: Ids) -> None:
    """Delete."""
    await service.delete(session, principal, body.ids)


@router.post("/restore", dependencies=[self_()], status_code=204, responses=NOT_FOUND)
async def restore_inbox(session: WriteSession, principal: CurrentPrincipal, body: Ids) -> None:
    """Undo a deletion."""
    await service.restore(session, principal, body.ids)


@router.get("/preferences", dependencies=[self_()])
async def get_inbox_preferences(
    session: ReadSession, principal: CurrentPrincipal, settings: SettingsDependency
) -> InboxPreferences:
    """Which kinds one wants in the inbox and by mail."""
    return await service.preferences(session, principal, sends_mail=settings.sends_mail)


@router.put("/preferences", dependencies=[self_()], status_code=204)
async def set_inbox_preference(session: WriteSession, principal: CurrentPrincipal, body: InboxPreferenceUpdate) -> None:
    """Choose for one kind."""
    await service.prefer(session, principal, body)

"""/api/v1/outbox"""

from typing import Annotated, Any

from fastapi import Query

from app.core.crud import NOT_FOUND_OR_CONFLICT, Ids
from app.core.dependencies import ReadSession, WriteSession
from app.core.permissions import require
from app.core.routing import Router
from app.notify import service
from app.notify.permissions import GET, UPDATE
from app.notify.schemas import OutboxMessageQuery

router = Router(prefix="/outbox", tags=["outbox"])


@router.get("", dependencies=[require(GET)], response_model=service.service.page_answer)
async def list_outbox(session: ReadSession, query: Annotated[OutboxMessageQuery, Query()]) -> Any:
    """Every mail and every message to a channel, newest first."""
    return await service.service.page(session, query)


@router.post("/retry", dependencies=[require(UPDATE)], status_code=204, responses=NOT_FOUND_OR_CONFLICT)
async def retry_outbox(session: WriteSession, body: Ids) -> None:
    """Send again what failed."""
    await service.retry(session, body.ids)


@router.post("/cancel", dependencies=[require(UPDATE)], status_code=204, responses=NOT_FOUND_OR_CONFLICT)
async def cancel_outbox(session: WriteSession, body: Ids) -> None:
    """Call off what has not been sent."""
    await service.cancel(session, body.ids)

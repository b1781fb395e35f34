"""/api/v1/conversations/{id}/messages and /api/v1/messages: asking, asking again, stopping."""

from fastapi import Response

from app.chat.answers import service
from app.chat.answers.schemas import MessageCreate, Regenerate, Sent, Stopping
from app.chat.permissions import USE
from app.core.crud import NOT_FOUND, PathId
from app.core.dependencies import PrincipalWork, WriteSession
from app.core.errors import ErrorCode, problem_responses
from app.core.permissions import require
from app.core.principal import CurrentPrincipal
from app.core.routing import Router
from app.jobs import OnceDependency, locate

router = Router(tags=["messages"])
REFUSED = NOT_FOUND | problem_responses(ErrorCode.ANSWER_RUNNING, ErrorCode.IDEMPOTENCY_CONFLICT)


@router.post("/conversations/{id}/messages", status_code=202, dependencies=[require(USE)], responses=REFUSED)
async def send_message(
    work: PrincipalWork,
    principal: CurrentPrincipal,
    response: Response,
    once: OnceDependency,
    id: PathId,
    body: MessageCreate,
) -> Sent:
    """Ask. The question is kept before any model is asked; the answer comes as events of the job."""
    conversation, provider = await service.asked(work, principal.user_id, id)
    sent = await service.send(await work.writing(), conversation, provider, body, once)
    locate(response, sent.id)
    return sent


@router.post("/messages/{id}/regenerate", status_code=202, dependencies=[require(USE)], responses=REFUSED)
async def regenerate_message(
    session: WriteSession,
    principal: CurrentPrincipal,
    response: Response,
    once: OnceDependency,
    id: PathId,
    body: Regenerate,
) -> Sent:
    """Another version of an answer; the former one stays beside it."""
    sent = await service.regenerate(session, principal.user_id, id, body, once)
    locate(response, sent.id)
    return sent


@router.post("/messages/{id}/stop", status_code=202, dependencies=[require(USE)], responses=NOT_FOUND)
async def stop_message(session: WriteSession, principal: CurrentPrincipal, response: Response, id: PathId) -> Stopping:
    """Stop an answer: the model is freed, and what there is of it is kept."""
    stopping = await service.stop(session, principal.user_id, id)
    if stopping.id is not None:
        locate(response, stopping.id)
    return stopping

"""The route /api/v1/events."""

from collections.abc import AsyncIterator
from functools import partial
from typing import Annotated

from fastapi import Depends, Header, Request
from fastapi.sse import EventSourceResponse, ServerSentEvent

from app.core.errors import ErrorCode, problem_responses
from app.core.permissions import self_
from app.core.principal import bearer, current_principal
from app.core.routing import Router
from app.events.service import Feed, Listener

events = Router(prefix="/events", tags=["events"])


async def _feed(request: Request) -> Feed:
    feed: Feed = request.app.state.feed
    feed.refuse_if_full()
    return feed


async def _listener(
    request: Request,
    token: Annotated[str | None, Depends(bearer)],
    last_event_id: Annotated[
        int | None, Header(ge=0, lt=2**63, description="The last event that was seen: the stream goes on after it.")
    ] = None,
) -> Listener:
    return Listener(partial(current_principal, request, token), last_event_id)


@events.get(
    "",
    response_class=EventSourceResponse,
    dependencies=[self_()],
    responses=problem_responses(ErrorCode.SERVICE_UNAVAILABLE),
)
async def listen(
    feed: Annotated[Feed, Depends(_feed)], listener: Annotated[Listener, Depends(_listener)]
) -> AsyncIterator[ServerSentEvent]:
    """What happens, as it happens. Ends when the session ends or another instance took over: connect again."""
    async for event in feed.stream(listener):
        yield event

"""/api/v1/jobs"""

from hashlib import blake2b
from typing import Annotated, Any

from fastapi import Depends, Header, Query, Request, Response
from starlette.responses import StreamingResponse

from app.core.crud import CONFLICT, NOT_FOUND, NOT_FOUND_OR_CONFLICT, Ids, PathId
from app.core.dependencies import DatabaseDependency, ReadSession, WriteSession
from app.core.errors import ErrorCode, problem_responses
from app.core.permissions import require, self_
from app.core.principal import CurrentPrincipal, bearer, current_principal
from app.core.routing import Router
from app.jobs import access, repository, service
from app.jobs.idempotency import OnceDependency
from app.jobs.permissions import UPDATE
from app.jobs.schemas import Accepted, JobAnswer, JobPage, JobQuery, JobUpdate, Ping, accepted
from app.jobs.stream import JobFeed
from app.jobs.tasks import PING

router = Router(prefix="/jobs", tags=["jobs"])

IDEMPOTENT = problem_responses(ErrorCode.IDEMPOTENCY_CONFLICT)
UNCHANGED: dict[int | str, dict[str, Any]] = {304: {"description": "It is as it was when it had this ETag."}}


class EventStream(StreamingResponse):
    """Of whole events as bytes. The framework's own passes each through a channel, which 200 streams would feel."""

    media_type = "text/event-stream"


@router.get("/{id}", dependencies=[self_()], responses=NOT_FOUND | UNCHANGED, response_model=JobAnswer)
async def get_job(
    database: DatabaseDependency,
    principal: CurrentPrincipal,
    id: PathId,
    if_none_match: Annotated[str | None, Header(max_length=256)] = None,
) -> Response:
    """A job as it is now. Made for asking again and again: with `If-None-Match`, 304 while nothing has changed."""
    job = await access.find(database.points, principal, id)
    place = await repository.place_in_line(database.points, job)
    body = access.answer(principal, job, place).model_dump_json().encode()
    etag = f'W/"{blake2b(body, digest_size=8).hexdigest()}"'
    headers = {"ETag": etag, "Cache-Control": "no-cache"}
    if if_none_match is not None and etag in if_none_match:
        return Response(status_code=304, headers=headers)
    return Response(body, media_type="application/json", headers=headers)


@router.get("", dependencies=[self_()])
async def list_jobs(session: ReadSession, principal: CurrentPrincipal, query: Annotated[JobQuery, Query()]) -> JobPage:
    """One's own jobs, or, with `scope=all`, everybody's."""
    return await access.page(session, principal, query)


@router.post("/ping", status_code=202, dependencies=[self_()], responses=IDEMPOTENT)
async def ping_worker(
    session: WriteSession, response: Response, principal: CurrentPrincipal, once: OnceDependency, body: Ping
) -> Accepted:
    """Start a job that does nothing but answer: the text, and which worker of which release did it."""
    job = await service.enqueue(session, PING, body, user_id=principal.user_id, idempotency_key=once, title="Ping")
    return accepted(response, job.id)


@router.post("/batch-delete", status_code=204, dependencies=[self_()], responses=NOT_FOUND_OR_CONFLICT)
async def delete_jobs(session: WriteSession, principal: CurrentPrincipal, body: Ids) -> None:
    """Delete finished jobs."""
    await access.delete(session, principal, body.ids)


@router.post("/restore", status_code=204, dependencies=[self_()], responses=NOT_FOUND)
async def restore_jobs(session: WriteSession, principal: CurrentPrincipal, body: Ids) -> None:
    """Bring deleted jobs back."""
    await access.restore(session, principal, body.ids)


async def _feed(request: Request) -> JobFeed:
    feed: JobFeed = request.app.state.job_feed
    feed.refuse_if_full()
    return feed


@router.get(
    "/{id}/events",
    dependencies=[self_()],
    response_class=EventStream,
    responses=NOT_FOUND | problem_responses(ErrorCode.SERVICE_UNAVAILABLE),
)
async def listen_to_job(
    request: Request,
    database: DatabaseDependency,
    principal: CurrentPrincipal,
    token: Annotated[str | None, Depends(bearer)],
    feed: Annotated[JobFeed, Depends(_feed)],
    id: PathId,
    last_event_id: Annotated[
        int | None, Header(ge=0, lt=2**63, description="The last event that was seen: the stream goes on after it.")
    ] = None,
) -> EventStream:
    """What the job tells, from its start or from the last event seen, to its `end`, after which the stream closes.

    `state` and `progress` come from every job, others from those of its kind. A stream that closes without an `end`
    is to be opened again.
    """
    in_full = access.is_for(principal, await access.find(database.points, principal, id))
    stream = feed.stream(id, last_event_id, lambda: current_principal(request, token), in_full=in_full)
    headers = {"Cache-Control": "no-cache", "X-Accel-Buffering": "no"}
    return EventStream(stream, headers=headers)


@router.post("/{id}/cancel", status_code=202, dependencies=[self_()], responses=NOT_FOUND_OR_CONFLICT)
async def cancel_job(session: WriteSession, response: Response, principal: CurrentPrincipal, id: PathId) -> Accepted:
    """A queued job ends at once; a running one is stopped, which takes a moment."""
    await access.cancel(session, principal, id)
    return accepted(response, id)


@router.post("/{id}/retry", status_code=202, dependencies=[self_()], responses=NOT_FOUND_OR_CONFLICT)
async def retry_job(session: WriteSession, response: Response, principal: CurrentPrincipal, id: PathId) -> Accepted:
    """The same again as a new job, linked to this one. Only what failed or was cancelled, and only once."""
    job = await access.retry(session, principal, id)
    return accepted(response, job.id)


@router.patch("/{id}", dependencies=[require(UPDATE)], responses=NOT_FOUND | CONFLICT)
async def update_job(
    session: WriteSession, database: DatabaseDependency, principal: CurrentPrincipal, id: PathId, body: JobUpdate
) -> JobAnswer:
    """Move a job in its line. Only while it is queued."""
    return await access.set_priority(session, database.points, principal, id, body.priority)


@router.delete("/{id}", status_code=204, dependencies=[self_()], responses=NOT_FOUND_OR_CONFLICT)
async def delete_job(session: WriteSession, principal: CurrentPrincipal, id: PathId) -> None:
    """Delete a finished job."""
    await access.delete(session, principal, [id])

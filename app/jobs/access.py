"""What somebody may see and do of jobs, and how they are shown to them. To others a job is not there at all.

Who may see everybody's sees how they stand. What they tell and give is their owner's: words of
a chat, links to pictures.
"""

from collections.abc import Iterable, Sequence
from typing import cast

from pydantic import ValidationError
from sqlalchemy.ext.asyncio import AsyncSession

from app.core.database import PointReader
from app.core.errors import ErrorCode, ProblemError
from app.core.principal import Principal
from app.jobs import repository, service
from app.jobs.models import ENDED, Job, JobState
from app.jobs.permissions import DELETE, GET, UPDATE
from app.jobs.registry import find_task
from app.jobs.repository import JobView
from app.jobs.schemas import JobAnswer, JobFailure, JobPage, JobQuery, State

_ENDED_BADLY = frozenset({JobState.FAILED, JobState.CANCELLED})


async def find(points: PointReader, principal: Principal, job_id: int) -> JobView:
    """For the hottest path: one point read."""
    job = await repository.view(points, job_id)
    if job is None or not (job.user_id == principal.user_id or principal.holds(GET)):
        raise ProblemError(ErrorCode.NOT_FOUND)
    return job


def is_for(principal: Principal, job: JobView) -> bool:
    """Whether this person gets to see what the job tells and gives; of nobody's, whoever may see it does."""
    return job.user_id in (principal.user_id, None)


def answer(principal: Principal, job: JobView, place: int | None) -> JobAnswer:
    task = find_task(job.kind)
    is_own, decides = job.user_id == principal.user_id, principal.holds(UPDATE)
    error = None
    if job.error_code is not None:
        error = JobFailure(code=job.error_code, message=job.error_message or "", details=job.error_details)
    may_cancel = decides or (is_own and task is not None and task.user_may_cancel)
    may_retry = (is_own or decides) and task is not None and task.retryable and job.retried_by_id is None
    is_running = job.state == JobState.RUNNING
    return JobAnswer.model_construct(
        id=job.id,
        kind=job.kind,
        queue=job.queue,
        title=job.title,
        state=cast(State, job.state),
        cancelling=is_running and job.cancel_asked_at is not None,
        priority=-job.rank,
        progress=job.progress,
        progress_text=job.progress_text,
        place_in_line=place,
        result=job.result if is_for(principal, job) else None,
        error=error,
        retry_of_id=job.retry_of_id,
        retried_by_id=job.retried_by_id,
        user_id=job.user_id,
        user_name=job.user_name,
        attempts=job.attempts,
        created_at=job.created_at,
        started_at=job.started_at,
        finished_at=job.finished_at,
        may_cancel=may_cancel and job.state not in ENDED and job.cancel_asked_at is None,
        may_retry=may_retry and job.state in _ENDED_BADLY,
    )


async def page(session: AsyncSession, principal: Principal, query: JobQuery) -> JobPage:
    if query.scope == "all" and not principal.holds(GET):
        raise ProblemError(ErrorCode.PERMISSION_DENIED, f"This needs the permission {GET}.")
    if query.scope == "own":
        query = query.model_copy(update={"user_id": principal.user_id})
    rows = await repository.jobs.page(session, query)
    total, is_exact = await repository.jobs.count(session, query)
    views, places = await repository.views(session, rows), await repository.places(session, rows)
    return JobPage(
        items=[answer(principal, job, places.get(job.id)) for job in views],
        total=total,
        total_is_exact=is_exact,
        page=query.page,
        page_size=query.page_size,
    )


async def _theirs(
    session: AsyncSession, principal: Principal, ids: Iterable[int], label: str, *, deleted: bool = False
) -> Sequence[Job]:
    """Each of them, or not found. Who may see others' jobs hears that this needs a permission more."""
    wanted = set(ids)
    rows = await repository.jobs.many(session, wanted, deleted=deleted)
    seen = [job for job in rows if job.user_id == principal.user_id or principal.holds(GET)]
    if len(seen) != len(wanted):
        raise ProblemError(ErrorCode.NOT_FOUND)
    if any(job.user_id != principal.user_id for job in seen) and not principal.holds(label):
        raise ProblemError(ErrorCode.PERMISSION_DENIED, f"This needs the permission {label}.")
    return seen


async def cancel(session: AsyncSession, principal: Principal, job_id: int) -> None:
    (job,) = await _theirs(session, principal, [job_id], UPDATE)
    task = find_task(job.kind)
    if job.state in ENDED:
        raise ProblemError(ErrorCode.CONFLICT, "It has ended.")
    if not principal.holds(UPDATE) and (task is None or not task.user_may_cancel):
        raise ProblemError(ErrorCode.PERMISSION_DENIED, f"This needs the permission {UPDATE}.")
    await service.cancel(session, job.id)


async def retry(session: AsyncSession, principal: Principal, job_id: int) -> Job:
    """The same again, as a new job of the same person."""
    (job,) = await _theirs(session, principal, [job_id], UPDATE)
    task = find_task(job.kind)
    if task is None or not task.retryable or job.state not in _ENDED_BADLY:
        raise ProblemError(ErrorCode.CONFLICT, "Only a job that failed or was cancelled can be tried again.")
    if await repository.is_retried(session, job.id):
        raise ProblemError(ErrorCode.CONFLICT, "It was tried again already.")
    try:
        payload = service.validated(task.payload, job.payload)
    except ValidationError:
        raise ProblemError(ErrorCode.CONFLICT, "What it was given does not fit this release any more.") from None
    return await service.enqueue(
        session,
        job.kind,
        payload,
        user_id=job.user_id,
        priority=-job.rank,
        title=job.title,
        retry_of=job,
    )


async def set_priority(
    session: AsyncSession, points: PointReader, principal: Principal, job_id: int, priority: int
) -> JobAnswer:
    job = await repository.jobs.get(session, job_id)
    if job is None:
        raise ProblemError(ErrorCode.NOT_FOUND)
    if job.state != JobState.QUEUED:
        raise ProblemError(ErrorCode.CONFLICT, "Only a job that is still in line can be moved.")
    if job.rank != -priority:
        job.turn = await repository.next_turn(session, job.queue, job.user_id, -priority)
        job.rank = -priority
        await session.flush()
        await service.tell(session, job, service.STATE)
    (view,) = await repository.views(session, [job])
    return answer(principal, view, await repository.place_in_line(points, view))


async def delete(session: AsyncSession, principal: Principal, ids: Iterable[int]) -> None:
    rows = await _theirs(session, principal, ids, DELETE)
    if any(job.state not in ENDED for job in rows):
        raise ProblemError(ErrorCode.CONFLICT, "It has not ended. Cancel it first.")
    for job in rows:
        job.is_deleted = True
    await session.flush()


async def restore(session: AsyncSession, principal: Principal, ids: Iterable[int]) -> None:
    for job in await _theirs(session, principal, ids, DELETE, deleted=True):
        job.is_deleted = False
    await session.flush()

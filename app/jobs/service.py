"""What can be done with jobs, in the transaction of whoever asks."""

import json
from collections.abc import Mapping
from hashlib import sha256
from typing import Any

from loguru import logger
from pydantic import BaseModel
from sqlalchemy.ext.asyncio import AsyncSession

from app.core.at_once import add_at_once, change_at_once, get_at_once
from app.core.clock import utc_now
from app.core.errors import ErrorCode, ProblemError
from app.core.events import publish
from app.core.notices import Texts, declare_notice, notify, text
from app.core.parameters import declare_parameter
from app.jobs import repository
from app.jobs.errors import JobError
from app.jobs.idempotency import Once
from app.jobs.models import ENDED, Job, JobState
from app.jobs.registry import end_listeners, find_task

LONGEST_TITLE = 200
RETENTION_DAYS = declare_parameter(
    "jobs.retention_days",
    "integer",
    30,
    "Days that finished jobs are kept",
    "Finished jobs and their events older than this are removed by the worker, a few at a time.",
    least=1,
)
STATE, PROGRESS, END = "state", "progress", "end"
JOB_FAILED = declare_notice(
    "job.failed",
    {"title": text("Monthly report"), "reason": text("The file could not be written.")},
    en=Texts("A job of yours failed", "Failed: ${title}", "The job “${title}” failed.\n\n${reason}"),
    zh_cn=Texts("您的任务失败", "任务失败：${title}", "任务“${title}”执行失败。打开任务可查看原因并重试。"),
)
# What they fail at is seen where it was asked for, at that moment.
WATCHED_QUEUES = frozenset({"chat"})


async def enqueue(
    session: AsyncSession,
    kind: str,
    payload: BaseModel,
    *,
    user_id: int | None,
    priority: int = 0,
    idempotency_key: Once | str | None = None,
    title: str = "",
    retry_of: Job | None = None,
    schedule_run_id: int | None = None,
) -> Job:
    """Put a job in line, in the caller's transaction: taken back with it, and never lost once that is committed.

    With a key that this person used before for the same, the earlier job; for something else, a conflict.
    """
    task = find_task(kind)
    if task is None:
        raise ValueError(f"there is no task {kind}")
    values: dict[str, Any] = payload.model_dump(mode="json")
    once = Once(idempotency_key, _digest(kind, values)) if isinstance(idempotency_key, str) else idempotency_key
    earlier = await repeated(session, user_id, once)
    if earlier is not None:
        return earlier
    job = Job(
        kind=kind,
        queue=task.queue,
        title=one_line(title, LONGEST_TITLE),
        rank=-priority,
        turn=await repository.next_turn(session, task.queue, user_id, -priority),
        payload=values,
        user_id=user_id,
        idempotency_key=once and once.key,
        idempotency_digest=once and once.digest,
        retry_of_id=retry_of and retry_of.id,
        schedule_run_id=schedule_run_id,
        attempts=0,
    )
    await add_at_once(session, job)
    await tell_owner(session, job)
    return job


async def repeated(session: AsyncSession, user_id: int | None, once: Once | None) -> Job | None:
    """The job that this person started with this key, if any. Raises a conflict when it was for something else."""
    job = await repository.by_key(session, user_id, once.key) if once else None
    if job is not None and once is not None and job.idempotency_digest != once.digest:
        raise ProblemError(ErrorCode.IDEMPOTENCY_CONFLICT, "This Idempotency-Key was used for another request.")
    return job


def _digest(kind: str, values: Mapping[str, Any]) -> str:
    return sha256(json.dumps([kind, values], sort_keys=True).encode()).hexdigest()


def one_line(text: str, longest: int) -> str:
    """Fit for a column: without line breaks, and without what no encoding can hold."""
    return " ".join(text.encode("utf-8", "replace").decode().split())[:longest]


async def tell_owner(session: AsyncSession, job: Job) -> None:
    """To all pages of the owner; a job that belongs to nobody is not told to everybody."""
    if job.user_id is not None:
        await publish(session, "job", {"id": job.id, "kind": job.kind, "state": job.state}, user_id=job.user_id)


async def tell(session: AsyncSession, job: Job, name: str) -> None:
    """To whoever listens to this job. What is new is read from its row then."""
    await repository.add_events(session, [{"job_id": job.id, "name": name, "data": {"state": job.state}}])


async def end(
    session: AsyncSession,
    job: Job,
    state: JobState,
    *,
    result: Mapping[str, Any] | None = None,
    error: JobError | None = None,
) -> None:
    """The one end of a job. Whoever calls it has made sure, in this transaction, that it has not ended."""
    changes: dict[str, Any] = {"state": state, "finished_at": utc_now(), "result": result and dict(result)}
    if state is JobState.DONE:
        changes["progress"] = 1.0
    if error is not None:
        words = error.message.encode("utf-8", "replace").decode()
        changes |= {"error_code": error.code, "error_details": error.details, "error_message": words}
    await change_at_once(session, job, **changes)
    await tell(session, job, END)
    await tell_owner(session, job)
    of_failure = [_tell_of_failure] if state is JobState.FAILED else []
    for listener in (*end_listeners(job), *of_failure):
        try:
            async with session.begin_nested():
                await listener(session, job)
        except Exception:
            # The end stands: it is of more worth than what others note of it.
            logger.exception("What is done at the end of job {} ({}) failed", job.id, job.kind)


async def _tell_of_failure(session: AsyncSession, job: Job) -> None:
    if job.user_id is None or job.queue in WATCHED_QUEUES:
        return
    values = {"title": job.title or job.kind, "reason": job.error_message or job.error_code or ""}
    await notify(session, JOB_FAILED, to=[job.user_id], values=values, link=f"/jobs?job={job.id}")


async def cancel(session: AsyncSession, job_id: int) -> None:
    """A queued job ends at once, a running one as soon as the worker hears of it; of one that has ended, nothing.

    Asks for no right: whoever calls it has made sure that this person may.
    """
    job = await get_at_once(session, Job, job_id)
    if job is None or job.is_deleted or job.state in ENDED:
        return
    if job.state == JobState.QUEUED:
        await end(session, job, JobState.CANCELLED)
    elif job.cancel_asked_at is None:
        await change_at_once(session, job, cancel_asked_at=utc_now())
        await tell(session, job, STATE)


def validated(model: type[BaseModel], payload: Mapping[str, Any]) -> BaseModel:
    """As it was sent: strict, but with JSON's words for moments and the like."""
    return model.model_validate_json(json.dumps(payload))

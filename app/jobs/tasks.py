"""The task that shows that a job goes round, and the one that removes what has ended."""

from datetime import timedelta
from typing import Any

from app.core.clock import utc_now
from app.jobs.context import JobContext
from app.jobs.engine import repository
from app.jobs.registry import task
from app.jobs.schemas import Ping, RemoveFinished

PING = "system.ping"
REMOVED_AT_ONCE = 200


@task(PING, payload=Ping, queue="system", time_limit=10, schedulable="Answers with a text: shows that jobs are done.")
async def ping(context: JobContext, payload: Ping) -> dict[str, Any]:
    return {"text": payload.text, "worker": context.worker, "release": context.release}


@task(
    "system.remove_jobs",
    payload=RemoveFinished,
    queue="system",
    schedulable="Removes finished jobs, and what they told, before their time is over.",
)
async def remove_jobs(context: JobContext, payload: RemoveFinished) -> dict[str, Any]:
    """A few at a time: the write lock is others' too."""
    ended = repository.ended_before(
        utc_now() - timedelta(days=payload.days), payload.states, payload.queue, payload.title
    )
    if payload.only_count:
        async with context.database.work() as work, work.reading() as session:
            return {"found": await repository.number(session, ended)}
    removed = 0
    while True:
        async with context.database.work() as work:
            now = await repository.remove(await work.writing(), ended, REMOVED_AT_ONCE)
        removed += now
        if now < REMOVED_AT_ONCE:
            return {"removed": removed}
        await context.emit("removed", {"removed": removed})

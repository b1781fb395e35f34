"""The task that shows that a job goes round."""

from typing import Any

from app.jobs.context import JobContext
from app.jobs.registry import task
from app.jobs.schemas import Ping

PING = "system.ping"


@task(PING, payload=Ping, queue="system", time_limit=10)
async def ping(context: JobContext, payload: Ping) -> dict[str, Any]:
    return {"text": payload.text, "worker": context.worker, "release": context.release}

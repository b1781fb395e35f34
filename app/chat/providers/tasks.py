"""Fetching a model to a server that can: minutes to hours, shown as it goes."""

from contextlib import aclosing
from typing import Any

from app.chat.providers import repository
from app.chat.providers.schemas import ModelPull
from app.chat.providers.service import access_to
from app.chat.servers.service import opened
from app.jobs import JobContext, JobError, task

LONGEST_PULL = 6 * 3600.0


@task("chat.pull", payload=ModelPull, queue="chat", time_limit=LONGEST_PULL)
async def pull(ctx: JobContext, payload: ModelPull) -> dict[str, Any]:
    """Begun again after a crash: the server keeps what it has of the model."""
    async with ctx.database.work() as work, work.reading() as session:
        provider = await repository.providers.get(session, payload.provider_id)
    if provider is None:
        raise JobError("model_missing", "The provider is not there any more.")
    async with opened(access_to(provider, ctx.settings)) as server, aclosing(server.pull(payload.model)) as told:
        async for step in told:
            share = step.done / step.total if step.done is not None and step.total else 0.0
            await ctx.progress(share, step.words)
    return {"provider_id": provider.id, "model": payload.model}

"""Deleted conversations can be restored for a while; then they are gone for good."""

from datetime import timedelta
from typing import Any

from app.chat.conversations import repository
from app.core.clock import utc_now
from app.core.crud import Body
from app.core.parameters import declare_parameter
from app.jobs import JobContext, schedule, task

AT_ONCE = 50
EVERY_SECONDS = 6 * 3600.0
KEPT_DAYS = declare_parameter(
    "chat.deleted_days",
    "integer",
    30,
    "Days that deleted conversations are kept",
    "They can be restored by their owner until then; afterwards they are removed for good.",
    least=1,
)


class PurgePayload(Body):
    pass


@task(
    "chat.purge",
    payload=PurgePayload,
    queue="system",
    schedulable="Removes conversations for good that were deleted long ago.",
)
async def purge(ctx: JobContext, _: PurgePayload) -> dict[str, Any]:
    """A few at a time: the write lock is others' too."""
    before = utc_now() - timedelta(days=await ctx.parameters.get(KEPT_DAYS))
    removed = 0
    while True:
        async with ctx.database.work() as work:
            now = await repository.purge(await work.writing(), before, AT_ONCE)
        removed += now
        if now < AT_ONCE:
            return {"removed": removed}


schedule("chat.purge", PurgePayload(), every=EVERY_SECONDS)

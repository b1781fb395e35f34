"""The job that makes pictures, one after the other; each is kept as soon as it is there."""

import secrets
from typing import Any

from app.core.clock import utc_now
from app.core.events import publish
from app.core.files import DiskFullError, new_key
from app.images.gallery import repository as gallery
from app.images.gallery.disk import room
from app.images.gallery.files import Files
from app.images.gallery.models import Picture
from app.images.gallery.pixels import NoPictureError, Ready, prepare
from app.images.generation.quota import DAILY_QUOTA, day_of
from app.images.generation.repository import KIND
from app.images.generation.schemas import Order
from app.images.generation.service import needed_bytes
from app.images.providers import port
from app.images.providers.errors import broken
from app.images.providers.models import ImageProvider
from app.images.providers.repository import providers
from app.images.providers.service import painter_of
from app.jobs import JobContext, JobError, task

HOUR = 3600.0


@task(KIND, payload=Order, queue="images", time_limit=HOUR)
async def text2image(ctx: JobContext, order: Order) -> dict[str, Any]:
    """Run again after a crash, it finds what it has made and goes on with the next."""
    first = order.seed
    if first is None and order.is_seeded:
        first = await ctx.step("seed", _random_seed)
    made: list[int] = []
    for number in range(order.count):
        seed = None if first is None else (first + number) % (port.LARGEST_SEED + 1)
        try:
            image_id = await ctx.step(f"picture {number}", _make, ctx, order, number, seed)
        except JobError as error:
            raise JobError(error.code, error.message, details={**(error.details or {}), "made": len(made)}) from error
        made.append(image_id)
        await ctx.emit("image", {"image_id": image_id, "number": number, "count": order.count})
        await ctx.progress((number + 1) / order.count, f"{number + 1}/{order.count}")
    return {"image_ids": made}


async def _random_seed() -> int:
    return secrets.randbelow(port.LARGEST_SEED + 1)


async def _make(ctx: JobContext, order: Order, number: int, seed: int | None) -> int:
    """The id of the picture. Its row is the mark that it is made: there is none without its files."""
    async with ctx.database.work() as work, work.reading() as session:
        kept = await gallery.of_job(session, ctx.job_id, number)
        row = await providers.get(session, order.provider_id)
    if kept is not None:
        return kept.id
    if row is None or not row.is_enabled:
        raise JobError("provider_gone", "The provider was deleted or switched off meanwhile.")
    await _refuse_over_quota(ctx)

    async def progress(part: float) -> None:
        await ctx.progress((number + part) / order.count, f"{number + 1}/{order.count}")

    try:
        (await room(ctx.database, ctx.parameters, ctx.settings)).refuse_unless(needed_bytes(order) // order.count)
        content = await painter_of(ctx.settings, row).paint(_wanted(order, seed), progress)
        ready = await prepare(content)
        return await _keep(ctx, order, number, seed, row, ready)
    except NoPictureError as error:
        raise broken(row.name, str(error)) from error
    except DiskFullError as error:
        raise JobError("disk_budget", str(error)) from error


async def _refuse_over_quota(ctx: JobContext) -> None:
    """Was checked when it was asked for; a job that is tried again comes past here only."""
    limit = await ctx.parameters.get(DAILY_QUOTA)
    if limit and ctx.user_id is not None:
        async with ctx.database.work() as work, work.reading() as session:
            made = await gallery.made_since(session, ctx.user_id, day_of(utc_now()).begins)
        if made >= limit:
            raise JobError("image_quota_reached", f"{limit} pictures a day are allowed.", details={"limit": limit})


def _wanted(order: Order, seed: int | None) -> port.Order:
    return port.Order(
        prompt=order.prompt,
        negative_prompt=order.negative_prompt,
        model=order.model,
        width=order.width,
        height=order.height,
        seed=seed,
        watermark=order.watermark,
    )


async def _keep(
    ctx: JobContext, order: Order, number: int, seed: int | None, provider: ImageProvider, ready: Ready
) -> int:
    """Files first, then the row: a crash in between leaves files that the sweep finds."""
    picture = Picture(
        job_id=ctx.job_id,
        number=number,
        prompt=order.prompt,
        negative_prompt=order.negative_prompt,
        provider_id=provider.id,
        provider_name=provider.name,
        model=order.model,
        width=ready.width,
        height=ready.height,
        seed=seed,
        watermark=order.watermark,
        file_key=new_key(),
        content_type=ready.content_type,
        bytes=len(ready.content),
        disk_bytes=len(ready.content) + len(ready.thumbnail),
        creator_id=ctx.user_id,
    )
    await Files(ctx.settings).save({picture.file_name: ready.content, picture.thumbnail_name: ready.thumbnail})
    async with ctx.database.work() as work:
        session = await work.writing()
        session.add(picture)
        await session.flush()
        await publish(session, "image", {"id": picture.id, "change": "created"}, user_id=ctx.user_id)
    return picture.id

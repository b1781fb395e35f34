"""A worker that dies or is told to stop in the middle: nothing is made twice, and nothing is left behind."""

import asyncio

import pytest
from sqlalchemy import select

from app.core.database import Database
from app.core.settings import Settings
from app.images.gallery.models import Picture
from app.jobs import JobState
from app.jobs.registry import find_task
from app.jobs.service import validated
from tests.app.harness import Person
from tests.app.images.conftest import AddProvider, Generate
from tests.app.images.studio import Killed, Studio
from tests.simulators import comfyui, openai_images

Vendor = tuple[str, openai_images.Seen]


async def _pictures(database: Database) -> list[Picture]:
    async with database.work() as work, work.reading() as session:
        return list((await session.scalars(select(Picture).order_by(Picture.number))).all())


@pytest.mark.parametrize("step", ["seed", "picture 0", "picture 1", "picture 2"])
async def test_a_picture_that_is_made_is_not_made_again(
    ada: Person,
    vendor: Vendor,
    add_provider: AddProvider,
    studio: Studio,
    generate: Generate,
    database: Database,
    settings: Settings,
    step: str,
) -> None:
    """Killed after the work of a step was done and before that was remembered, which is the worst moment."""
    address, seen = vendor
    await add_provider(base_url=f"{address}/v1", default_model="stablediffusion")
    job_id = await generate(ada, count=3)
    studio.memory.dies_in = step
    with pytest.raises(Killed):
        await studio.run(job_id)
    assert (await studio.job(job_id)).state == JobState.QUEUED
    studio.memory.dies_in = ""
    job = await studio.run(job_id)
    assert job.state == "done"
    pictures = await _pictures(database)
    assert job.result == {"image_ids": [picture.id for picture in pictures]}
    assert [picture.number for picture in pictures] == [0, 1, 2]
    assert len(seen.asked) == 3
    seeds = [picture.seed for picture in pictures if picture.seed is not None]
    assert seeds == [(seeds[0] + number) % 2**31 for number in range(3)]
    assert len([path for path in settings.output_path.rglob("*") if path.is_file()]) == 6


async def test_what_was_made_before_a_failure_is_kept(
    ada: Person, vendor: Vendor, add_provider: AddProvider, studio: Studio, generate: Generate, database: Database
) -> None:
    address, _ = vendor
    row = await add_provider(base_url=f"{address}/v1", default_model="stablediffusion")
    job_id = await generate(ada, count=3)
    studio.memory.dies_in = "picture 1"
    with pytest.raises(Killed):
        await studio.run(job_id)
    async with database.work() as work:
        provider = await (await work.writing()).get_one(type(row), row.id)
        provider.is_enabled = False
    studio.memory.dies_in = ""
    job = await studio.run(job_id)
    assert (job.state, job.error_code, job.error_details) == ("failed", "provider_gone", {"made": 2})
    assert len(await _pictures(database)) == 2


async def test_cancelling_closes_the_connection(
    ada: Person,
    vendor: Vendor,
    add_provider: AddProvider,
    studio: Studio,
    generate: Generate,
    database: Database,
    settings: Settings,
) -> None:
    address, seen = vendor
    await add_provider(base_url=f"{address}/v1", default_model="stablediffusion")
    running = await _start(studio, await generate(ada, prompt="fail:stall"))
    await asyncio.wait_for(seen.waiting.wait(), 5)
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running
    for _ in range(100):
        if seen.abandoned:
            break
        await asyncio.sleep(0.02)
    assert seen.abandoned == 1
    assert await _pictures(database) == []
    assert not settings.output_path.exists()


@pytest.mark.parametrize("place", ["running", "pending"])
async def test_cancelling_stops_comfyui_and_only_ours(
    ada: Person,
    comfy: tuple[str, comfyui.Line],
    add_provider: AddProvider,
    studio: Studio,
    generate: Generate,
    place: str,
) -> None:
    address, line = comfy
    await add_provider(kind="comfyui", base_url=address, default_model=comfyui.CHECKPOINTS[0])
    if place == "pending":  # somebody else's work is on the card
        line.workflows["theirs"] = {
            "1": {"class_type": "KSampler", "inputs": {"positive": ["2", 0]}},
            "2": {"class_type": "CLIPTextEncode", "inputs": {"text": "fail:stall"}},
        }
        line.pending.append("theirs")
    running = await _start(studio, await generate(ada, prompt="fail:stall", size="512x512"))
    for _ in range(200):
        ours = [prompt_id for prompt_id in line.workflows if prompt_id != "theirs"]
        if ours and (line.running == ours[0] if place == "running" else ours[0] in line.pending):
            break
        await asyncio.sleep(0.02)
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running
    assert (line.interrupted, line.removed) == ((ours, []) if place == "running" else ([], ours))


async def _start(studio: Studio, job_id: int) -> "asyncio.Task[object]":
    job = await studio.job(job_id)
    task = find_task(job.kind)
    assert task is not None
    return asyncio.ensure_future(task.run(studio.context(job), validated(task.payload, job.payload)))

"""The real worker, killed again and again while it makes pictures: all are made, each once."""

import asyncio
import os
import signal
import sys
from asyncio.subprocess import DEVNULL, Process

import pytest
from sqlalchemy import func, select

from app.core.settings import PROJECT_ROOT, Settings
from app.images.gallery.models import Picture
from app.jobs import Job, JobState
from tests.app.harness import SECRET, Person
from tests.app.images.conftest import AddProvider, Generate
from tests.app.images.studio import Studio
from tests.simulators import openai_images

# Read when this file is loaded: the fixtures take every APP_ setting away.
KILLS = int(os.environ.get("APP_IMAGE_KILLS") or 4)
AT_ONCE = 2  # jobs of the queue `images`
JOBS, PICTURES = 8, 3


async def _start(settings: Settings) -> Process:
    environment = {
        **os.environ,
        "APP_ENVIRONMENT": "test",
        "APP_SECRET_KEY": SECRET,
        "APP_DATABASE_URL": settings.database_url,
        "APP_OUTPUT_DIR": str(settings.output_path),
        "APP_SLOT": "worker",
    }
    command = (sys.executable, "-m", "app", "worker", "run")
    return await asyncio.create_subprocess_exec(
        *command, cwd=PROJECT_ROOT, env=environment, stdout=DEVNULL, stderr=DEVNULL
    )


@pytest.mark.slow
async def test_every_picture_once_whatever_happens_to_the_worker(
    ada: Person,
    vendor: tuple[str, openai_images.Seen],
    add_provider: AddProvider,
    studio: Studio,
    generate: Generate,
    settings: Settings,
) -> None:
    address, seen = vendor
    await add_provider(base_url=f"{address}/v1", default_model="stablediffusion")
    ids = [await generate(ada, count=PICTURES, prompt="a lake slow:0.15") for _ in range(JOBS)]
    worker = await _start(settings)
    for kill in range(1, KILLS + 1):
        asked = len(seen.asked)
        for _ in range(3000):
            if len(seen.asked) >= asked + 2 + kill % 3:
                break
            await asyncio.sleep(0.01)
        await asyncio.sleep(0.05 * (kill % 4))
        worker.send_signal(signal.SIGKILL)
        await worker.wait()
        worker = await _start(settings)
    try:
        for job_id in ids:
            for _ in range(600):
                if (await studio.job(job_id)).state not in (JobState.QUEUED, JobState.RUNNING):
                    break
                await asyncio.sleep(0.1)
    finally:
        worker.terminate()
        await asyncio.wait_for(worker.wait(), 15)
    async with studio.database.work() as work, work.reading() as session:
        jobs = (await session.scalars(select(Job).where(Job.id.in_(ids)))).all()
        pictures = (await session.scalars(select(Picture))).all()
        numbers = (await session.execute(select(Picture.job_id, func.count()).group_by(Picture.job_id))).all()
    assert {(job.state, job.error_message) for job in jobs} == {("done", None)}
    assert sorted(tuple(row) for row in numbers) == [(job_id, PICTURES) for job_id in sorted(ids)]
    made = {picture.id: picture for picture in pictures}
    assert sorted(image for job in jobs for image in (job.result or {})["image_ids"]) == sorted(made)
    # What was on its way when the worker was killed is asked for again; what had come is not.
    assert JOBS * PICTURES <= len(seen.asked) <= JOBS * PICTURES + KILLS * AT_ONCE
    for picture in pictures:
        folder = settings.output_path / picture.file_key[:2]
        assert (folder / picture.file_name).stat().st_size == picture.bytes
        assert (folder / picture.thumbnail_name).is_file()


@pytest.mark.slow
async def test_cancelled_by_its_owner_the_service_is_let_go(
    ada: Person,
    vendor: tuple[str, openai_images.Seen],
    add_provider: AddProvider,
    studio: Studio,
    generate: Generate,
    settings: Settings,
) -> None:
    address, seen = vendor
    await add_provider(base_url=f"{address}/v1", default_model="stablediffusion", timeout_seconds=600)
    job_id = await generate(ada, prompt="fail:stall")
    worker = await _start(settings)
    try:
        await asyncio.wait_for(seen.waiting.wait(), 30)
        assert (await ada.send("POST", f"/jobs/{job_id}/cancel")).status_code == 202
        for _ in range(100):
            if (await studio.job(job_id)).state == JobState.CANCELLED and seen.abandoned:
                break
            await asyncio.sleep(0.05)
        assert (await studio.job(job_id)).state == JobState.CANCELLED
        assert seen.abandoned == 1
    finally:
        worker.terminate()
        await asyncio.wait_for(worker.wait(), 15)
    assert (await ada.send("GET", "/images")).json()["total"] == 0

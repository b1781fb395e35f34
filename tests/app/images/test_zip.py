"""Many pictures as one file: whole, of bounded memory, gone when it should be."""

import asyncio
import io
import json
import threading
import time
import tracemalloc
import zipfile

import pytest
from fastapi import FastAPI

from app.core.settings import Settings
from app.images.gallery import archive, links
from app.images.gallery.files import Files
from app.images.gallery.models import Picture
from app.images.gallery.payloads import MakeArchive
from app.jobs import Job, enqueue
from app.jobs.registry import find_task
from app.jobs.service import validated
from tests.app.account.by_mail import set_parameter
from tests.app.harness import Person, problem_code
from tests.app.images.conftest import Generate
from tests.app.images.studio import Studio


@pytest.fixture
async def ids(ada: Person, builtin: None, studio: Studio, generate: Generate) -> list[int]:
    job = await studio.run(await generate(ada, count=3, prompt="a/lake: ../湖"))
    assert job.result is not None
    found: list[int] = job.result["image_ids"]
    return found


async def _ask(person: Person, ids: list[int]) -> int:
    answer = await person.send("POST", "/images/zip", {"ids": ids})
    assert answer.status_code == 202, answer.text
    job_id: int = answer.json()["id"]
    assert answer.headers["location"] == f"/api/v1/jobs/{job_id}"
    return job_id


async def test_one_file_with_all_of_them(ada: Person, ids: list[int], studio: Studio, app: FastAPI) -> None:
    job = await studio.run(await _ask(ada, [ids[2], ids[0]]))
    assert job.result is not None
    assert job.result["count"] == 2
    answer = await ada.client.get(job.result["download_url"])
    assert (answer.status_code, answer.headers["content-type"]) == (200, "application/zip")
    assert answer.headers["content-disposition"].startswith('attachment; filename="images-')
    assert len(answer.content) == job.result["bytes"]
    with zipfile.ZipFile(io.BytesIO(answer.content)) as packed:
        assert packed.testzip() is None
        names = [f"001-a-lake-湖-{ids[2]}.png", f"002-a-lake-湖-{ids[0]}.png"]
        assert packed.namelist() == [*names, "images.json"]
        told = json.loads(packed.read("images.json"))
        original = (await ada.send("GET", f"/images/{ids[2]}")).json()
        assert packed.read(names[0]) == (await ada.client.get(original["url"])).content
    assert [each["file"] for each in told] == names
    assert told[0]["seed"] == original["seed"]
    app.state.settings = app.state.settings.model_copy(update={"accel_prefix": "/protected-output/"})
    answer = await ada.client.get(job.result["download_url"])
    assert answer.headers["x-accel-redirect"].startswith("/protected-output/zips/")


async def test_its_link_ends_and_opens_nothing_else(
    ada: Person, ids: list[int], studio: Studio, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, second = [(await studio.run(await _ask(ada, [ids[0]]))).result for _ in range(2)]
    assert first is not None
    assert second is not None
    link: str = first["download_url"]
    path, other = link.partition("?")[0], second["download_url"].partition("?")[0]
    assert path != other
    for wrong in (link.replace(path, other), link.replace("signature=", "signature=0")[:-1]):
        answer = await ada.client.get(wrong)
        assert (answer.status_code, problem_code(answer)) == (410, "link_invalid")
    now = int(time.time())
    monkeypatch.setattr("app.core.links.time", lambda: now + links.ARCHIVE_SECONDS + 1)
    assert (await ada.client.get(link)).status_code == 410


async def test_pictures_that_went_meanwhile_are_left_out(
    ada: Person, ids: list[int], studio: Studio, settings: Settings
) -> None:
    waiting = await _ask(ada, ids)
    await ada.send("DELETE", f"/images/{ids[0]}")
    async with studio.database.work() as work, work.reading() as session:
        row = await session.get_one(Picture, ids[1])
    Files(settings).path(row.file_name).unlink()
    job = await studio.run(waiting)
    assert job.result is not None
    assert job.result["count"] == 1


async def test_the_job_itself_packs_only_the_pictures_of_who_asked(
    ada: Person, ids: list[int], admin: Person, studio: Studio
) -> None:
    async with studio.database.work() as work:
        job = await enqueue(await work.writing(), "images.zip", MakeArchive(ids=ids), user_id=admin.user.id)
    ended = await studio.run(job.id)
    assert ended.result is not None
    assert ended.result["count"] == 0


async def test_a_finished_archive_is_not_packed_again(
    ada: Person, ids: list[int], studio: Studio, settings: Settings
) -> None:
    job = await studio.job(await _ask(ada, ids))
    task = find_task("images.zip")
    assert task is not None
    payload = validated(task.payload, job.payload)
    first = await task.run(studio.context(job), payload)
    again = await task.run(studio.context(job), payload)  # as after a crash
    assert first is not None
    assert again is not None
    assert (again["bytes"], again["count"]) == (first["bytes"], 3)
    assert len(list((settings.output_path / "zips").iterdir())) == 1


def _zips(settings: Settings) -> list[str]:
    folder = settings.output_path / "zips"
    return sorted(path.name for path in folder.iterdir()) if folder.exists() else []


async def test_a_full_disk_leaves_no_half_of_it(
    ada: Person, ids: list[int], studio: Studio, settings: Settings, monkeypatch: pytest.MonkeyPatch, app: FastAPI
) -> None:
    def full(*_: object) -> bool:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(archive, "_add", full)
        job = await studio.run(await _ask(ada, ids))
    assert (job.state, job.error_code) == ("failed", "disk_budget")
    assert _zips(settings) == []
    monkeypatch.setattr("app.images.gallery.disk.KEPT_FREE", 10**18)
    await set_parameter(app, "images.disk_budget_mb", "0", "integer")
    job = await studio.run(await _ask(ada, ids))
    assert (job.state, job.error_code, job.error_message) == ("failed", "disk_budget", "The disk is nearly full.")


async def test_cancelled_in_the_middle_nothing_is_left(
    ada: Person, ids: list[int], studio: Studio, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    reached, go_on = threading.Event(), threading.Event()
    add = archive._add

    def slow(*arguments: object) -> bool:
        reached.set()
        assert go_on.wait(5)
        return add(*arguments)  # type: ignore[arg-type]

    monkeypatch.setattr(archive, "_add", slow)
    job: Job = await studio.job(await _ask(ada, ids))
    task = find_task("images.zip")
    assert task is not None
    running = asyncio.ensure_future(task.run(studio.context(job), validated(task.payload, job.payload)))
    await asyncio.to_thread(reached.wait, 5)
    assert len(_zips(settings)) == 1
    running.cancel()
    await asyncio.sleep(0.05)
    go_on.set()
    with pytest.raises(asyncio.CancelledError):
        await running
    assert _zips(settings) == []


async def test_its_size_on_the_disk_is_not_its_size_in_memory(
    ada: Person, ids: list[int], studio: Studio, settings: Settings
) -> None:
    big = 32 * 1024 * 1024
    for path in settings.output_path.rglob("*.png"):
        with path.open("wb") as file:
            file.truncate(big)
    waiting = await _ask(ada, ids)
    tracemalloc.start()
    try:
        job = await studio.run(waiting)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert job.result is not None, job.error_message
    assert job.result["bytes"] > 3 * big
    assert peak < 16 * 1024 * 1024, f"{peak / 1e6:.0f} MB"


@pytest.mark.parametrize("ids", [[], [0], ["1"], list(range(1, 202)), None])
async def test_what_is_no_list_of_pictures_is_refused(ada: Person, ids: object) -> None:
    answer = await ada.send("POST", "/images/zip", {"ids": ids})
    assert (answer.status_code, problem_code(answer)) == (422, "validation_failed")

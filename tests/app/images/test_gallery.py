"""One's own pictures: finding, starring, deleting, and what becomes of their files."""

import os
import time
from datetime import timedelta
from pathlib import Path

import pytest
from fastapi import FastAPI
from sqlalchemy import select, update

from app.core.clock import utc_now
from app.core.database import Database
from app.core.settings import Settings
from app.images.gallery.models import Picture
from app.images.gallery.payloads import Sweep
from app.jobs import Job, enqueue
from tests.app.harness import Person, problem_code
from tests.app.iam.conftest import Holder
from tests.app.images.conftest import USE, Generate
from tests.app.images.studio import Studio
from tests.app.plans import recorded

PROMPTS = ("a lake at dawn", "一座安静的山", "a red 100%_sure boat")


@pytest.fixture
async def ids(ada: Person, builtin: None, studio: Studio, generate: Generate) -> list[int]:
    """Three pictures, oldest first."""
    found = []
    for prompt in PROMPTS:
        job = await studio.run(await generate(ada, prompt=prompt))
        assert job.result is not None
        found += job.result["image_ids"]
    return found


def _files(settings: Settings) -> set[Path]:
    return {path for path in settings.output_path.rglob("*") if path.is_file()}


async def _found(person: Person, query: str) -> list[int]:
    answer = await person.send("GET", f"/images?{query}")
    assert answer.status_code == 200, answer.text
    return [image["id"] for image in answer.json()["items"]]


async def test_search_and_filters(ada: Person, ids: list[int]) -> None:
    assert await _found(ada, "") == ids[::-1]
    assert await _found(ada, "sort=created_at&page_size=2") == ids[:2]
    assert await _found(ada, "q=LAKE") == [ids[0]]
    assert await _found(ada, "q=安静") == [ids[1]]
    assert await _found(ada, "q=100%25_") == [ids[2]]  # no wildcards
    assert await _found(ada, "q=e_l") == []
    assert await _found(ada, "provider_id=1&is_starred=false") == ids[::-1]
    assert await _found(ada, "provider_id=2") == []
    answer = await ada.send("PATCH", f"/images/{ids[1]}", {"is_starred": True})
    assert (answer.status_code, answer.json()["is_starred"]) == (200, True)
    assert await _found(ada, "is_starred=true") == [ids[1]]
    now = utc_now().isoformat().replace("+00:00", "Z")
    assert await _found(ada, f"created_from={now}") == []
    assert await _found(ada, f"created_to={now}") == ids[::-1]


@pytest.mark.parametrize(
    "query", ["sort=prompt", "creator_id=1", "page=0", "q=", "is_starred=x", "created_from=yesterday", "job_id=1"]
)
async def test_a_query_that_means_nothing_is_refused(ada: Person, query: str) -> None:
    answer = await ada.send("GET", f"/images?{query}")
    assert (answer.status_code, problem_code(answer)) == (422, "validation_failed")


async def test_the_list_walks_an_index(ada: Person, ids: list[int], database: Database, settings: Settings) -> None:
    with recorded(database) as queries:
        for query in ("", "is_starred=true", "provider_id=1", "sort=created_at"):
            await _found(ada, query)
        await ada.send("GET", "/image-options")
    assert queries.bad_plans(settings, {"images_picture", "job"}) == []


async def test_delete_and_undo(ada: Person, ids: list[int], settings: Settings) -> None:
    before = _files(settings)
    link = (await ada.send("GET", f"/images/{ids[0]}")).json()["url"]
    assert (await ada.send("DELETE", f"/images/{ids[0]}")).status_code == 204
    assert (await ada.send("GET", f"/images/{ids[0]}")).status_code == 404
    assert (await ada.client.get(link)).status_code == 404
    assert (await ada.send("POST", "/images/batch-delete", {"ids": ids})).status_code == 404  # all or none
    assert await _found(ada, "") == ids[:0:-1]
    assert (await ada.send("POST", "/images/batch-delete", {"ids": ids[1:]})).status_code == 204
    assert await _found(ada, "") == []
    assert _files(settings) == before
    assert (await ada.send("POST", "/images/restore", {"ids": ids})).status_code == 204
    assert await _found(ada, "") == ids[::-1]
    assert (await ada.client.get(link)).status_code == 200


async def test_another_s_picture_is_not_there(ada: Person, ids: list[int], holder: Holder, admin: Person) -> None:
    """Not for somebody else who may make pictures, and not for an administrator."""
    bob = await holder("bob", USE)
    await ada.send("DELETE", f"/images/{ids[2]}")
    for person in (bob, admin):
        assert await _found(person, "") == []
        for method, path, body in (
            ("GET", f"/images/{ids[0]}", None),
            ("PATCH", f"/images/{ids[0]}", {"is_starred": True}),
            ("DELETE", f"/images/{ids[0]}", None),
            ("POST", "/images/batch-delete", {"ids": [ids[0]]}),
            ("POST", "/images/restore", {"ids": [ids[2]]}),
            ("POST", "/images/zip", {"ids": [ids[0]]}),
        ):
            answer = await person.send(method, path, body)
            assert (path, answer.status_code, problem_code(answer)) == (path, 404, "not_found")
    assert await _found(ada, "") == ids[1::-1]
    assert (await ada.send("GET", f"/images/{ids[0]}")).json()["is_starred"] is False


async def test_purged_from_the_recycle_bin_the_files_go_too(
    ada: Person, admin: Person, ids: list[int], studio: Studio, settings: Settings
) -> None:
    before = _files(settings)
    await ada.send("DELETE", f"/images/{ids[0]}")
    (binned,) = (await admin.send("GET", "/recycle-bin/images")).json()["items"]
    assert "lake" not in binned["title"]  # what people wrote is theirs
    assert (await admin.send("POST", "/recycle-bin/images/purge", {"ids": [ids[0]]})).status_code == 204
    assert _files(settings) == before
    (job,) = await studio.run_all("images.remove_files")
    assert job.state == "done"
    assert len(before - _files(settings)) == 2
    assert (await ada.send("POST", "/images/restore", {"ids": [ids[0]]})).status_code == 404
    assert await _found(ada, "") == ids[:0:-1]


async def _sweep(studio: Studio) -> dict[str, int]:
    async with studio.database.work() as work:
        job = await enqueue(await work.writing(), "images.sweep", Sweep(), user_id=None)
    ended = await studio.run(job.id)
    assert ended.result is not None, ended.error_message
    return ended.result


async def test_the_sweep_takes_what_no_picture_needs(ids: list[int], studio: Studio, settings: Settings) -> None:
    kept = _files(settings)
    long_ago = time.time() - 7200
    for path in kept:
        os.utime(path, (long_ago, long_ago))
    folder = settings.output_path / "ff"
    folder.mkdir(exist_ok=True)
    zips = settings.output_path / "zips"
    zips.mkdir()
    orphans = [folder / ("ff" + "0" * 30 + ".png"), folder / ("ff" + "1" * 30 + ".png.part")]
    orphans.append(next(iter(kept)).with_name(f"{next(iter(kept)).name}.part"))
    archives = [zips / "old.zip", zips / "half.zip.part"]
    young = [folder / ("ff" + "2" * 30 + ".png"), zips / "young.zip"]
    for path in (*orphans, *archives, *young):
        path.write_bytes(b"x")
    for path in (*orphans, *archives):
        os.utime(path, (long_ago, long_ago))
    os.utime(archives[0], (long_ago - 86_400, long_ago - 86_400))
    assert await _sweep(studio) == {"purged": 0, "orphans": 3, "archives": 2}
    assert _files(settings) == kept | set(young)
    assert await _sweep(studio) == {"purged": 0, "orphans": 0, "archives": 0}


async def test_the_bin_is_emptied_of_what_was_deleted_long_ago(
    ada: Person, ids: list[int], studio: Studio, database: Database, settings: Settings, app: FastAPI
) -> None:
    before = _files(settings)
    await ada.send("POST", "/images/batch-delete", {"ids": ids[:2]})
    async with database.work() as work:
        session = await work.writing()
        old = utc_now() - timedelta(days=31)
        await session.execute(update(Picture).where(Picture.id == ids[0]).values(modifier_time=old))
    assert (await _sweep(studio))["purged"] == 1
    await studio.run_all("images.remove_files")
    assert len(before - _files(settings)) == 2
    assert (await ada.send("POST", "/images/restore", {"ids": [ids[1]]})).status_code == 204


async def test_what_people_wrote_is_not_in_the_operation_log(
    ada: Person, ids: list[int], admin: Person, studio: Studio
) -> None:
    await ada.send("PATCH", f"/images/{ids[0]}", {"is_starred": True})
    entries = (await admin.send("GET", "/operation-logs?page_size=100")).json()["items"]
    logs = [(await admin.send("GET", f"/operation-logs/{entry['id']}")).text for entry in entries]
    assert any("is_starred" in log for log in logs)
    assert any("text2image" in log for log in logs)
    assert not any("lake" in log for log in logs)


async def test_no_rows_are_left_without_jobs_or_files(ids: list[int], database: Database, settings: Settings) -> None:
    async with database.work() as work, work.reading() as session:
        pictures = (await session.scalars(select(Picture))).all()
        jobs = (await session.scalars(select(Job.id))).all()
    names = {path.name for path in _files(settings)}
    assert {name for row in pictures for name in (row.file_name, row.thumbnail_name)} == names
    assert {row.job_id for row in pictures} <= set(jobs)

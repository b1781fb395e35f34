"""From words to pictures: what is refused before a provider is asked, what is made, and how much."""

import asyncio
import errno
import os
import stat
from dataclasses import replace
from io import BytesIO
from typing import Any

import pytest
from fastapi import FastAPI
from PIL import Image
from sqlalchemy import func, select

from app.core.database import Database
from app.core.settings import Settings
from app.images.gallery.models import Picture
from app.images.providers.builtin import draw
from app.images.providers.port import Order
from app.jobs import Job
from tests.app.account.by_mail import set_parameter
from tests.app.harness import Person, problem_code
from tests.app.images.conftest import BODY, AddProvider, Generate
from tests.app.images.studio import Studio

ORDER = Order("a lake at dawn", "", "demo-landscapes", 512, 512, 7, None)


async def _count(database: Database, table: type[Job] | type[Picture]) -> int:
    async with database.work() as work, work.reading() as session:
        return await session.scalar(select(func.count()).select_from(table)) or 0


async def test_from_words_to_a_picture_in_the_browser(
    ada: Person, builtin: None, studio: Studio, generate: Generate, settings: Settings
) -> None:
    job = await studio.run(await generate(ada, count=2, seed=7))
    assert (job.state, job.title) == ("done", "a lake at dawn")
    assert job.result is not None
    images = (await ada.send("GET", "/images?sort=created_at")).json()
    assert [image["id"] for image in images["items"]] == job.result["image_ids"]
    first, second = images["items"]
    assert {**first, "url": "", "thumbnail_url": "", "download_url": "", "created_at": ""} == {
        "id": first["id"],
        "prompt": "a lake at dawn",
        "negative_prompt": "",
        "provider_id": 1,
        "provider_name": "Built-in demo (no model)",
        "model": "demo-landscapes",
        "width": 512,
        "height": 512,
        "seed": 7,
        "watermark": None,
        "is_starred": False,
        "url": "",
        "thumbnail_url": "",
        "download_url": "",
        "bytes": first["bytes"],
        "content_type": "image/png",
        "created_at": "",
        "job_id": job.id,
    }
    assert second["seed"] == 8
    shown = await ada.client.get(first["url"])  # no token: the signature is the right
    assert (shown.status_code, shown.headers["content-type"]) == (200, "image/png")
    assert len(shown.content) == first["bytes"]
    assert Image.open(BytesIO(shown.content)).size == (512, 512)
    assert shown.headers["x-content-type-options"] == "nosniff"
    assert shown.headers["content-security-policy"] == "default-src 'none'; sandbox"
    assert "immutable" in shown.headers["cache-control"]
    small = await ada.client.get(first["thumbnail_url"])
    assert (small.headers["content-type"], Image.open(BytesIO(small.content)).format) == ("image/webp", "WEBP")
    assert [name for name, _ in studio.told.events] == ["image", "image"]
    assert studio.told.progress_values[-1] == 1.0
    files = [path for path in settings.output_path.rglob("*") if path.is_file()]
    assert len(files) == 4
    assert {stat.S_IMODE(path.stat().st_mode) for path in files} == {0o640}
    assert not any("ada" in str(path.relative_to(settings.output_path)) for path in files)


def test_the_builtin_painter_paints_the_same_for_the_same_words_and_seed() -> None:
    assert draw(ORDER) == draw(ORDER)
    others: list[dict[str, Any]] = [{"seed": 8}, {"prompt": "a lake at dusk"}, {"width": 256}, {"watermark": False}]
    for change in others:
        assert draw(replace(ORDER, **change)) != draw(ORDER), change


WRONG: list[tuple[dict[str, Any], str, str]] = [
    ({"size": "513x513"}, "size", "not_supported"),
    ({"size": "9999x9999"}, "size", "not_supported"),
    ({"negative_prompt": "people"}, "negative_prompt", "not_supported"),
    ({"model": "another"}, "model", "not_offered"),
    ({"provider_id": 999}, "provider_id", "not_offered"),
    ({"size": "x"}, "size", "string_pattern_mismatch"),
    ({"count": 0}, "count", "greater_than_equal"),
    ({"count": 5}, "count", "less_than_equal"),
    ({"count": "2"}, "count", "int_type"),
    ({"seed": -1}, "seed", "greater_than_equal"),
    ({"seed": 2**31}, "seed", "less_than_equal"),
    ({"prompt": " "}, "prompt", "string_too_short"),
    ({"prompt": "a\x00b"}, "prompt", "string_pattern_mismatch"),
    ({"prompt": "x" * 4001}, "prompt", "string_too_long"),
    ({"steps": 20}, "steps", "extra_forbidden"),
]


@pytest.mark.parametrize(("fields", "field", "rule"), WRONG)
async def test_what_the_provider_cannot_do_is_refused_at_once(
    ada: Person, builtin: None, database: Database, fields: dict[str, Any], field: str, rule: str
) -> None:
    answer = await ada.send("POST", "/generate/text2image", {**BODY, **fields})
    assert (answer.status_code, problem_code(answer)) == (422, "validation_failed")
    error = answer.json()["errors"][0]
    assert (error["loc"], error["code"]) == (["body", field], rule)
    assert await _count(database, Job) == 0


async def test_each_family_says_what_it_takes(ada: Person, add_provider: AddProvider) -> None:
    await add_provider(name="Ark", base_url="http://127.0.0.1:9", default_model="doubao-seedream-4-0-250828")
    for fields, field in (({"seed": 1}, "seed"), ({"negative_prompt": "x"}, "negative_prompt")):
        answer = await ada.send("POST", "/generate/text2image", {**BODY, "size": "2048x2048", **fields})
        assert (answer.status_code, answer.json()["errors"][0]["loc"]) == (422, ["body", field])
    assert (await ada.send("POST", "/generate/text2image", {**BODY, "size": "1024x1024"})).status_code == 422


async def test_without_a_provider_or_a_model(ada: Person, add_provider: AddProvider) -> None:
    answer = await ada.send("POST", "/generate/text2image", BODY)
    assert (answer.status_code, answer.json()["errors"][0]["code"]) == (422, "no_provider")
    await add_provider(base_url="http://127.0.0.1:9", is_enabled=False, default_model="m")
    assert (await ada.send("POST", "/generate/text2image", BODY)).json()["errors"][0]["code"] == "no_provider"
    await add_provider(name="Empty", base_url="http://127.0.0.1:9")
    assert (await ada.send("POST", "/generate/text2image", BODY)).json()["errors"][0]["code"] == "no_model"


async def test_options(ada: Person, builtin: None, app: FastAPI, studio: Studio, generate: Generate) -> None:
    await set_parameter(app, "images.daily_quota", "5", "integer")
    await set_parameter(app, "images.disk_budget_mb", "100", "integer")
    await generate(ada, count=3)
    await studio.run(await generate(ada))
    options = (await ada.send("GET", "/image-options")).json()
    (provider,) = options["providers"]
    assert (provider["kind"], provider["models"], provider["max_count"]) == ("builtin", ["demo-landscapes"], 4)
    supported = [provider[f"supports_{what}"] for what in ("seed", "negative", "watermark")]
    assert supported == [True, False, True]
    assert options["default"] == {"provider_id": provider["id"], "model": "demo-landscapes", "size": "1024x1024"}
    assert options["quota"] == {"used": 4, "limit": 5, "period": "day"}
    assert options["disk"]["budget_bytes"] == 100 * 1024 * 1024
    assert options["disk"]["used_bytes"] > 1000


async def test_many_who_ask_at_once_do_not_wait_for_each_other(ada: Person, builtin: None) -> None:
    """No request may hold one of the few reading connections while it waits for another."""
    options = [ada.send("GET", "/image-options") for _ in range(6)]
    pictures = [ada.send("POST", "/generate/text2image", BODY) for _ in range(6)]
    answers = await asyncio.gather(*options, *pictures)
    assert [answer.status_code for answer in answers] == [200] * 6 + [202] * 6


async def test_the_daily_quota(
    ada: Person, builtin: None, app: FastAPI, studio: Studio, database: Database, generate: Generate
) -> None:
    await set_parameter(app, "images.daily_quota", "3", "integer")
    await studio.run(await generate(ada, count=2))
    answer = await ada.send("POST", "/generate/text2image", {**BODY, "count": 2})
    assert (answer.status_code, problem_code(answer)) == (429, "image_quota_reached")
    assert 0 < int(answer.headers["retry-after"]) <= 86_400
    assert await _count(database, Job) == 1
    await generate(ada)
    assert (await ada.send("POST", "/generate/text2image", BODY)).status_code == 429
    (newest, *_) = (await ada.send("GET", "/images")).json()["items"]
    await ada.send("DELETE", f"/images/{newest['id']}")
    assert (await ada.send("POST", "/generate/text2image", BODY)).status_code == 429  # deleting gives nothing back
    await set_parameter(app, "images.daily_quota", "0", "integer")
    await generate(ada, count=4)


async def test_of_many_at_once_no_more_than_the_quota_get_in(ada: Person, builtin: None, app: FastAPI) -> None:
    await set_parameter(app, "images.daily_quota", "3", "integer")
    answers = await asyncio.gather(*(ada.send("POST", "/generate/text2image", BODY) for _ in range(8)))
    assert sorted(answer.status_code for answer in answers) == [202] * 3 + [429] * 5


async def test_trying_again_does_not_get_round_the_quota(
    ada: Person, builtin: None, app: FastAPI, studio: Studio, database: Database, generate: Generate
) -> None:
    await set_parameter(app, "images.daily_quota", "2", "integer")
    failed = await studio.job(await generate(ada, count=2))
    async with database.work() as work:
        row = await (await work.writing()).get_one(Job, failed.id)
        row.state = "failed"
    await studio.run(await generate(ada, count=2))
    again = await ada.send("POST", f"/jobs/{failed.id}/retry")
    assert again.status_code == 202, again.text
    job = await studio.run(again.json()["id"])
    assert (job.state, job.error_code, job.error_details) == ("failed", "image_quota_reached", {"limit": 2, "made": 0})


async def test_the_disk_budget(
    ada: Person, builtin: None, app: FastAPI, studio: Studio, generate: Generate, monkeypatch: pytest.MonkeyPatch
) -> None:
    waiting = await generate(ada, size="1024x1024")
    await set_parameter(app, "images.disk_budget_mb", "1", "integer")
    answer = await ada.send("POST", "/generate/text2image", {**BODY, "size": "1024x1024"})
    assert (answer.status_code, problem_code(answer)) == (507, "disk_budget")
    assert answer.json()["detail"] == "Images take 0 of the 1 MB that they may take."
    job = await studio.run(waiting)
    assert (job.state, job.error_code) == ("failed", "disk_budget")
    await set_parameter(app, "images.disk_budget_mb", "0", "integer")
    monkeypatch.setattr("app.images.gallery.files.Files.free_bytes", lambda self: 100_000_000)
    answer = await ada.send("POST", "/generate/text2image", BODY)
    assert (answer.status_code, answer.json()["detail"]) == (507, "The disk is nearly full.")


async def test_a_disk_that_is_full_while_it_is_written_leaves_nothing(
    ada: Person,
    builtin: None,
    studio: Studio,
    generate: Generate,
    settings: Settings,
    monkeypatch: pytest.MonkeyPatch,
    database: Database,
) -> None:
    job_id = await generate(ada)

    write = os.write
    written: list[int] = []

    def no_space(descriptor: int, content: bytes) -> int:
        """For the picture there is room, for its thumbnail there is not."""
        if written:
            raise OSError(errno.ENOSPC, "No space left on device")
        written.append(descriptor)
        return write(descriptor, content)

    with monkeypatch.context() as patch:
        patch.setattr("app.images.gallery.files.os.write", no_space)
        job = await studio.run(job_id)
    assert written
    assert (job.state, job.error_code, job.error_message) == ("failed", "disk_budget", "The disk is full.")
    assert [path for path in settings.output_path.rglob("*") if path.is_file()] == []
    assert await _count(database, Picture) == 0


async def test_asked_twice_with_one_key_is_done_once(ada: Person, builtin: None, app: FastAPI) -> None:
    await set_parameter(app, "images.daily_quota", "1", "integer")
    headers = {**ada.headers, "Idempotency-Key": "first"}
    path = "/api/v1/generate/text2image"
    answers = [await ada.client.post(path, headers=headers, json=BODY) for _ in range(2)]
    assert [answer.status_code for answer in answers] == [202, 202]
    assert answers[0].json() == answers[1].json()
    other = await ada.client.post(path, headers=headers, json={**BODY, "seed": 1})
    assert (other.status_code, problem_code(other)) == (409, "idempotency_conflict")

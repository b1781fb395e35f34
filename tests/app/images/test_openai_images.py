"""Every way in which a service with POST /images/generations can answer, each with its stated end."""

import re
from typing import Any

import pytest
from sqlalchemy import func, select

from app.core.database import Database
from app.core.settings import Settings
from app.images.gallery.models import Picture
from tests.app.harness import Person
from tests.app.images.conftest import AddProvider, Generate
from tests.app.images.studio import Studio
from tests.simulators import openai_images
from tests.simulators.openai_images import KEY

Vendor = tuple[str, openai_images.Seen]
ARK = ("doubao-seedream-3-0-t2i-250415", "1024x1024")
OPENAI = ("gpt-image-1", "1024x1024")
LOCALAI = ("stablediffusion", "512x512")


async def _made(database: Database) -> int:
    async with database.work() as work, work.reading() as session:
        return await session.scalar(select(func.count()).select_from(Picture)) or 0


@pytest.fixture
async def provider(vendor: Vendor, add_provider: AddProvider) -> openai_images.Seen:
    address, seen = vendor
    models = [model for model, _ in (ARK, OPENAI, LOCALAI)]
    await add_provider(base_url=f"{address}/v1", key=KEY, default_model=models[0], known_models=models)
    return seen


EXPECTED: list[tuple[tuple[str, str], dict[str, Any], dict[str, Any]]] = [
    (
        ARK,
        {"seed": 5, "watermark": False},
        {"response_format": "url", "seed": 5, "watermark": False},
    ),
    (ARK, {"watermark": True, "seed": 5}, {"response_format": "url", "seed": 5, "watermark": True}),
    (OPENAI, {}, {}),
    (
        LOCALAI,
        {"seed": 5, "negative_prompt": "people"},
        {"response_format": "b64_json", "seed": 5, "negative_prompt": "people"},
    ),
]


@pytest.mark.parametrize(("model", "fields", "sent"), EXPECTED)
async def test_each_vendor_is_asked_in_its_own_words(
    ada: Person,
    provider: openai_images.Seen,
    studio: Studio,
    generate: Generate,
    model: tuple[str, str],
    fields: dict[str, Any],
    sent: dict[str, Any],
) -> None:
    name, size = model
    job = await studio.run(await generate(ada, model=name, size=size, **fields))
    assert (job.state, job.error_message) == ("done", None)
    (asked,) = provider.asked
    assert asked["body"] == {"model": name, "prompt": "a lake at dawn", "size": size, **sent}
    assert asked["key"] == f"Bearer {KEY}"
    (image,) = (await ada.send("GET", "/images")).json()["items"]
    assert (image["model"], image["width"], image["seed"]) == (name, int(size.split("x")[0]), fields.get("seed"))
    assert image["watermark"] is fields.get("watermark")
    is_link = sent.get("response_format") == "url"
    assert image["content_type"] == ("image/jpeg" if is_link else "image/png")
    assert len(provider.downloads) == int(is_link)
    assert all("Authorization" not in headers for headers in provider.downloads)


FAILURES = [
    ("fail:content", ARK, "content_refused", "sensitive information"),
    ("fail:content", OPENAI, "content_refused", "safety system"),
    ("fail:output", ARK, "content_refused", "output image"),
    ("fail:quota", ARK, "quota_exhausted", "overdue"),
    ("fail:quota", OPENAI, "quota_exhausted", "current quota"),
    ("fail:quota", LOCALAI, "quota_exhausted", "Insufficient"),
    ("fail:key", OPENAI, "provider_refused", "Incorrect API key"),
    ("fail:model", ARK, "model_missing", "does not exist"),
    ("fail:model", OPENAI, "model_missing", "does not exist"),
    ("fail:500", ARK, "provider_error", "unexpected"),
    ("fail:500", LOCALAI, "provider_error", "could not load"),
    ("fail:503-html", ARK, "provider_error", r"failed with status 503"),
    ("fail:html", LOCALAI, "provider_broken", r"not JSON"),
    ("fail:json", LOCALAI, "provider_broken", r"not JSON"),
    ("fail:list", LOCALAI, "provider_broken", r"no picture"),
    ("fail:empty", LOCALAI, "provider_broken", r"without a picture"),
    ("fail:base64", LOCALAI, "provider_broken", r"not base64"),
    ("fail:text", LOCALAI, "provider_broken", r"no PNG, JPEG or WebP"),
    ("fail:cut-picture", LOCALAI, "provider_broken", r"no PNG, JPEG or WebP"),
    ("fail:bomb", LOCALAI, "provider_broken", r"no PNG, JPEG or WebP|megapixels"),
    ("fail:giant", LOCALAI, "provider_broken", r"larger than"),
    ("fail:cut", LOCALAI, "provider_broken", r"closed the connection"),
    ("fail:link-private", ARK, "provider_broken", r"leads where it may not"),
    ("fail:link-metadata", ARK, "provider_broken", r"leads where it may not"),
    ("fail:link-redirect", ARK, "provider_broken", r"answers 302"),
    ("fail:link-file", ARK, "provider_broken", r"cannot be asked"),
    ("fail:link-404", ARK, "provider_broken", r"answers 404"),
    ("fail:link-html", ARK, "provider_broken", r"text/html, which is no picture"),
    ("fail:link-giant", ARK, "provider_broken", r"larger than"),
    ("fail:link-cut", ARK, "provider_broken", r"closed the connection"),
]


@pytest.mark.parametrize(("word", "model", "code", "words"), FAILURES)
async def test_every_failure_has_its_name(
    ada: Person,
    provider: openai_images.Seen,
    studio: Studio,
    generate: Generate,
    database: Database,
    settings: Settings,
    word: str,
    model: tuple[str, str],
    code: str,
    words: str,
) -> None:
    job = await studio.run(await generate(ada, prompt=f"a lake {word}", model=model[0], size=model[1]))
    assert (job.state, job.error_code) == ("failed", code), job.error_message
    assert "Vendor" in (job.error_message or "")
    assert KEY not in f"{job.error_message}{job.error_details}"
    assert job.error_details is not None
    assert job.error_details["made"] == 0
    assert re.search(words, f"{job.error_message} {job.error_details.get('said')}"), job.error_message
    assert await _made(database) == 0
    assert [path for path in settings.output_path.rglob("*") if path.is_file()] == []


@pytest.mark.parametrize("model", [ARK, OPENAI])
async def test_a_limit_says_when_to_come_again(
    ada: Person, provider: openai_images.Seen, studio: Studio, generate: Generate, model: tuple[str, str]
) -> None:
    job = await studio.run(await generate(ada, prompt="fail:limit", model=model[0], size=model[1]))
    assert job.error_code == "provider_limited"
    assert job.error_details is not None
    assert job.error_details["retry_after"] == 7


async def test_a_service_that_says_nothing(
    ada: Person, vendor: Vendor, add_provider: AddProvider, studio: Studio, generate: Generate
) -> None:
    address, seen = vendor
    await add_provider(base_url=f"{address}/v1", default_model=LOCALAI[0], timeout_seconds=1)
    job = await studio.run(await generate(ada, prompt="fail:stall"))
    assert (job.state, job.error_code) == ("failed", "provider_timeout")
    assert seen.waiting.is_set()


async def test_nobody_there_or_not_allowed_there(
    ada: Person, vendor: Vendor, add_provider: AddProvider, studio: Studio, generate: Generate, database: Database
) -> None:
    address, seen = vendor
    row = await add_provider(base_url="http://127.0.0.1:9/v1", default_model=LOCALAI[0])
    job = await studio.run(await generate(ada))
    assert (job.state, job.error_code) == ("failed", "model_unreachable")
    async with database.work() as work:
        kept = await (await work.writing()).get_one(type(row), row.id)
        kept.base_url, kept.allow_private = f"{address}/v1", False
    job = await studio.run(await generate(ada))
    assert (job.state, job.error_code) == ("failed", "model_unreachable")
    assert seen.asked == []


async def test_a_key_that_cannot_be_read(
    ada: Person, vendor: Vendor, add_provider: AddProvider, studio: Studio, generate: Generate
) -> None:
    address, seen = vendor
    await add_provider(base_url=f"{address}/v1", default_model=LOCALAI[0], sealed_key="v1.damaged.text")
    job = await studio.run(await generate(ada))
    assert (job.state, job.error_code) == ("failed", "key_unreadable")
    assert seen.asked == []

"""Somebody who makes pictures, providers to make them, and a worker in the test."""

from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import pytest
from aiohttp import web
from fastapi import FastAPI

from app.core.database import Database
from app.core.secret_box import SecretBox
from app.core.settings import Settings
from app.images.providers.models import ImageProvider
from app.images.seed import ensure_image_providers
from tests.app.harness import Person, SignInAs
from tests.app.iam.conftest import Holder, holder
from tests.app.images.studio import Studio
from tests.simulators import comfyui, openai_images
from tests.simulators.serving import serving

__all__ = ["holder"]  # a fixture of theirs

USE = "perm:image:use"
BODY = {"prompt": "a lake at dawn", "size": "512x512"}

AddProvider = Callable[..., Awaitable[ImageProvider]]


@pytest.fixture
async def studio(app: FastAPI) -> Studio:
    return Studio(app)


@pytest.fixture
async def builtin(database: Database) -> None:
    await ensure_image_providers(database)


@pytest.fixture
async def admin(sign_in_as: SignInAs) -> Person:
    return await sign_in_as("grace", is_administrator=True)


@pytest.fixture
async def ada(holder: Holder) -> Person:
    """Somebody ordinary who may make pictures."""
    return await holder("ada", USE)


@pytest.fixture
async def vendor() -> AsyncIterator[tuple[str, openai_images.Seen]]:
    """Address and memory of a service with POST /images/generations."""
    app = openai_images.make_app()
    async with serving(app) as address:
        yield address, app[openai_images.SEEN]


@pytest.fixture
async def comfy() -> AsyncIterator[tuple[str, comfyui.Line]]:
    app: web.Application = comfyui.make_app()
    async with serving(app) as address:
        yield address, app[comfyui.LINE]


@pytest.fixture
def add_provider(database: Database, settings: Settings) -> AddProvider:
    """A provider that may be on this machine, as the simulators are."""

    async def add(**columns: Any) -> ImageProvider:
        key = columns.pop("key", None)
        if key:
            columns["sealed_key"] = SecretBox.of(settings, "image_provider.key").seal(key)
        values = {"name": "Vendor", "kind": "openai_images", "allow_private": True, "timeout_seconds": 20, **columns}
        row = ImageProvider(**values)
        async with database.work() as work:
            (await work.writing()).add(row)
        return row

    return add


Generate = Callable[..., Awaitable[int]]


@pytest.fixture
def generate() -> Callable[..., Awaitable[int]]:
    """Ask for pictures; the id of the job."""

    async def ask(person: Person, **fields: Any) -> int:
        answer = await person.send("POST", "/generate/text2image", {**BODY, **fields})
        assert answer.status_code == 202, answer.text
        job_id: int = answer.json()["id"]
        assert answer.headers["location"] == f"/api/v1/jobs/{job_id}"
        return job_id

    return ask

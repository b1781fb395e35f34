"""Providers as administrators set them up: their key stays here, and they lead nowhere they should not."""

from typing import Any

import pytest
from fastapi import FastAPI
from sqlalchemy import select

from app.core.database import Database
from app.images.providers.models import ImageProvider
from app.images.seed import ensure_image_providers
from tests.app.harness import Person, problem_code
from tests.app.iam.conftest import Holder
from tests.app.images.conftest import AddProvider, Generate
from tests.app.images.studio import Studio
from tests.simulators import comfyui, openai_images
from tests.simulators.openai_images import KEY

ARK: dict[str, Any] = {
    "name": "Ark",
    "kind": "openai_images",
    "base_url": "https://ark.example.com/api/v3/",
    "key": KEY,
    "default_model": "doubao-seedream-3-0-t2i-250415",
}
MANAGE = tuple(f"perm:image_provider:{action}" for action in ("get", "create", "update", "delete"))


async def _row(database: Database, id_: int) -> ImageProvider:
    async with database.work() as work, work.reading() as session:
        return await session.get_one(ImageProvider, id_)


async def test_the_key_goes_in_and_never_out(admin: Person, database: Database) -> None:
    made = await admin.send("POST", "/image-providers", ARK)
    assert made.status_code == 201, made.text
    provider = made.json()
    assert (provider["has_key"], provider["base_url"]) == (True, "https://ark.example.com/api/v3")
    assert (provider["timeout_seconds"], provider["allow_private"], provider["sizes"]) == (180, False, [])
    path = f"/image-providers/{provider['id']}"
    shown = [made, await admin.send("GET", path), await admin.send("GET", "/image-providers")]
    shown += [await admin.send("GET", "/operation-logs"), await admin.send("GET", "/image-options")]
    assert not any(KEY in answer.text for answer in shown)
    sealed = (await _row(database, provider["id"])).sealed_key or ""
    assert sealed
    assert KEY not in sealed
    assert (await admin.send("PATCH", path, {"name": "Ark 2"})).json()["has_key"] is True
    assert (await admin.send("PATCH", path, {"key": None})).json()["has_key"] is False
    assert (await admin.send("PATCH", path, {"key": KEY})).json()["has_key"] is True
    assert (await admin.send("PATCH", path, {"key": ""})).json()["has_key"] is False
    assert (await _row(database, provider["id"])).sealed_key is None


async def test_a_key_is_not_sent_to_another_address(admin: Person) -> None:
    path = f"/image-providers/{(await admin.send('POST', '/image-providers', ARK)).json()['id']}"
    elsewhere = {"base_url": "https://evil.example.com/v1"}
    answer = await admin.send("PATCH", path, elsewhere)
    assert (answer.status_code, answer.json()["errors"][0]["loc"]) == (422, ["body", "key"])
    assert (await admin.send("PATCH", path, {**elsewhere, "key": "sk-of-there"})).status_code == 200
    assert (await admin.send("PATCH", path, {"base_url": ARK["base_url"], "key": ""})).status_code == 200


async def test_only_an_administrator_lets_a_provider_inside(holder: Holder, admin: Person) -> None:
    manager = await holder("mara", *MANAGE)
    inside = {"name": "Inside", "kind": "comfyui", "base_url": "http://127.0.0.1:8188"}
    answer = await manager.send("POST", "/image-providers", inside)
    assert (answer.status_code, answer.json()["errors"][0]["code"]) == (422, "address_refused")
    answer = await manager.send("POST", "/image-providers", {**inside, "allow_private": True})
    assert (answer.status_code, problem_code(answer)) == (403, "permission_denied")
    made = await admin.send("POST", "/image-providers", {**inside, "allow_private": True})
    assert made.status_code == 201, made.text
    path = f"/image-providers/{made.json()['id']}"
    assert (await manager.send("PATCH", path, {"base_url": "http://127.0.0.1:22"})).status_code == 403
    assert (await manager.send("PATCH", path, {"timeout_seconds": 60})).status_code == 200
    assert (await manager.send("PATCH", path, {"allow_private": False})).status_code == 422
    for url in ("http://169.254.169.254/", "http://[fe80::1]/"):
        answer = await admin.send("PATCH", path, {"base_url": url})
        assert (url, answer.status_code) == (url, 422)


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"kind": "magic"}, "kind"),
        ({"base_url": ""}, "base_url"),
        ({"base_url": "ftp://example.com/x"}, "base_url"),
        ({"base_url": "http://user:pass@example.com"}, "base_url"),
        ({"sizes": ["1024"]}, "sizes"),
        ({"timeout_seconds": 1}, "timeout_seconds"),
        ({"key": "a b\n"}, "key"),
        ({"name": ""}, "name"),
        ({"sealed_key": "x"}, "sealed_key"),
        ({"known_models": ["x"]}, "known_models"),
    ],
)
async def test_what_is_no_provider_is_refused(admin: Person, fields: dict[str, Any], field: str) -> None:
    answer = await admin.send("POST", "/image-providers", {**ARK, **fields})
    assert (answer.status_code, problem_code(answer)) == (422, "validation_failed")
    assert answer.json()["errors"][0]["loc"][:2] == ["body", field]


async def test_a_name_is_taken_once(admin: Person) -> None:
    assert (await admin.send("POST", "/image-providers", ARK)).status_code == 201
    answer = await admin.send("POST", "/image-providers", ARK)
    assert (answer.status_code, answer.json()["errors"][0]["loc"]) == (409, ["body", "name"])


async def test_the_test_asks_for_the_models_and_keeps_them(
    admin: Person, ada: Person, vendor: tuple[str, openai_images.Seen], add_provider: AddProvider
) -> None:
    address, _ = vendor
    row = await add_provider(base_url=f"{address}/v1", key=KEY)
    result = (await admin.send("POST", f"/image-providers/{row.id}/test")).json()
    painters = [name for name in openai_images.MODELS if name != "gpt-4o"]
    assert (result["ok"], result["error"], result["models"]) == (True, None, painters)
    (provider,) = (await ada.send("GET", "/image-options")).json()["providers"]
    assert provider["models"] == painters
    by_model = {each["name"]: (each["sizes"][0], each["supports_seed"]) for each in provider["by_model"]}
    assert by_model == {
        "doubao-seedream-3-0-t2i-250415": ("1024x1024", True),
        "doubao-seedream-4-0-250828": ("2048x2048", False),
        "gpt-image-1": ("1024x1024", False),
        "stablediffusion": ("1024x1024", True),
    }


@pytest.mark.parametrize(
    ("columns", "words"),
    [
        ({"key": "sk-wrong"}, "does not accept the key"),
        ({"base_url": "http://127.0.0.1:9/v1"}, "does not answer"),
        ({"suffix": "/nowhere"}, "does not have this model, or its address is wrong"),
        ({"sealed_key": "v1.x.y"}, "enter it again"),
    ],
)
async def test_a_test_that_fails_says_why(
    admin: Person,
    vendor: tuple[str, openai_images.Seen],
    add_provider: AddProvider,
    columns: dict[str, str],
    words: str,
) -> None:
    suffix = columns.pop("suffix", "/v1")
    row = await add_provider(**{"base_url": f"{vendor[0]}{suffix}", **columns})
    answer = await admin.send("POST", f"/image-providers/{row.id}/test")
    assert answer.status_code == 200
    result = answer.json()
    assert (result["ok"], result["models"]) == (False, [])
    assert words in result["error"]


async def test_comfyui_names_its_checkpoints(
    admin: Person, comfy: tuple[str, comfyui.Line], add_provider: AddProvider
) -> None:
    row = await add_provider(kind="comfyui", base_url=comfy[0])
    result = (await admin.send("POST", f"/image-providers/{row.id}/test")).json()
    assert (result["ok"], result["models"]) == (True, list(comfyui.CHECKPOINTS))


async def test_sizes_that_are_entered_take_the_place_of_the_known_ones(
    ada: Person, admin: Person, add_provider: AddProvider
) -> None:
    await add_provider(base_url="http://127.0.0.1:9", default_model="seedream-4", sizes=["4096x4096"], sort_order=5)
    await add_provider(name="First", base_url="http://127.0.0.1:9", default_model="gpt-image-1", sort_order=1)
    options = (await ada.send("GET", "/image-options")).json()
    assert [(each["name"], each["sizes"][0]) for each in options["providers"]] == [
        ("First", "1024x1024"),
        ("Vendor", "4096x4096"),
    ]
    assert options["default"]["provider_id"] == options["providers"][0]["id"]


async def test_pictures_outlive_their_provider(
    ada: Person, admin: Person, builtin: None, studio: Studio, generate: Generate
) -> None:
    await studio.run(await generate(ada))
    waiting = await generate(ada)
    assert (await admin.send("DELETE", "/image-providers/1")).status_code == 204
    job = await studio.run(waiting)
    assert (job.state, job.error_code) == ("failed", "provider_gone")
    assert (await admin.send("POST", "/recycle-bin/image_providers/purge", {"ids": [1]})).status_code == 204
    (image,) = (await ada.send("GET", "/images")).json()["items"]
    assert (image["provider_id"], image["provider_name"]) == (None, "Built-in demo (no model)")


async def test_the_seed_adds_the_builtin_one_once(admin: Person, database: Database, app: FastAPI) -> None:
    assert await ensure_image_providers(database) == ["added the built-in image provider"]
    assert await ensure_image_providers(database) == []
    (row,) = (await admin.send("GET", "/image-providers")).json()["items"]
    assert (row["kind"], row["name"], row["has_key"]) == ("builtin", "Built-in demo (no model)", False)
    await admin.send("DELETE", f"/image-providers/{row['id']}")
    assert await ensure_image_providers(database) == []
    async with database.work() as work, work.reading() as session:
        assert len((await session.scalars(select(ImageProvider))).all()) == 1

"""Pictures: whatever is uploaded, what is kept is a small WebP that we made."""

import struct
import zlib
from io import BytesIO
from typing import Any

import httpx
import pytest
from PIL import Image
from sqlalchemy import func, select

from app.core.database import Database
from app.iam.account.models import Avatar
from tests.app.harness import Person, SignInAs, problem_code

PATH = "/api/v1/users/me/avatar"
CANARY = b"<script>alert('canary')</script>"


def picture(kind: str = "PNG", size: tuple[int, int] = (400, 300), mode: str = "RGB", **options: object) -> bytes:
    content = BytesIO()
    Image.new(mode, size, {"P": 1, "1": 1}.get(mode, "red")).save(content, kind, **options)
    return content.getvalue()


def chunk(kind: bytes, content: bytes) -> bytes:
    return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))


def bomb(width: int, height: int) -> bytes:
    """A PNG of a few kilobytes that says it has this many pixels."""
    header = struct.pack(">IIBBBBB", width, height, 1, 0, 0, 0, 0)
    rows = zlib.compress(b"\x00" * min((width // 8 + 1) * height, 10_000_000), 9)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", rows) + chunk(b"IEND", b"")


async def put(person: Person, content: bytes, name: str = "me.png", kind: str = "image/png") -> httpx.Response:
    return await person.client.put(PATH, files={"file": (name, content, kind)}, headers=person.headers)


@pytest.mark.parametrize(
    ("kind", "mode"),
    [("PNG", "RGBA"), ("PNG", "P"), ("PNG", "I;16"), ("JPEG", "RGB"), ("JPEG", "CMYK"), ("WEBP", "RGB"), ("GIF", "P")],
)
async def test_a_picture_becomes_a_small_webp(sign_in_as: SignInAs, kind: str, mode: str) -> None:
    ada = await sign_in_as()
    colour = {"I;16": 9, "P": 1}.get(mode, "red")
    content = BytesIO()
    Image.new(mode, (400, 300), colour).save(content, kind)
    answer = await put(ada, content.getvalue())
    assert answer.status_code == 200, answer.text
    assert answer.json() == {"avatar_url": (await ada.get("/api/v1/users/me")).json()["avatar_url"]}
    shown = await ada.client.get(answer.json()["avatar_url"])  # without a token: an <img> cannot send one
    assert shown.headers["content-type"] == "image/webp"
    assert shown.headers["cache-control"] == "public, max-age=31536000, immutable"
    assert shown.headers["x-content-type-options"] == "nosniff"
    with Image.open(BytesIO(shown.content)) as made:
        assert (made.format, made.size) == ("WEBP", (256, 256))


async def test_metadata_and_hidden_content_are_gone(sign_in_as: SignInAs) -> None:
    ada = await sign_in_as()
    exif = Image.Exif()
    exif[0x010F] = "canary camera"
    exif[0x0112] = 6  # lies on its side
    content = (
        picture("JPEG", (200, 100), exif=exif, comment=b"canary comment", icc_profile=b"canary profile" * 20) + CANARY
    )
    answer = await put(ada, content)
    shown = (await ada.client.get(answer.json()["avatar_url"])).content
    assert b"canary" not in shown
    with Image.open(BytesIO(shown)) as made:
        assert dict(made.getexif()) == {}
        assert {"exif", "icc_profile", "xmp"} & made.info.keys() == set()


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"not a picture",
        CANARY,
        b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>',
        b"GIF89a/*" + CANARY,
        b"%PDF-1.7\n" + CANARY,
        picture()[:60],
        picture("BMP"),
        picture("TIFF"),
        picture("ICO"),
        b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 10 10\n",
        bomb(50_000, 50_000),
        picture(size=(4_001, 4_000), mode="1"),  # whole and good, and a little too large
        bomb(2**31 - 1, 2**31 - 1),
    ],
    ids=range(14),
)
async def test_attacks_and_what_is_no_picture(sign_in_as: SignInAs, content: bytes, database: Database) -> None:
    ada = await sign_in_as()
    answer = await put(ada, content, "me.png", "image/png")
    assert (answer.status_code, problem_code(answer)) == (422, "validation_failed")
    assert [(error["loc"], error["code"]) for error in answer.json()["errors"]] == [
        (["body", "file"], "picture_invalid")
    ]
    async with database.work() as work, work.reading() as session:
        assert await session.scalar(select(func.count(Avatar.key))) == 0
    assert (await ada.get("/api/v1/users/me")).json()["avatar_url"] is None


async def test_the_largest_that_is_taken(sign_in_as: SignInAs) -> None:
    ada = await sign_in_as()
    assert (await put(ada, picture(size=(4_000, 4_000), mode="1"))).status_code == 200


async def test_the_name_and_type_that_are_claimed_do_not_matter(sign_in_as: SignInAs) -> None:
    ada = await sign_in_as()
    answer = await put(ada, picture(), "../../evil.svg", "image/svg+xml")
    assert (await ada.client.get(answer.json()["avatar_url"])).headers["content-type"] == "image/webp"


async def test_too_large_a_body(sign_in_as: SignInAs) -> None:
    ada = await sign_in_as()
    answer = await put(ada, b"x" * 1_100_000)
    assert (answer.status_code, problem_code(answer)) == (413, "payload_too_large")


async def test_without_a_file(sign_in_as: SignInAs) -> None:
    ada = await sign_in_as()
    bodies: list[dict[str, Any]] = [{"data": {"file": "text"}}, {"json": {}}]
    for body in bodies:
        answer = await ada.client.put(PATH, headers=ada.headers, **body)
        assert (answer.status_code, problem_code(answer)) == (422, "validation_failed")


async def test_a_new_picture_replaces_the_old_one(sign_in_as: SignInAs, database: Database) -> None:
    ada, grace = await sign_in_as("ada"), await sign_in_as("grace")
    old, other = (await put(ada, picture())).json()["avatar_url"], (await put(grace, picture())).json()["avatar_url"]
    new = (await put(ada, picture())).json()["avatar_url"]
    assert len({old, other, new}) == 3
    assert len(old.rpartition("/")[2]) == 32  # 128 bits: nobody guesses it
    assert [(await ada.client.get(url)).status_code for url in (old, other, new)] == [404, 200, 200]
    assert (await ada.client.delete(PATH, headers=ada.headers)).status_code == 204
    assert (await ada.client.delete(PATH, headers=ada.headers)).status_code == 204
    assert [(await ada.client.get(url)).status_code for url in (new, other)] == [404, 200]
    assert (await ada.get("/api/v1/users/me")).json()["avatar_url"] is None


@pytest.mark.parametrize("key", ["0" * 32, "x", "..%2f..%2fetc", "a" * 64])
async def test_a_picture_that_is_not_there(client: httpx.AsyncClient, key: str) -> None:
    answer = await client.get(f"/api/v1/avatars/{key}")
    assert (answer.status_code, problem_code(answer)) == (404, "not_found")

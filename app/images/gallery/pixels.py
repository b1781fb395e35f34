"""Looks at what a provider sent, and writes it anew: only pixels are kept, so nothing can hide in a file."""

import asyncio
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from io import BytesIO
from typing import Any

from PIL import Image, ImageOps

MOST_PIXELS = 40_000_000  # 160 MB while it is decoded
FORMATS = ("PNG", "JPEG", "WEBP")
CONTENT_TYPES = {"PNG": "image/png", "JPEG": "image/jpeg", "WEBP": "image/webp"}
THUMBNAIL_SIDE = 512
THUMBNAIL_QUALITY = 80
QUALITY = 92

_one_at_a_time = ThreadPoolExecutor(1, "pictures")  # for the sake of memory


class NoPictureError(Exception):
    """What came is no picture that we take; the message says why, as the end of a sentence about who sent it."""


@dataclass(frozen=True)
class Ready:
    content: bytes
    content_type: str
    width: int
    height: int
    thumbnail: bytes


async def prepare(content: bytes) -> Ready:
    """The picture as it is kept, and its thumbnail; or NoPictureError."""
    return await asyncio.get_running_loop().run_in_executor(_one_at_a_time, _prepare, content)


def _prepare(content: bytes) -> Ready:
    try:
        with Image.open(BytesIO(content), formats=FORMATS) as picture:
            too_large = picture.width * picture.height > MOST_PIXELS
            ready = None if too_large else _ready(picture, picture.format or "PNG")
    # A broken or hostile file makes a decoder raise nearly anything: OSError, SyntaxError, struct.error, ValueError ...
    except Exception as error:
        raise NoPictureError("sent something that is no PNG, JPEG or WebP picture.") from error
    if ready is None:
        raise NoPictureError(f"sent a picture of more than {MOST_PIXELS // 1_000_000} megapixels.")
    return ready


def _ready(picture: Image.Image, kind: str) -> Ready:
    picture.load()
    turned = ImageOps.exif_transpose(picture)
    return Ready(_written(picture, turned, kind), CONTENT_TYPES[kind], *turned.size, _thumbnail(turned))


def _written(picture: Image.Image, turned: Image.Image, kind: str) -> bytes:
    """In the format it came in, without metadata. A JPEG keeps its tables, so it is not made coarser."""
    file = BytesIO()
    without: dict[str, Any] = {"exif": b"", "icc_profile": None}
    if kind == "JPEG":
        as_it_was = turned.size == picture.size and picture.getexif().get(0x0112, 1) == 1
        options: dict[str, Any] = {"quality": "keep"} if as_it_was else {"quality": QUALITY}
        (picture if as_it_was else turned).save(file, kind, comment=b"", **options, **without)
    elif kind == "WEBP":
        turned.save(file, kind, quality=QUALITY, xmp=b"", **without)
    else:
        turned.save(file, kind, **without)
    return file.getvalue()


def _thumbnail(picture: Image.Image) -> bytes:
    small = picture.convert("RGBA" if picture.has_transparency_data else "RGB")
    small.thumbnail((THUMBNAIL_SIDE, THUMBNAIL_SIDE))
    file = BytesIO()
    small.save(file, "WEBP", quality=THUMBNAIL_QUALITY, exif=b"", icc_profile=None, xmp=b"")
    return file.getvalue()

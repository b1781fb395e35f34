"""Makes a small square picture of whatever was uploaded. Nothing of the file itself is kept: nothing can hide in it."""

import asyncio
from concurrent.futures import ThreadPoolExecutor
from io import BytesIO

from PIL import Image, ImageOps

from app.iam.account.errors import picture_refused

SIDE = 256
MOST_PIXELS = 16_000_000  # 64 MB while it is decoded; a picture of a few kilobytes can claim a million times that
FORMATS = ("JPEG", "PNG", "WEBP", "GIF")
QUALITY = 82

_one_at_a_time = ThreadPoolExecutor(1, "avatar")  # for the sake of memory


async def make_avatar(content: bytes) -> bytes:
    """WebP of 256 x 256 pixels without metadata, or 422."""
    return await asyncio.get_running_loop().run_in_executor(_one_at_a_time, _convert, content)


def _convert(content: bytes) -> bytes:
    try:
        with Image.open(BytesIO(content), formats=FORMATS) as picture:
            too_large = picture.width * picture.height > MOST_PIXELS
            small = None if too_large else _square(picture)
    # A broken or hostile file makes a decoder raise nearly anything: OSError, SyntaxError, struct.error, ValueError ...
    except Exception as error:
        raise picture_refused("This is no JPEG, PNG, WebP or GIF picture.") from error
    if small is None:
        raise picture_refused(f"A picture has at most {MOST_PIXELS // 1_000_000} megapixels.")
    result = BytesIO()
    small.save(result, "WEBP", quality=QUALITY)  # pixels only: metadata is written when it is asked for
    return result.getvalue()


def _square(picture: Image.Image) -> Image.Image:
    picture.draft("RGB", (2 * SIDE, 2 * SIDE))  # JPEG is decoded small at once
    upright = ImageOps.exif_transpose(picture)
    colours = upright.convert("RGBA" if upright.has_transparency_data else "RGB")
    return ImageOps.fit(colours, (SIDE, SIDE))

"""A painter without any model: landscapes that follow from prompt and seed alone, for tests and for a first look."""

import asyncio
import hashlib
import math
import random
from concurrent.futures import ThreadPoolExecutor
from io import BytesIO

from PIL import Image, ImageChops, ImageDraw, ImageFilter, ImageFont

from app.images.providers.port import Capabilities, Connection, Order, Progress

MODEL = "demo-landscapes"
WORDS = "Demo picture, no model"
CAPABILITIES = Capabilities(
    ("1024x1024", "1024x768", "768x1024", "1280x720", "512x512"),
    supports_seed=True,
    supports_negative=False,
    supports_watermark=True,
)
Colour = tuple[int, int, int]
# Sky above, sky at the horizon, light, the nearest hill.
PALETTES: tuple[tuple[Colour, Colour, Colour, Colour], ...] = (
    ((38, 52, 104), (244, 162, 120), (255, 226, 170), (30, 32, 62)),
    ((92, 158, 214), (236, 244, 236), (255, 250, 220), (38, 84, 74)),
    ((20, 24, 58), (86, 74, 140), (228, 232, 255), (12, 14, 36)),
    ((236, 142, 118), (252, 222, 176), (255, 246, 214), (96, 44, 68)),
    ((120, 174, 178), (240, 226, 204), (255, 240, 206), (52, 66, 60)),
    ((70, 44, 96), (232, 110, 124), (255, 208, 150), (44, 22, 54)),
)
_painting = ThreadPoolExecutor(1, "builtin-painter")


class BuiltIn:
    def __init__(self, connection: Connection) -> None:
        self._to = connection

    def capabilities(self, model: str) -> Capabilities:
        return CAPABILITIES

    async def models(self) -> list[str]:
        return [MODEL]

    async def paint(self, order: Order, progress: Progress) -> bytes:
        await progress(0.1)
        return await asyncio.get_running_loop().run_in_executor(_painting, draw, order)


def draw(order: Order) -> bytes:
    """A PNG: the same bytes for the same prompt, seed, size and mark."""
    text = f"{order.prompt}\n{order.seed or 0}"
    chance = random.Random(hashlib.sha256(text.encode("utf-8", "replace")).digest())  # noqa: S311 - a picture
    above, horizon, light, near = chance.choice(PALETTES)
    size = (order.width, order.height)
    picture = _gradient(size, above, horizon)
    if sum(above) < 200:
        _stars(picture, chance)
    picture = _sun(picture, chance, light)
    hills = chance.randint(4, 6)
    for number in range(hills):
        _hill(picture, chance, (number + 1) / hills, _between(horizon, near, (number + 1) / hills))
    if order.watermark is not False:
        _sign(picture)
    file = BytesIO()
    picture.save(file, "PNG")
    return file.getvalue()


def _between(one: Colour, other: Colour, part: float) -> Colour:
    red, green, blue = (round(a + (b - a) * part) for a, b in zip(one, other, strict=True))
    return red, green, blue


def _gradient(size: tuple[int, int], above: Colour, below: Colour) -> Image.Image:
    column = Image.new("RGB", (1, 64))
    for y in range(64):
        column.putpixel((0, y), _between(above, below, min(1.0, y / 44)))
    return column.resize(size, Image.Resampling.BICUBIC)


def _stars(picture: Image.Image, chance: random.Random) -> None:
    pen = ImageDraw.Draw(picture)
    for _ in range(120):
        x, y = chance.random() * picture.width, chance.random() ** 2 * picture.height * 0.6
        radius = chance.choice((0.6, 0.9, 1.4)) * picture.width / 1024
        pen.ellipse((x - radius, y - radius, x + radius, y + radius), fill=(236, 238, 255))


def _sun(picture: Image.Image, chance: random.Random, light: Colour) -> Image.Image:
    """A disc with a glow, painted small and made large: a blur over the whole picture would take a second."""
    scale = 4
    small = Image.new("RGB", (max(1, picture.width // scale), max(1, picture.height // scale)))
    short = min(small.size)
    x, y = small.width * chance.uniform(0.2, 0.8), small.height * chance.uniform(0.22, 0.5)
    pen = ImageDraw.Draw(small)
    for radius, strength in ((short * 0.3, 0.28), (short * 0.16, 0.4)):
        colour = _between((0, 0, 0), light, strength)
        pen.ellipse((x - radius, y - radius, x + radius, y + radius), fill=colour)
    glow = small.filter(ImageFilter.GaussianBlur(short * 0.07)).resize(picture.size, Image.Resampling.BICUBIC)
    lit = ImageChops.screen(picture, glow)
    radius = short * scale * chance.uniform(0.06, 0.1)
    ImageDraw.Draw(lit).ellipse((x * scale - radius, y * scale - radius, x * scale + radius, y * scale + radius), light)
    return lit


def _hill(picture: Image.Image, chance: random.Random, nearness: float, colour: Colour) -> None:
    """A ridge of a few waves; the nearer, the lower and the larger its forms."""
    width, height = picture.size
    base = height * (0.48 + 0.42 * nearness)
    waves = [
        (height * chance.uniform(0.02, 0.09) / number, chance.uniform(0.8, 1.6) * number, chance.uniform(0, math.tau))
        for number in (1, 2, 4, 7)
    ]
    step = max(1, width // 256)
    ridge = [
        (x, base - sum(high * math.sin(math.tau * often * x / width + shift) for high, often, shift in waves))
        for x in range(0, width + step, step)
    ]
    ImageDraw.Draw(picture).polygon([(0, height), *ridge, (width, height)], fill=colour)


def _sign(picture: Image.Image) -> None:
    font = ImageFont.load_default(max(10, picture.width // 48))
    pen = ImageDraw.Draw(picture, "RGBA")
    left, top, right, bottom = pen.textbbox((0, 0), WORDS, font=font)
    margin = picture.width // 64
    x, y = picture.width - right - margin, picture.height - bottom - margin
    pad = margin // 2
    pen.rounded_rectangle((x + left - pad, y + top - pad, x + right + pad, y + bottom + pad), pad, fill=(0, 0, 0, 110))
    pen.multiline_text((x, y), WORDS, font=font, fill=(255, 255, 255, 225))

"""What is kept of a file that a provider sent: its pixels, and nothing else."""

import asyncio
from io import BytesIO

import pytest
from PIL import Image, ImageCms, PngImagePlugin

from app.images.gallery import pixels
from app.images.gallery.pixels import NoPictureError, prepare

HIDDEN = b"<script>alert(1)</script>"


def _picture(mode: str = "RGB", size: tuple[int, int] = (64, 48)) -> Image.Image:
    picture = Image.linear_gradient("L").resize(size)
    return picture.convert("1") if mode == "1" else picture.convert("RGB").convert(mode)


def _file(picture: Image.Image, kind: str, **options: object) -> bytes:
    file = BytesIO()
    picture.save(file, kind, **options)
    return file.getvalue()


def _exif(orientation: int = 1) -> bytes:
    exif = Image.Exif()
    exif[0x0112], exif[0x010E], exif[0x9286] = orientation, HIDDEN.decode(), HIDDEN
    return exif.tobytes()


def _hiding(kind: str) -> bytes:
    """Something in every place of the format that is not a pixel, and after its end."""
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes() + HIDDEN
    options: dict[str, object] = {"exif": _exif(), "icc_profile": profile}
    if kind == "PNG":
        text = PngImagePlugin.PngInfo()
        text.add_text("Comment", HIDDEN.decode())
        text.add_itxt("XML:com.adobe.xmp", HIDDEN.decode())
        options["pnginfo"] = text
    if kind == "JPEG":
        options["comment"] = HIDDEN
    if kind == "WEBP":
        options["xmp"] = HIDDEN
    return _file(_picture(), kind, **options) + HIDDEN


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP"])
async def test_only_pixels_are_kept(kind: str) -> None:
    sent = _hiding(kind)
    assert sent.count(HIDDEN) >= 3
    ready = await prepare(sent)
    for content in (ready.content, ready.thumbnail):
        assert b"script" not in content
        kept = Image.open(BytesIO(content))
        assert not {"exif", "icc_profile", "comment", "xmp", "Comment", "XML:com.adobe.xmp"} & set(kept.info)
    assert (ready.width, ready.height) == (64, 48)
    assert ready.content_type == f"image/{kind.lower()}"
    same = Image.open(BytesIO(ready.content)).convert("RGB")
    before = Image.open(BytesIO(sent)).convert("RGB")
    differences = [abs(a - b) for a, b in zip(same.tobytes(), before.tobytes(), strict=True)]
    assert max(differences) <= {"PNG": 0, "JPEG": 3, "WEBP": 24}[kind]


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP"])
async def test_a_picture_that_lies_on_its_side_stands_up(kind: str) -> None:
    ready = await prepare(_file(_picture(), kind, exif=_exif(orientation=6)))
    assert (ready.width, ready.height) == (48, 64)
    assert Image.open(BytesIO(ready.content)).size == (48, 64)
    small = Image.open(BytesIO(ready.thumbnail))
    assert small.width < small.height


@pytest.mark.parametrize(
    ("mode", "kind"),
    [("1", "PNG"), ("L", "PNG"), ("P", "PNG"), ("RGBA", "PNG"), ("LA", "PNG"), ("CMYK", "JPEG"), ("RGBA", "WEBP")],
)
async def test_every_mode_that_these_formats_have(mode: str, kind: str) -> None:
    ready = await prepare(_file(_picture(mode, (1600, 900)), kind))
    small = Image.open(BytesIO(ready.thumbnail))
    assert (small.format, small.size) == ("WEBP", (512, 288))


async def test_only_the_first_of_an_animation_is_kept() -> None:
    frames = [_picture(), Image.new("RGB", (64, 48), "red")]
    for kind in ("PNG", "WEBP"):
        ready = await prepare(_file(frames[0], kind, save_all=True, append_images=frames[1:]))
        assert getattr(Image.open(BytesIO(ready.content)), "n_frames", 1) == 1


@pytest.mark.parametrize("kind", ["GIF", "BMP", "TIFF", "ICO", "PPM", "PDF", "EPS"])
async def test_other_formats_are_no_pictures_here(kind: str) -> None:
    with pytest.raises(NoPictureError, match="no PNG, JPEG or WebP"):
        await prepare(_file(_picture(), kind))


@pytest.mark.parametrize(
    "content", [b"", b"\x89PNG\r\n\x1a\n", b"<svg onload='alert(1)'/>", b"RIFF\xff\xff\xff\xffWEBPVP8 "]
)
async def test_what_is_broken_is_no_picture(content: bytes) -> None:
    with pytest.raises(NoPictureError):
        await prepare(content)


async def test_half_a_picture_is_none() -> None:
    whole = _file(_picture(size=(512, 512)), "PNG", compress_level=0)
    with pytest.raises(NoPictureError):
        await prepare(whole[: len(whole) // 2])


async def test_the_limit_is_of_pixels_not_of_bytes(monkeypatch: pytest.MonkeyPatch) -> None:
    flat = _file(Image.new("1", (3000, 3000)), "PNG")
    assert len(flat) < 5000
    await prepare(flat)
    monkeypatch.setattr(pixels, "MOST_PIXELS", 8_999_999)
    with pytest.raises(NoPictureError, match="megapixels"):
        await prepare(flat)


async def test_the_loop_goes_on_while_it_is_decoded() -> None:
    big = _file(_picture(size=(4000, 4000)), "PNG")
    preparing = asyncio.ensure_future(prepare(big))
    turns = 0
    while not preparing.done():
        await asyncio.sleep(0.005)
        turns += 1
    assert turns > 10
    assert preparing.result().width == 4000

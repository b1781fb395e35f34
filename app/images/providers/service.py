"""Providers as the generic base keeps them, and the painter that each stands for."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from time import perf_counter

from app.core.secret_box import SecretUnreadableError
from app.core.settings import Settings
from app.core.upstreams import UpstreamService
from app.images.providers import repository
from app.images.providers.builtin import MODEL, BuiltIn
from app.images.providers.comfyui import ComfyUI
from app.images.providers.models import ImageProvider, Kind
from app.images.providers.openai_images import OpenAIImages
from app.images.providers.port import Capabilities, Connection, Painter
from app.images.providers.schemas import ImageProviderAnswer, ImageProviderTest
from app.jobs import JobError

TEST_SECONDS = 8
MOST_MODELS = 200
LONGEST_MODEL = 128
PAINTERS: Mapping[Kind, Callable[[Connection], Painter]] = {
    Kind.OPENAI_IMAGES: OpenAIImages,
    Kind.COMFYUI: ComfyUI,
    Kind.BUILTIN: BuiltIn,
}


service = UpstreamService("image_provider", "image_providers", repository.providers, ImageProviderAnswer)


def painter_of(settings: Settings, row: ImageProvider, *, seconds: int | None = None) -> Painter:
    """Who paints for this provider. `seconds`: instead of its own limit. JobError when its key cannot be read."""
    try:
        key = service.key_of(settings, row)
    except SecretUnreadableError as error:
        raise JobError("key_unreadable", f"{row.name}: {error}") from error
    limit = row.timeout_seconds if seconds is None else min(seconds, row.timeout_seconds)
    return PAINTERS[Kind(row.kind)](Connection(row.name, row.base_url, key, limit, row.allow_private))


def capabilities_of(row: ImageProvider, model: str) -> Capabilities:
    """What this model can do there. Sizes that an administrator has entered take the place of the known ones."""
    painter = PAINTERS[Kind(row.kind)](Connection(row.name, row.base_url, None, row.timeout_seconds, row.allow_private))
    can = painter.capabilities(model)
    return replace(can, sizes=tuple(row.sizes)) if row.sizes else can


def models_of(row: ImageProvider) -> list[str]:
    """What may be asked of it: its default model first, then what its last successful test found."""
    known = [MODEL] if row.kind == Kind.BUILTIN else row.known_models
    return list(dict.fromkeys(name for name in (row.default_model, *known) if name))


async def test(settings: Settings, row: ImageProvider) -> ImageProviderTest:
    """Ask for its models, which needs the right address and key, costs nothing and paints nothing."""
    started = perf_counter()
    models, error = [], None
    try:
        models = await painter_of(settings, row, seconds=TEST_SECONDS).models()
    except JobError as failure:
        error = failure.message
    models = [name for name in models if name and len(name) <= LONGEST_MODEL and name.isprintable()][:MOST_MODELS]
    ms = round((perf_counter() - started) * 1000)
    return ImageProviderTest(ok=error is None, ms=ms, error=error, models=models)

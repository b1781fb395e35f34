"""What can be asked for, checked before a provider is: its answer would come too late and cost money."""

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from app.core.errors import not_valid
from app.images.generation.schemas import DefaultOptions, ModelOptions, Order, ProviderOptions, Text2Image
from app.images.providers import repository
from app.images.providers.models import ImageProvider, Kind
from app.images.providers.service import capabilities_of, models_of

BYTES_A_PIXEL = 2  # a generous guess at a PNG


async def decide(session: AsyncSession, body: Text2Image) -> Order:
    """Fill in what was left open, and refuse what the provider cannot do, naming the field."""
    row = await _provider(session, body.provider_id)
    model = _model(row, body.model)
    can = capabilities_of(row, model)
    if body.size not in can.sizes:
        raise not_valid("size", "not_supported", f"{row.name} makes {', '.join(can.sizes)}.")
    if body.count > can.max_count:
        raise not_valid("count", "too_many", f"{row.name} makes {can.max_count} at once.")
    wanted = (
        ("seed", body.seed is not None, can.supports_seed),
        ("negative_prompt", bool(body.negative_prompt), can.supports_negative),
        ("watermark", bool(body.watermark), can.supports_watermark),
    )
    for field, is_asked, is_supported in wanted:
        if is_asked and not is_supported:
            raise not_valid(field, "not_supported", f"{model} of {row.name} does not know this.")
    width, height = (int(side) for side in body.size.split("x"))
    return Order(
        prompt=body.prompt,
        negative_prompt=body.negative_prompt,
        provider_id=row.id,
        model=model,
        width=width,
        height=height,
        count=body.count,
        seed=body.seed,
        is_seeded=can.supports_seed,
        watermark=body.watermark if can.supports_watermark else None,
    )


def needed_bytes(order: Order) -> int:
    return order.count * order.width * order.height * BYTES_A_PIXEL


async def _provider(session: AsyncSession, id_: int | None) -> ImageProvider:
    rows = await repository.providers.enabled(session)
    for row in rows:
        if id_ in (None, row.id):
            return row
    if not rows:
        raise not_valid("provider_id", "no_provider", "No provider is set up: an administrator can do that.")
    raise not_valid("provider_id", "not_offered", "There is no such provider, or it is switched off.")


def _model(row: ImageProvider, wanted: str | None) -> str:
    offered = models_of(row)
    if not offered:
        raise not_valid("model", "no_model", f"{row.name} has no default model: an administrator can set it.")
    if wanted and wanted not in offered:
        raise not_valid("model", "not_offered", f"{row.name} offers {', '.join(offered[:10])}.")
    return wanted or offered[0]


def options_of(rows: Sequence[ImageProvider]) -> list[ProviderOptions]:
    found = []
    for row in rows:
        models = models_of(row)
        found.append(
            ProviderOptions(
                id=row.id,
                name=row.name,
                kind=Kind(row.kind),
                models=models,
                by_model=[ModelOptions(name=model, **_supported(row, model)) for model in models],
                **_supported(row, models[0] if models else ""),
            )
        )
    return found


def _supported(row: ImageProvider, model: str) -> dict[str, Any]:
    can = capabilities_of(row, model)
    return {**asdict(can), "sizes": list(can.sizes)}


def default_of(options: Sequence[ProviderOptions]) -> DefaultOptions | None:
    first = next(iter(options), None)
    if first is None:
        return None
    return DefaultOptions(
        provider_id=first.id, model=next(iter(first.models), None), size=next(iter(first.sizes), None)
    )

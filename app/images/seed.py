"""What every installation starts with: a provider that needs no model, so that the page works at once."""

from app.core.database import Database
from app.images.providers import repository
from app.images.providers.builtin import MODEL
from app.images.providers.models import ImageProvider, Kind

NAME = "Built-in demo (no model)"
LAST = 1000


async def ensure_image_providers(database: Database) -> list[str]:
    """Add the built-in provider if there never was one. What people made of it is left alone."""
    async with database.work() as work, work.reading() as reading:
        if await repository.had_builtin(reading):
            return []
    async with database.work() as work:
        session = await work.writing()
        # Asked again, now that nobody else writes: seeds may run at the same time.
        if await repository.had_builtin(session):
            return []
        session.add(ImageProvider(name=NAME, kind=Kind.BUILTIN, default_model=MODEL, sort_order=LAST))
    return ["added the built-in image provider"]

"""Every query about image providers."""

from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from app.core.crud import Repository
from app.images.providers.models import ImageProvider, Kind

providers = Repository(ImageProvider, search=[ImageProvider.name, ImageProvider.base_url])


async def enabled(session: AsyncSession) -> Sequence[ImageProvider]:
    """In the order in which they are offered: the first is the default."""
    query = (
        select(ImageProvider)
        .where(ImageProvider.is_enabled, *providers.visible())
        .order_by(ImageProvider.sort_order, ImageProvider.id)
    )
    return (await session.scalars(query)).all()


async def had_builtin(session: AsyncSession) -> bool:
    """Also when a person has deleted it since."""
    return await session.scalar(select(ImageProvider.id).where(ImageProvider.kind == Kind.BUILTIN).limit(1)) is not None

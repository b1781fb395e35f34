"""Every query about image providers."""

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from app.core.upstreams import UpstreamRepository
from app.images.providers.models import ImageProvider, Kind

providers = UpstreamRepository(ImageProvider)


async def had_builtin(session: AsyncSession) -> bool:
    """Also when a person has deleted it since."""
    return await session.scalar(select(ImageProvider.id).where(ImageProvider.kind == Kind.BUILTIN).limit(1)) is not None

"""Every query about providers."""

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from app.chat.providers.models import ChatProvider
from app.core.upstreams import UpstreamRepository

providers = UpstreamRepository(ChatProvider)


async def by_origin(session: AsyncSession, origin: str) -> ChatProvider | None:
    """Deleted or not: what a person removed is not made again."""
    return await session.scalar(select(ChatProvider).where(ChatProvider.origin == origin))


async def name_is_taken(session: AsyncSession, name: str) -> bool:
    query = select(ChatProvider.id).where(ChatProvider.name == name, *providers.visible())
    return await session.scalar(query) is not None

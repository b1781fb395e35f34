"""Every query about providers."""

from sqlalchemy import bindparam, select
from sqlalchemy.ext.asyncio import AsyncSession

from app.chat.providers.models import ChatProvider
from app.core.at_once import RowQuery
from app.core.database import PointReader
from app.core.upstreams import UpstreamRepository

providers = UpstreamRepository(ChatProvider)
_BY_ID = RowQuery(ChatProvider, ChatProvider.id == bindparam("id"), *providers.visible())


async def at_once(points: PointReader, id_: int) -> ChatProvider | None:
    """What `providers.get` finds, for the hottest paths."""
    return next(iter(await _BY_ID.read(points, id=id_)), None)


async def by_origin(session: AsyncSession, origin: str) -> ChatProvider | None:
    """Deleted or not: what a person removed is not made again."""
    return await session.scalar(select(ChatProvider).where(ChatProvider.origin == origin))


async def name_is_taken(session: AsyncSession, name: str) -> bool:
    query = select(ChatProvider.id).where(ChatProvider.name == name, *providers.visible())
    return await session.scalar(query) is not None

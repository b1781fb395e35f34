"""Every query about channels."""

from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from app.core.crud import Repository
from app.notify.channels.models import Channel

channels = Repository(Channel, search=[Channel.name, Channel.host, Channel.address])


async def enabled(session: AsyncSession) -> Sequence[Channel]:
    query = select(Channel).where(*channels.visible(), Channel.is_enabled).order_by(Channel.name)
    return (await session.scalars(query)).all()

"""The queries about services elsewhere that every domain needs."""

from collections.abc import Sequence
from typing import TypeVar

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from app.core.crud import Repository
from app.core.upstreams.models import Upstream

U = TypeVar("U", bound=Upstream)


class UpstreamRepository(Repository[U]):
    def __init__(self, model: type[U]) -> None:
        super().__init__(model, search=[model.name, model.base_url])

    async def enabled(self, session: AsyncSession) -> Sequence[U]:
        """In the order in which they are offered: the first is the default."""
        query = select(self.model).where(*self.visible(), self.model.is_enabled)
        return (await session.scalars(query.order_by(self.model.sort_order, self.model.id))).all()

"""Every query about texts that were changed."""

from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from app.core.crud import Repository
from app.notify.templates.models import NoticeTemplate

templates = Repository(NoticeTemplate)


async def changed(session: AsyncSession, kind: str | None = None) -> Sequence[NoticeTemplate]:
    """Of one kind, or all."""
    query = select(NoticeTemplate).where(*templates.visible())
    if kind is not None:
        query = query.where(NoticeTemplate.kind == kind)
    return (await session.scalars(query)).all()

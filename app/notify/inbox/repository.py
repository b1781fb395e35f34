"""Every query about inboxes."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any, cast

from sqlalchemy import CursorResult, delete, func, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from app.core.crud import Repository
from app.notify.inbox.models import InboxNotice, InboxPreference

inbox = Repository(
    InboxNotice,
    filters={"is_read": lambda is_read: InboxNotice.read_at.is_not(None) if is_read else InboxNotice.read_at.is_(None)},
)
MOST_COUNTED = 100


async def unread(session: AsyncSession, user_id: int) -> int:
    """How many, up to MOST_COUNTED: a walk along the index of unread rows."""
    ids = select(InboxNotice.id).where(InboxNotice.user_id == user_id, InboxNotice.read_at.is_(None), *inbox.visible())
    return await session.scalar(select(func.count()).select_from(ids.limit(MOST_COUNTED).subquery())) or 0


async def of_person(
    session: AsyncSession, user_id: int, ids: Iterable[int], *, deleted: bool = False
) -> Sequence[InboxNotice]:
    return [row for row in await inbox.many(session, ids, deleted=deleted) if row.user_id == user_id]


async def read_all(session: AsyncSession, user_id: int, now: datetime) -> int:
    changed = await session.execute(
        update(InboxNotice)
        .where(InboxNotice.user_id == user_id, InboxNotice.read_at.is_(None), *inbox.visible())
        .values(read_at=now)
    )
    return cast(CursorResult[Any], changed).rowcount


async def preferences(session: AsyncSession, user_ids: Iterable[int], kind: str | None) -> Sequence[InboxPreference]:
    """Of these people; of one kind, or all."""
    query = select(InboxPreference).where(InboxPreference.user_id.in_(user_ids))
    if kind is not None:
        query = query.where(InboxPreference.kind == kind)
    return (await session.scalars(query)).all()


async def preference(session: AsyncSession, user_id: int, kind: str) -> InboxPreference | None:
    return await session.get(InboxPreference, (user_id, kind))


async def remove_before(session: AsyncSession, before: datetime, limit: int) -> int:
    """The oldest rows, read or not, deleted or not."""
    oldest = select(InboxNotice.id).where(InboxNotice.created_at < before).order_by(InboxNotice.created_at)
    removed = await session.execute(delete(InboxNotice).where(InboxNotice.id.in_(oldest.limit(limit))))
    return cast(CursorResult[Any], removed).rowcount

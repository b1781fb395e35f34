"""Writing and reading events. Each read is a walk along the primary key by the point reader (docs/decisions/0011)."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Delete, bindparam, delete, func, or_, select
from sqlalchemy.event import listens_for
from sqlalchemy.ext.asyncio import AsyncSession

from app.core.clock import utc_now
from app.core.database import PointInsert, PointQuery, PointReader, add_rows
from app.core.events.models import Event

KEPT = 10_000
PRUNE_EVERY = 500

_FIRST_AND_LAST = PointQuery(
    select(select(func.min(Event.id)).scalar_subquery(), select(func.max(Event.id)).scalar_subquery())
)
_NEWS = PointQuery(
    select(Event.id, Event.name, Event.data)
    .where(
        Event.id > bindparam("after"),
        Event.id <= bindparam("until"),
        or_(Event.user_id.is_(None), Event.user_id == bindparam("user")),
    )
    .order_by(Event.id)
)

_ROW = PointInsert(Event.__table__, "user_id", "name", "data", "created_at")


async def publish(
    session: AsyncSession, name: str, data: Mapping[str, Any] | None = None, *, user_id: int | None = None
) -> None:
    """Tell one person, or everybody signed in, once this transaction is committed. Never put a secret into `data`."""
    values = {"user_id": user_id, "name": name, "data": dict(data or {}), "created_at": utc_now()}
    id_ = await add_rows(session, _ROW, [values])
    if id_ % PRUNE_EVERY == 0:
        await session.execute(_older_than(id_))


def _older_than(id_: int) -> Delete:
    return delete(Event).where(Event.id <= id_ - KEPT)


@listens_for(Event, "after_insert")
def _prune(_: Any, connection: Connection, event: Event) -> None:
    """Rights are told of without `publish`, in the middle of a flush."""
    if event.id % PRUNE_EVERY == 0:
        connection.execute(_older_than(event.id))


@dataclass(frozen=True, slots=True)
class News:
    id: int
    name: str
    data: dict[str, Any]


async def first_and_last(points: PointReader) -> tuple[int, int]:
    """The oldest and the newest event that is kept; (0, 0) when there is none."""
    first, last = await points.first(_FIRST_AND_LAST) or (None, None)
    return first or 0, last or 0


async def news(points: PointReader, after: int, until: int, user_id: int) -> list[News]:
    """What this person has not seen yet, oldest first. Give a range of ids that is short: it is read at once."""
    rows = await points.all(_NEWS, {"after": after, "until": until, "user": user_id})
    return [News(*row) for row in rows]

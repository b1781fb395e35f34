"""Writing and reading events. Each read is a walk along the primary key by the point reader (docs/decisions/0011)."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, bindparam, delete, func, or_, select
from sqlalchemy.event import listens_for
from sqlalchemy.ext.asyncio import AsyncSession

from app.core.database import PointQuery, PointReader
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


async def publish(
    session: AsyncSession, name: str, data: Mapping[str, Any] | None = None, *, user_id: int | None = None
) -> None:
    """Tell one person, or everybody signed in, once this transaction is committed. Never put a secret into `data`."""
    session.add(Event(name=name, data=dict(data or {}), user_id=user_id))
    await session.flush()


@listens_for(Event, "after_insert")
def _prune(_: Any, connection: Connection, event: Event) -> None:
    """Whoever added it: rights are told of without `publish`, in the middle of a flush."""
    if event.id % PRUNE_EVERY == 0:
        connection.execute(delete(Event).where(Event.id <= event.id - KEPT))


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

"""What a model is told of a conversation. Who asks has made sure whose it is."""

from typing import NamedTuple

from sqlalchemy import Select, bindparam, select

from app.chat.conversations.models import Message
from app.chat.conversations.repository import up_from
from app.core.database import PointQuery, Work

FEW = 20  # messages that are read at once


class Said(NamedTuple):
    role: str
    content: str


def _said(most: int | None = None) -> Select[str, str]:
    path = up_from(bindparam("leaf"), most)
    query = select(Message.role, Message.content).join(path, path.c.id == Message.id)
    return query.order_by(path.c.distance.desc())


_SAID, _LAST_SAID = _said(), PointQuery(_said(FEW))


async def said(work: Work, leaf_id: int) -> list[Said]:
    """The branch that ends here, the first message first."""
    rows = await work.points.all(_LAST_SAID, {"leaf": leaf_id})
    if len(rows) == FEW:  # there may be more, and they may be long: not on the event loop
        async with work.reading() as session:
            rows = (await session.execute(_SAID, {"leaf": leaf_id})).all()
    return [Said(row[0], row[1]) for row in rows]

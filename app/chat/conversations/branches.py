"""Queries along a branch: from one message up to the first. Who asks has made sure whose it is."""

from collections.abc import Sequence
from typing import Any, NamedTuple

from sqlalchemy import Row, Select, bindparam, literal, select
from sqlalchemy.ext.asyncio import AsyncSession

from app.chat.conversations.models import Message
from app.chat.conversations.repository import SHOWN
from app.core.database import PointQuery, Work

FEW = 20  # messages that are read at once


def _up_from(leaf_id: Any, most: int | None = None) -> Any:
    """The messages from this one up to the first, or so many of them, with their distance."""
    path = (
        select(Message.id.label("id"), Message.parent_id.label("parent_id"), literal(0).label("distance"))
        .where(Message.id == leaf_id)
        .cte("path", recursive=True)
    )
    before = select(Message.id, Message.parent_id, path.c.distance + 1).join(path, Message.id == path.c.parent_id)
    return path.union_all(before if most is None else before.where(path.c.distance < most - 1))


async def branch(session: AsyncSession, leaf_id: int) -> Sequence[Row[Any]]:
    """The branch that ends here, the first message first; plain rows, for there can be thousands."""
    path = _up_from(leaf_id)
    query = select(*SHOWN).join(path, path.c.id == Message.id).order_by(path.c.distance.desc())
    return (await session.execute(query)).all()


class Said(NamedTuple):
    role: str
    content: str


def _said(most: int | None = None) -> Select[str, str]:
    path = _up_from(bindparam("leaf"), most)
    query = select(Message.role, Message.content).join(path, path.c.id == Message.id)
    return query.order_by(path.c.distance.desc())


_SAID, _LAST_SAID = _said(), PointQuery(_said(FEW))


async def said(work: Work, leaf_id: int) -> list[Said]:
    """What a model is told of the branch that ends here."""
    rows = await work.points.all(_LAST_SAID, {"leaf": leaf_id})
    if len(rows) == FEW:  # there may be more, and they may be long: not on the event loop
        async with work.reading() as session:
            rows = (await session.execute(_SAID, {"leaf": leaf_id})).all()
    return [Said(row[0], row[1]) for row in rows]

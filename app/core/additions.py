"""New rows of the hottest paths: what `add` and `flush` do, for a fraction of what they cost (docs/decisions/0151)."""

from functools import cache
from typing import Any

from sqlalchemy import inspect
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import make_transient_to_detached
from sqlalchemy.orm.attributes import set_committed_value

from app.core.database import PointInsert, add_rows
from app.core.models import ACTOR, Record
from app.core.operations import note_new


@cache
def _columns(model: type[Record]) -> dict[str, Any]:
    """Each column but the id, and its default."""
    return {column.key: column.default for column in model.__table__.columns if column.key != "id"}


@cache
def _insert(model: type[Record]) -> PointInsert:
    return PointInsert(model.__table__, *_columns(model))


async def add_at_once(session: AsyncSession, row: Record) -> None:
    """Insert it in the session's transaction. It has its id then, and belongs to the session as if it had been read.

    Nothing that listens to the ORM's flush of such a row hears of it, but for the operation log.
    """
    given = inspect(row).dict
    values = {name: given[name] if name in given else _value(default) for name, default in _columns(type(row)).items()}
    if values["creator_id"] is None:
        values["creator_id"] = session.info.get(ACTOR)
    id_ = await add_rows(session, _insert(type(row)), [values])
    for name, value in {"id": id_, **values}.items():
        set_committed_value(row, name, value)
    note_new(session, row)
    make_transient_to_detached(row)
    session.add(row)


def _value(default: Any) -> Any:
    """As SQLAlchemy would make it: a fixed one, or what a function says, which it gave an argument."""
    if default is None:
        return None
    return default.arg(None) if default.is_callable else default.arg

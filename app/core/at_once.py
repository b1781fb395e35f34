"""Rows of the hottest paths, new and changed: what `flush` does, for a fraction of its cost (docs/decisions/0151)."""

from functools import cache
from typing import Any

from sqlalchemy import bindparam, inspect
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import make_transient_to_detached
from sqlalchemy.orm.attributes import set_committed_value

from app.core.clock import utc_now
from app.core.database import PointChange, PointInsert, add_rows, change_rows
from app.core.models import ACTOR, Record
from app.core.operations import note_changed, note_new


@cache
def _columns(model: type[Record]) -> dict[str, Any]:
    """Each column but the id, and its default."""
    return {column.key: column.default for column in model.__table__.columns if column.key != "id"}


@cache
def _insert(model: type[Record]) -> PointInsert:
    return PointInsert(model.__table__, *_columns(model))


@cache
def _change(model: type[Record], *columns: str) -> PointChange:
    return PointChange(model.__table__, model.id == bindparam("row_id"), *columns)


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


async def change_at_once(session: AsyncSession, row: Record, **values: Any) -> None:
    """Change these columns of a row that belongs to the session, in its transaction.

    Nothing that listens to the ORM's flush of such a row hears of it, but for the operation log.
    """
    pairs = {name: (getattr(row, name), value) for name, value in values.items()}
    note_changed(session, row, {name: pair for name, pair in pairs.items() if pair[0] != pair[1]})
    values |= {"modifier_id": session.info.get(ACTOR), "modifier_time": utc_now()}
    await change_rows(session, _change(type(row), *values), [{"row_id": row.id, **values}])
    for name, value in values.items():
        set_committed_value(row, name, value)


def _value(default: Any) -> Any:
    """As SQLAlchemy would make it: a fixed one, or what a function says, which it gave an argument."""
    if default is None:
        return None
    return default.arg(None) if default.is_callable else default.arg

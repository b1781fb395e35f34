"""Rows of the hottest paths, new, changed and read whole, for a fraction of the ORM's cost (docs/decisions/0151)."""

from collections.abc import Sequence
from functools import cache
from typing import Any, Generic, TypeVar, cast

from sqlalchemy import ColumnElement, bindparam, inspect
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import make_transient_to_detached
from sqlalchemy.orm.attributes import set_committed_value
from sqlalchemy.orm.util import identity_key

from app.core.clock import utc_now
from app.core.database import PointChange, PointInsert, PointQuery, PointReader, add_rows, change_rows, rows_in
from app.core.models import ACTOR, Record
from app.core.operations import note_changed, note_new

R = TypeVar("R", bound=Record)


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
    given.update(values, id=await add_rows(session, _insert(type(row)), [values]))
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


class RowQuery(Generic[R]):
    """Rows of one table, but for deferred columns, by a query that is compiled once.

    Its parameters are named, and bound what it finds.
    """

    def __init__(
        self, model: type[R], *conditions: ColumnElement[bool], order: Sequence[Any] = (), limit: Any = None
    ) -> None:
        self._mapper = inspect(model)
        columns = [each.columns[0] for each in self._mapper.column_attrs if not each.deferred]
        self._names = [column.key for column in columns]
        self._point = PointQuery(
            model.__table__.select().with_only_columns(*columns).where(*conditions).order_by(*order).limit(limit)
        )

    async def read(self, points: PointReader, **parameters: Any) -> list[R]:
        """Outside of any session; as the database stands, whoever writes meanwhile."""
        return [self._made(values) for values in await points.all(self._point, parameters)]

    async def read_in(self, session: AsyncSession, **parameters: Any) -> list[R]:
        """As a writing session sees them, to which they belong then. What it has already, it has once."""
        rows: list[R] = []
        for values in await rows_in(session, self._point, parameters):
            row = self._made(values)
            known: R | None = session.identity_map.get(identity_key(instance=row))
            if known is None:
                session.add(row)
            elif inspect(known).expired_attributes:
                await session.refresh(known)
            rows.append(row if known is None else known)
        return rows

    async def read_if_brief(self, points: PointReader, **parameters: Any) -> list[R] | None:
        """As `read`; None where that is not done in a moment."""
        found = await points.all_if_brief(self._point, parameters)
        return None if found is None else [self._made(values) for values in found]

    def _made(self, values: Sequence[Any]) -> R:
        """As the ORM makes one that it has read, and forgotten."""
        row = cast(R, self._mapper.class_manager.new_instance())
        state = inspect(row)
        state.dict.update(zip(self._names, values, strict=True))
        state.key = self._mapper.identity_key_from_primary_key((row.id,))
        return row


@cache
def _by_id(model: type[R]) -> RowQuery[R]:
    return RowQuery(model, model.id == bindparam("id"))


async def read_at_once(points: PointReader, model: type[R], id_: int) -> R | None:
    """The row of this number, deleted or not, outside of any session."""
    return next(iter(await _by_id(model).read(points, id=id_)), None)


async def get_at_once(session: AsyncSession, model: type[R], id_: int) -> R | None:
    """What `session.get` finds, in a session that writes; as it stands by now."""
    return next(iter(await _by_id(model).read_in(session, id=id_)), None)


def _value(default: Any) -> Any:
    """As SQLAlchemy would make it: a fixed one, or what a function says, which it gave an argument."""
    if default is None:
        return None
    return default.arg(None) if default.is_callable else default.arg

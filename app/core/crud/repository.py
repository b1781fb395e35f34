"""The queries that every resource needs. `Repository(Model)` is enough; a subclass adds what is its own."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any, Generic, TypeVar, cast

from sqlalchemy import (
    BindParameter,
    Boolean,
    ColumnElement,
    CursorResult,
    Integer,
    Select,
    and_,
    bindparam,
    column,
    delete,
    func,
    literal,
    or_,
    select,
    table,
    tuple_,
)
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.orm import InstrumentedAttribute
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import FunctionElement

from app.core.at_once import RowQuery
from app.core.crud.plain import LIMIT, OFFSET, PlainList, holds_a_value, with_names_for_values
from app.core.crud.schemas import PageQuery
from app.core.database import POINTS, PointQuery, rows_in
from app.core.models import Record

COUNT_LIMIT = 100_000
LAST_CHARACTER = "\U0010ffff"
ESCAPE = "/"

M = TypeVar("M", bound=Record)
Condition = Callable[[Any], ColumnElement[bool]]

# Known here by name only: whoever keeps the accounts has this table, as the audit columns of every table demand.
_people = table("iam_user", column("id"), column("display_name"))


@dataclass(frozen=True, slots=True)
class Place:
    """Where a walk through a whole list is: after this row, in the part with or that without a value to sort by."""

    is_second: bool = False
    id: Any = None
    value: Any = None


def starts_with(attribute: InstrumentedAttribute[str], prefix: str) -> ColumnElement[bool]:
    """As a range, which an index answers; LIKE would not be, for SQLite ignores case in it.

    Columns are compared byte by byte, on PostgreSQL too (core/databases/postgresql_ddl.py).
    """
    return and_(attribute >= prefix, attribute < prefix + LAST_CHARACTER)


class _Contains(FunctionElement[bool]):
    """A column and a pattern. `icontains` makes small letters of both first in SQLite: four times as slow."""

    type = Boolean()
    inherit_cache = True


@compiles(_Contains)
def _like(element: _Contains, compiler: SQLCompiler, **kw: Any) -> str:
    attribute, pattern = element.clauses
    return f"({compiler.process(attribute.like(pattern, escape=ESCAPE), **kw)})"


@compiles(_Contains, "postgresql")
def _ilike(element: _Contains, compiler: SQLCompiler, **kw: Any) -> str:
    attribute, pattern = element.clauses
    return compiler.process(attribute.ilike(pattern, escape=ESCAPE), **kw)


def contains(attribute: InstrumentedAttribute[Any], text: str) -> ColumnElement[bool]:
    """Whatever the case of its letters, on every database."""
    for special in (ESCAPE, "%", "_"):
        text = text.replace(special, ESCAPE + special)
    return _Contains(attribute, literal(f"%{text}%"))


def _number(name: str) -> BindParameter[int]:
    return bindparam(name, type_=Integer)


def count_of(ids: Select[Any]) -> Select[int]:
    """Nobody pages to the end of a long list: one more than COUNT_LIMIT at most."""
    return select(func.count()).select_from(ids.limit(COUNT_LIMIT + 1).subquery())


def up_to_limit(number: int) -> tuple[int, bool]:
    """What count_of found, and whether that is all."""
    return min(number, COUNT_LIMIT), number <= COUNT_LIMIT


class Repository(Generic[M]):
    def __init__(
        self,
        model: type[M],
        *,
        search: Sequence[InstrumentedAttribute[Any]] = (),
        sorts: Mapping[str, ColumnElement[Any] | InstrumentedAttribute[Any]] | None = None,
        filters: Mapping[str, Condition] | None = None,
    ) -> None:
        """`search`: what `q` looks into. `sorts`, `filters`: where a name in the query is not a column's."""
        self.model = model
        self.search = tuple(search)
        self.sorts = dict(sorts or {})
        self.special: dict[str, Condition] = {
            "q": self._contains,
            "created_from": lambda moment: model.created_at >= moment,
            "created_to": lambda moment: model.created_at < moment,
            **(filters or {}),
        }
        self._kept: dict[tuple[str, frozenset[str]], PlainList[M] | None] = {}

    def visible(self) -> list[ColumnElement[bool]]:
        """Which rows there are at all. Written so that SQLite recognises the condition of a partial index."""
        return [~self.model.is_deleted]

    def conditions(self, query: PageQuery) -> list[ColumnElement[bool]]:
        found = self.visible()
        for name, value in query.filters():
            special = self.special.get(name)
            found.append(special(value) if special else getattr(self.model, name) == value)
        return found

    def order(self, sort: str) -> tuple[ColumnElement[Any], ColumnElement[Any]]:
        name = sort.removeprefix("-")
        by = self.sorts[name] if name in self.sorts else getattr(self.model, name)
        return (by.desc(), self.model.id.desc()) if sort.startswith("-") else (by.asc(), self.model.id.asc())

    def _contains(self, text: str) -> ColumnElement[bool]:
        return or_(*(contains(attribute, text) for attribute in self.search))

    def _rows_of_page(self, conditions: Sequence[ColumnElement[bool]], sort: str, limit: Any, offset: Any) -> Any:
        """The condition that a row is on the page: its ids are found in an index, so that a deep one reads few rows."""
        ids = select(self.model.id).where(*conditions).order_by(*self.order(sort))
        return self.model.id.in_(ids.limit(limit).offset(offset))

    def _plain(self, session: AsyncSession, query: PageQuery) -> PlainList[M] | None:
        """What is kept for a query of this form: this order, and these columns having a value."""
        names = frozenset(name for name, _ in query.filters())
        if POINTS not in session.info or names & self.special.keys():
            return None
        form = query.sort, names
        if form not in self._kept:
            conditions = self.conditions(with_names_for_values(query))
            on_page = self._rows_of_page(conditions, query.sort, _number(LIMIT), _number(OFFSET))
            plain = PlainList(
                RowQuery(self.model, on_page, order=self.order(query.sort)),
                PointQuery(count_of(select(self.model.id).where(*conditions))),
            )
            self._kept[form] = None if holds_a_value(conditions) else plain
        return self._kept[form]

    async def page(self, session: AsyncSession, query: PageQuery) -> list[M]:
        """The rows of one page."""
        plain = self._plain(session, query)
        rows = await plain.page(session.info[POINTS], query) if plain else None
        if rows is not None:
            return rows
        on_page = self._rows_of_page(self.conditions(query), query.sort, query.page_size, query.offset)
        found = select(self.model).where(on_page).order_by(*self.order(query.sort))
        return list((await session.scalars(found)).all())

    async def stretch(
        self, session: AsyncSession, query: PageQuery, place: "Place", limit: int
    ) -> tuple[list[M], "Place | None"]:
        """The next rows of the whole list in its own order, and where to go on; None at its end.

        As fast at the end as at the start. Rows without a value of the column that it sorts by come first, or last when
        it sorts down: as two parts, each of which walks an index.
        """
        down = query.sort.startswith("-")
        name, id_ = query.sort.removeprefix("-"), self.model.id
        by = self.sorts[name] if name in self.sorts else getattr(self.model, name)
        conditions, last = self.conditions(query), place.id
        if place.is_second is down:
            conditions.append(by.is_(None))
            if last is not None:
                conditions.append(id_ < last if down else id_ > last)
        else:
            conditions.append(by.is_not(None))
            if last is not None:
                pair = tuple_(by, id_)
                conditions.append(pair < (place.value, last) if down else pair > (place.value, last))
        found = (
            await session.execute(
                select(self.model, by).where(*conditions).order_by(*self.order(query.sort)).limit(limit)
            )
        ).all()
        rows = [row[0] for row in found]
        if len(rows) == limit:
            return rows, Place(place.is_second, rows[-1].id, found[-1][1])
        return rows, None if place.is_second else Place(is_second=True)

    async def total(self, session: AsyncSession, query: PageQuery) -> int:
        """How many match, counted to the end: for work that takes longer anyway."""
        return await session.scalar(select(func.count()).select_from(self.model).where(*self.conditions(query))) or 0

    async def matching(self, session: AsyncSession, names: Sequence[str], keys: Iterable[tuple[Any, ...]]) -> list[M]:
        """Rows by the values of these columns."""
        columns, wanted = [getattr(self.model, name) for name in names], list(keys)
        if not wanted:
            return []
        among = columns[0].in_([key[0] for key in wanted]) if len(columns) == 1 else tuple_(*columns).in_(wanted)
        return list((await session.scalars(select(self.model).where(among, *self.visible()))).all())

    async def count(self, session: AsyncSession, query: PageQuery) -> tuple[int, bool]:
        """How many match, and whether that is all: counting stops at a limit."""
        plain = self._plain(session, query)
        number = await plain.count(session.info[POINTS], query) if plain else None
        if number is not None:
            return up_to_limit(number)
        return await self._counted(session, select(self.model.id).where(*self.conditions(query)))

    async def get(self, session: AsyncSession, id_: int) -> M | None:
        return await session.scalar(select(self.model).where(self.model.id == id_, *self.visible()))

    async def many(self, session: AsyncSession, ids: Iterable[int], *, deleted: bool = False) -> list[M]:
        """Those of `ids` that are there, or, with `deleted`, those in the recycle bin."""
        state = [self.model.is_deleted] if deleted else self.visible()
        return list((await session.scalars(select(self.model).where(self.model.id.in_(set(ids)), *state))).all())

    async def deleted_page(self, session: AsyncSession, query: PageQuery) -> list[M]:
        """One page of the recycle bin, latest first."""
        latest = (self.model.modifier_time.desc(), self.model.id.desc())
        rows = select(self.model).where(self.model.is_deleted).order_by(*latest)
        return list((await session.scalars(rows.limit(query.page_size).offset(query.offset))).all())

    async def deleted_count(self, session: AsyncSession) -> tuple[int, bool]:
        return await self._counted(session, select(self.model.id).where(self.model.is_deleted))

    async def _counted(self, session: AsyncSession, ids: Select[Any]) -> tuple[int, bool]:
        return up_to_limit(await session.scalar(count_of(ids)) or 0)

    async def purge(self, session: AsyncSession, rows: Iterable[M]) -> None:
        """Remove for good."""
        await session.execute(delete(self.model).where(self.model.id.in_([row.id for row in rows])))


class LogRepository(Repository[M]):
    """Rows that are never changed nor marked as deleted, and removed for good when their time is over."""

    def visible(self) -> list[ColumnElement[bool]]:
        return []

    async def remove_before(self, session: AsyncSession, moment: datetime, limit: int) -> int:
        """Remove the oldest rows before `moment`, at most `limit`: the write lock is others' too."""
        oldest = select(self.model.id).where(self.model.created_at < moment).order_by(self.model.created_at)
        removed = await session.execute(delete(self.model).where(self.model.id.in_(oldest.limit(limit))))
        return cast(CursorResult[Any], removed).rowcount


@cache
def _names(number: int) -> PointQuery:
    ids = [bindparam(f"id_{place}", type_=_people.c.id.type) for place in range(number)]
    return PointQuery(select(_people.c.id, _people.c.display_name).where(_people.c.id.in_(ids)))


async def names_of(session: AsyncSession, ids: Iterable[int | None]) -> dict[int, str]:
    """Display names by user id, deleted ones too, in one query."""
    wanted = [*{id_ for id_ in ids if id_ is not None}]
    if not wanted:
        return {}
    # A few forms for all numbers of them; what is asked for twice is found once.
    number = 1 << (len(wanted) - 1).bit_length()
    given = {f"id_{place}": wanted[min(place, len(wanted) - 1)] for place in range(number)}
    return {row[0]: row[1] for row in await rows_in(session, _names(number), given)}

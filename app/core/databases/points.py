"""Reads, inserts and changes of microseconds for the hottest paths (docs/decisions/0011, 0151)."""

from collections.abc import Callable, Mapping, Sequence
from functools import cached_property
from typing import Any, NamedTuple, Protocol, cast

from sqlalchemy import ColumnElement, FromClause, Select, Table
from sqlalchemy.dialects import sqlite
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.schema import ScalarElementColumnDefault

NOTHING: Mapping[str, Any] = {}
POINTS = "points"  # in the `info` of a session that only reads: the reader for what it asks so
Convert = Callable[[Any], Any]


class SqliteForm(NamedTuple):
    """As the bare driver takes it: the text, its constants, and what makes of values what it stores and back."""

    text: str
    constants: Mapping[str, Any]
    parameters: Mapping[str, Convert]
    results: Sequence[tuple[int, Convert]]

    def given(self, parameters: Mapping[str, Any]) -> dict[str, Any]:
        """All of its parameters, as SQLite stores them."""
        given = {**self.constants, **parameters}
        for name, convert in self.parameters.items():
            given[name] = convert(given[name])
        return given

    def taken(self, row: tuple[Any, ...]) -> Sequence[Any]:
        """A row of SQLite's, as the types of its columns say."""
        if not self.results:
            return row
        values = list(row)
        for place, convert in self.results:
            values[place] = convert(values[place])
        return values


_SQLITE = sqlite.dialect(paramstyle="named")


def _converts(compiled: SQLCompiler) -> dict[str, Convert]:
    binds = {name: bind.type.dialect_impl(_SQLITE).bind_processor(_SQLITE) for name, bind in compiled.binds.items()}
    return {name: convert for name, convert in binds.items() if convert is not None}


class PointQuery:
    """A query that is compiled once. Its parameters are named; its values come as the types of its columns say."""

    def __init__(self, query: Select[*tuple[Any, ...]]) -> None:
        self.query = query

    @cached_property
    def in_sqlite(self) -> SqliteForm:
        compiled = self.query.compile(dialect=_SQLITE)
        results = [
            (place, column.type.dialect_impl(_SQLITE).result_processor(_SQLITE, None))
            for place, column in enumerate(self.query.selected_columns)
        ]
        return SqliteForm(
            str(compiled),
            {name: bind.value for name, bind in compiled.binds.items() if not bind.required},
            _converts(compiled),
            [(place, convert) for place, convert in results if convert is not None],
        )


class PointReader(Protocol):
    """For the hottest paths only."""

    async def first(self, query: PointQuery, parameters: Mapping[str, Any] = NOTHING) -> Sequence[Any] | None: ...

    async def all(self, query: PointQuery, parameters: Mapping[str, Any] = NOTHING) -> Sequence[Sequence[Any]]:
        """For a handful of rows along an index: the query bounds how many."""
        ...

    async def all_if_brief(
        self, query: PointQuery, parameters: Mapping[str, Any] = NOTHING
    ) -> Sequence[Sequence[Any]] | None:
        """The same where it is not known how far the database has to walk: None when that is too far for here."""
        ...

    async def close(self) -> None: ...


class PointInsert:
    """A row that goes along with most writes, past the session: compiled once.

    Each of `columns` must be given; the others get their fixed default, or what the database itself puts there.
    """

    def __init__(self, table: FromClause, *columns: str) -> None:
        self.statement = cast(Table, table).insert()
        self._columns = columns

    @cached_property
    def in_sqlite(self) -> SqliteForm:
        compiled = self.statement.compile(dialect=_SQLITE, column_keys=self._columns)
        others = [column for column in self.statement.table.columns if column.key not in self._columns]
        constants = {
            column.key: column.default.arg
            for column in others
            if isinstance(column.default, ScalarElementColumnDefault)
        }
        return SqliteForm(str(compiled), constants, _converts(compiled), ())


class PointChange:
    """A change of one row, past the session: compiled once. What its condition asks for has names of its own."""

    def __init__(self, table: FromClause, condition: ColumnElement[bool], *columns: str) -> None:
        self.statement = cast(Table, table).update().where(condition)
        self._columns = columns

    @cached_property
    def in_sqlite(self) -> SqliteForm:
        compiled = self.statement.compile(dialect=_SQLITE, column_keys=self._columns)
        constants = {
            name: bind.value for name, bind in compiled.binds.items() if not bind.required and name not in self._columns
        }
        return SqliteForm(str(compiled), constants, _converts(compiled), ())


class AtOnce(Protocol):
    """What SQLite's connection for writing does past SQLAlchemy, in the transaction that is under way."""

    def write(self, statement: str, parameters: Mapping[str, Any]) -> int:
        """Add or change one row; the id of one that was added."""
        ...

    def read(self, statement: str, parameters: Mapping[str, Any]) -> list[Any]:
        """All of a handful of rows."""
        ...


async def _at_once(session: AsyncSession) -> AtOnce | None:
    """SQLite's connection of the session's transaction, once all that waits in the session is there."""
    if session.new or session.dirty or session.deleted:
        await session.flush()
    if not session.in_transaction() or session.in_nested_transaction():
        await session.connection()  # a savepoint is made by the first statement within it
    connection = session.sync_session.connection()
    if connection.dialect.name != _SQLITE.name:
        return None
    return cast(AtOnce, connection.connection.driver_connection)


async def add_rows(session: AsyncSession, row: PointInsert, values: Sequence[Mapping[str, Any]]) -> int:
    """Insert them in the session's transaction; the id of the last one."""
    bare = await _at_once(session)
    if bare is not None:
        form = row.in_sqlite
        return [bare.write(form.text, form.given(each)) for each in values][-1]
    connection = await session.connection()
    if values[1:]:
        await connection.execute(row.statement, values[:-1])
    made = await connection.execute(row.statement, values[-1])
    return int(made.inserted_primary_key[0]) if made.inserted_primary_key else 0


async def change_rows(session: AsyncSession, change: PointChange, values: Sequence[Mapping[str, Any]]) -> None:
    """In the session's transaction, one row each; rows that the condition does not fit stay as they are."""
    bare = await _at_once(session)
    if bare is None:
        await (await session.connection()).execute(change.statement, list(values))
        return
    form = change.in_sqlite
    for each in values:
        bare.write(form.text, form.given(each))


async def rows_in(
    session: AsyncSession, query: PointQuery, parameters: Mapping[str, Any] = NOTHING
) -> Sequence[Sequence[Any]]:
    """A handful of rows along an index: as a writing session itself sees them, and for others as they stand."""
    if POINTS in session.info:
        points: PointReader = session.info[POINTS]
        found = await points.all_if_brief(query, parameters)
        return (await session.execute(query.query, parameters)).all() if found is None else found
    bare = await _at_once(session)
    if bare is not None:
        form = query.in_sqlite
        return [form.taken(row) for row in bare.read(form.text, form.given(parameters))]
    return (await session.execute(query.query, parameters)).all()

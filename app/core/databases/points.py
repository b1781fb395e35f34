"""Reads of microseconds for the hottest paths (docs/decisions/0011): what is asked, and by whom it is answered."""

from collections.abc import Callable, Mapping, Sequence
from functools import cached_property
from typing import Any, NamedTuple, Protocol

from sqlalchemy import Select
from sqlalchemy.dialects import sqlite

NOTHING: Mapping[str, Any] = {}
Convert = Callable[[Any], Any]


class SqliteForm(NamedTuple):
    """As the bare driver takes it: the text, its constants, and what makes of values what it stores and back."""

    text: str
    constants: Mapping[str, Any]
    parameters: Mapping[str, Convert]
    results: Sequence[tuple[int, Convert]]


class PointQuery:
    """A query that is compiled once. Its parameters are named; its values come as the types of its columns say."""

    def __init__(self, query: Select[*tuple[Any, ...]]) -> None:
        self.query = query

    @cached_property
    def in_sqlite(self) -> SqliteForm:
        dialect = sqlite.dialect(paramstyle="named")
        compiled = self.query.compile(dialect=dialect)
        binds = {name: bind.type.dialect_impl(dialect).bind_processor(dialect) for name, bind in compiled.binds.items()}
        results = [
            (place, column.type.dialect_impl(dialect).result_processor(dialect, None))
            for place, column in enumerate(self.query.selected_columns)
        ]
        return SqliteForm(
            str(compiled),
            {name: bind.value for name, bind in compiled.binds.items() if not bind.required},
            {name: convert for name, convert in binds.items() if convert is not None},
            [(place, convert) for place, convert in results if convert is not None],
        )


class PointReader(Protocol):
    """For the hottest paths only."""

    async def first(self, query: PointQuery, parameters: Mapping[str, Any] = NOTHING) -> Sequence[Any] | None: ...

    async def all(self, query: PointQuery, parameters: Mapping[str, Any] = NOTHING) -> Sequence[Sequence[Any]]:
        """For a handful of rows along an index: the query bounds how many."""
        ...

    async def close(self) -> None: ...

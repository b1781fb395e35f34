"""How SQLite answers the queries of a request: that it walks an index, not a whole table."""

import re
import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import pytest
from sqlalchemy import event

from app.core.database import Database, PointQuery
from app.core.databases.points import NOTHING
from app.core.settings import Settings


@dataclass
class Queries:
    """Statements with their parameters, of the reading sessions, and of several rows read past them."""

    found: list[tuple[str, Any]] = field(default_factory=list)

    def bad_plans(self, settings: Settings, tables: set[str], *, may_sort: bool = False) -> list[str]:
        """What is wrong: a walk through a whole one of `tables` without an index, or its rows sorted to take a page.

        Nothing on PostgreSQL, which decides by how many rows there are: few, in tests.
        """
        wrong: list[str] = []
        if not settings.uses_sqlite:
            return wrong
        with sqlite3.connect(settings.database_path) as connection:
            for statement, parameters in self.found:
                rows = connection.execute(f"EXPLAIN QUERY PLAN {statement}", parameters).fetchall()
                details = {row[0]: row[3] for row in rows}
                for _, parent, _, detail in rows:
                    walked = re.match(r"SCAN (\w+)", detail)
                    if walked and walked[1] in tables and "INDEX" not in detail:
                        wrong.append(f"{detail}: {statement}")
                    if "TEMP B-TREE FOR" in detail and "SUBQUERY" in details.get(parent, "") and not may_sort:
                        wrong.append(f"{detail}: {statement}")
        return wrong


def point_plan(settings: Settings, query: PointQuery, parameters: Mapping[str, Any]) -> list[str]:
    """The steps of a read by the point reader."""
    with sqlite3.connect(settings.database_path) as connection:
        rows = connection.execute(
            f"EXPLAIN QUERY PLAN {query.in_sqlite.text}", {**query.in_sqlite.constants, **parameters}
        )
        return [str(row[3]) for row in rows]


@contextmanager
def recorded(database: Database) -> Iterator[Queries]:
    queries = Queries()

    def keep(_connection: Any, _cursor: Any, statement: str, parameters: Any, *_: Any) -> None:
        if statement.startswith("SELECT"):
            queries.found.append((statement, parameters))

    engine, points, read = database.reader.sync_engine, database.points, database.points.all

    async def keep_and_read(query: PointQuery, parameters: Mapping[str, Any] = NOTHING) -> Sequence[Sequence[Any]]:
        queries.found.append((query.in_sqlite.text, query.in_sqlite.given(parameters)))
        return await read(query, parameters)

    event.listen(engine, "before_cursor_execute", keep)
    try:
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(points, "all", keep_and_read)
            yield queries
    finally:
        event.remove(engine, "before_cursor_execute", keep)

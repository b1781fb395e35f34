"""Connections to SQLite with as few hops between event loop and thread as can be (docs/decisions/0150).

aiosqlite hands each call to a thread: four hops a statement, each of which waits its turn on a busy event loop, and
everybody else waits for the end of a transaction that writes. Here a statement and its rows are one hop; and the
writer's, which take SQLite microseconds, run on the event loop itself, but for what may wait or take long.
"""

import asyncio
import sqlite3
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from time import perf_counter
from typing import Any, Self

from loguru import logger
from sqlalchemy.exc import IntegrityError

BRIEF = ("SELECT", "INSERT", "UPDATE", "SAVEPOINT", "RELEASE")
MOST_PARAMETERS = 500  # about fifty rows
SLOW_SECONDS = 0.05
ROWS_AT_ONCE = 500
NO_PARAMETERS: Sequence[Any] = ()


class Reader:
    """What SQLAlchemy's dialect of aiosqlite asks of a connection (sqlalchemy.connectors.asyncio)."""

    def __init__(self, path: str, patience: float) -> None:
        """`patience`: seconds to wait where somebody else has locked the file."""
        # Used from one place at a time: the event loop, or the one thread that it awaits.
        self._conn = self._connection = sqlite3.connect(
            path, isolation_level=None, check_same_thread=False, timeout=patience
        )
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="sqlite")
        self._under_way = 0

    async def away(self, call: Callable[..., Any], *arguments: Any) -> Any:
        """In the thread, after whatever is there still: a call that was cancelled goes on to its end."""
        self._under_way += 1
        done = asyncio.get_running_loop().run_in_executor(self._thread, call, *arguments)
        done.add_done_callback(self._ended)
        return await asyncio.shield(done)

    def _ended(self, done: "asyncio.Future[Any]") -> None:
        self._under_way -= 1
        if not done.cancelled():
            done.exception()  # whoever was cancelled does not ask for it any more

    @property
    def is_idle(self) -> bool:
        return not self._under_way

    async def run(self, cursor: sqlite3.Cursor, statement: str, parameters: Sequence[Any]) -> list[Any]:
        """Execute, and return the first rows."""
        if statement.startswith("BEGIN"):  # a deferred one touches nothing
            cursor.execute(statement)
            return []
        rows: list[Any] = await self.away(_execute, cursor, statement, parameters)
        return rows

    def cursor(self) -> "Cursor":
        return Cursor(self, self._conn.cursor())

    async def create_function(self, *arguments: Any, **more: Any) -> None:
        self._conn.create_function(*arguments, **more)

    async def commit(self) -> None:
        self._conn.commit()

    async def rollback(self) -> None:
        if not self.is_idle:
            await self.away(self._conn.rollback)
        else:
            self._conn.rollback()

    async def close(self) -> None:
        await self.away(self._conn.close)
        self._thread.shutdown(wait=False)

    def stop(self) -> None:
        """Closed where nothing can be awaited any more."""
        self._thread.submit(self._conn.close)
        self._thread.shutdown(wait=False)


class Writer(Reader):
    def __init__(self, path: str, patience: float) -> None:
        """`patience`: seconds that a transaction waits for writers outside our queue before it begins."""
        super().__init__(path, 0)
        self._patience = round(patience * 1000)

    async def run(self, cursor: sqlite3.Cursor, statement: str, parameters: Sequence[Any]) -> list[Any]:
        if statement.startswith("BEGIN"):
            await self._begin(statement)
            return []
        if not statement.startswith(BRIEF) or len(parameters) > MOST_PARAMETERS:
            rows: list[Any] = await self.away(_execute, cursor, statement, parameters)
            return rows
        began = perf_counter()
        rows = _execute(cursor, statement, parameters)
        if (took := perf_counter() - began) > SLOW_SECONDS:
            logger.warning("A statement held up the event loop for {:.0f} ms: {}", took * 1000, statement[:200])
        return rows

    def write(self, statement: str, parameters: Mapping[str, Any]) -> int:
        """See points.AtOnce."""
        try:
            return self._conn.execute(statement, parameters).lastrowid or 0
        except sqlite3.IntegrityError as error:
            raise IntegrityError(statement, None, error) from error  # as everybody knows it (core/problems.py)

    def read(self, statement: str, parameters: Mapping[str, Any]) -> list[Any]:
        return self._conn.execute(statement, parameters).fetchall()

    async def _begin(self, statement: str) -> None:
        try:
            self._conn.execute(statement)
        except sqlite3.OperationalError:  # somebody outside our queue writes: the thread waits for the end of that
            await self.away(self._begin_patiently, statement)

    def _begin_patiently(self, statement: str) -> None:
        self._conn.execute(f"PRAGMA busy_timeout={self._patience}")
        try:
            self._conn.execute(statement)
        finally:
            self._conn.execute("PRAGMA busy_timeout=0")


def _execute(cursor: sqlite3.Cursor, statement: str, parameters: Sequence[Any]) -> list[Any]:
    cursor.execute(statement, parameters)
    return cursor.fetchmany(ROWS_AT_ONCE) if cursor.description else []


class Cursor:
    arraysize = 1

    def __init__(self, connection: Reader, cursor: sqlite3.Cursor) -> None:
        self._connection = connection
        self._cursor = cursor
        self._rows: list[Any] = []
        self._has_more = False

    async def __aenter__(self) -> Self:
        return self

    @property
    def description(self) -> Any:
        return self._cursor.description

    @property
    def rowcount(self) -> int:
        return self._cursor.rowcount

    @property
    def lastrowid(self) -> int | None:
        return self._cursor.lastrowid

    async def execute(self, statement: str, parameters: Sequence[Any] = NO_PARAMETERS) -> Self:
        self._rows = await self._connection.run(self._cursor, statement, parameters)
        self._has_more = len(self._rows) == ROWS_AT_ONCE
        return self

    async def executemany(self, statement: str, rows: Sequence[Sequence[Any]]) -> Self:
        await self._connection.away(self._cursor.executemany, statement, rows)
        return self

    async def fetchone(self) -> Any:
        rows = await self.fetchmany(1)
        return rows[0] if rows else None

    async def fetchmany(self, size: int = ROWS_AT_ONCE) -> list[Any]:
        """For results that are read piece by piece (`stream`)."""
        while self._has_more and len(self._rows) < size:
            more = await self._connection.away(self._cursor.fetchmany, ROWS_AT_ONCE)
            self._has_more = len(more) == ROWS_AT_ONCE
            self._rows += more
        rows, self._rows = self._rows[:size], self._rows[size:]
        return rows

    async def fetchall(self) -> list[Any]:
        rows, self._rows = self._rows, []
        if self._has_more:
            self._has_more = False
            rows += await self._connection.away(self._cursor.fetchall)
        return rows

    async def close(self) -> None:
        if self._connection.is_idle:  # otherwise a statement that was cancelled still goes on with it
            self._cursor.close()

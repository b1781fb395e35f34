"""The database of one process: reading sessions, and the one place where a request's transaction is committed.

SQLite's defaults in SQLAlchemy lose updates (docs/decisions/0010): a writing transaction starts with BEGIN IMMEDIATE
on a connection of its own, in its turn of the write queue; a reading one is deferred and cannot write at all.
"""

import sqlite3
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Any

from sqlalchemy import event
from sqlalchemy.engine import Connection
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.exc import OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession, create_async_engine
from sqlalchemy.pool import ConnectionPoolEntry

from app.core.errors import ProblemError
from app.core.models import ACTOR
from app.core.operations import CHANGES, Change
from app.core.principal import PRINCIPAL, Principal
from app.core.settings import Settings
from app.core.write_queue import WriteQueue, WriteQueueTimeoutError

SETTINGS = "settings"  # in the `info` of every session
QUEUE_SECONDS = 4.0
BUSY_MILLISECONDS = 4000  # for writers outside our queue, such as a person's sqlite3 shell
READERS = 2
BUSY_SECONDS_OF_POINT_READ = 0.25
# Locked, full or out of turn: whoever asks may try again.
UNAVAILABLE = (OperationalError, PoolTimeoutError, sqlite3.OperationalError, WriteQueueTimeoutError)


def make_engine(
    url: str, *, begin: str, pool_size: int, pragmas: Sequence[str] = (), patience: float = QUEUE_SECONDS
) -> AsyncEngine:
    """An engine whose transactions start with `begin`, as SQLite needs (the driver's own BEGIN is off)."""
    engine = create_async_engine(
        url,
        hide_parameters=True,
        connect_args={"isolation_level": None},
        pool_size=pool_size,
        max_overflow=0,
        pool_timeout=patience,
    )

    @event.listens_for(engine.sync_engine, "connect")
    def _configure(connection: DBAPIConnection, _: ConnectionPoolEntry) -> None:
        cursor = connection.cursor()
        for pragma in (f"busy_timeout={BUSY_MILLISECONDS}", "foreign_keys=ON", "synchronous=NORMAL", *pragmas):
            cursor.execute(f"PRAGMA {pragma}")
        cursor.close()

    @event.listens_for(engine.sync_engine, "begin")
    def _begin(connection: Connection) -> None:
        connection.exec_driver_sql(begin)

    return engine


class PointReader:
    """One prepared read of microseconds on the event loop, for the hottest paths only (docs/decisions/0011)."""

    def __init__(self, settings: Settings) -> None:
        self._uri = f"{settings.database_path.absolute().as_uri()}?mode=ro"
        self._connection: sqlite3.Connection | None = None

    def _connect(self) -> sqlite3.Connection:
        if self._connection is None:
            self._connection = sqlite3.connect(
                self._uri, uri=True, isolation_level=None, timeout=BUSY_SECONDS_OF_POINT_READ
            )
        return self._connection

    def first(self, statement: str, parameters: Sequence[Any]) -> tuple[Any, ...] | None:
        row: tuple[Any, ...] | None = self._connect().execute(statement, parameters).fetchone()
        return row

    def all(self, statement: str, parameters: Sequence[Any]) -> list[tuple[Any, ...]]:
        """For a handful of rows along an index: the statement bounds how many."""
        return self._connect().execute(statement, parameters).fetchall()

    def close(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None


class Work:
    """What one request does in the database: short reads, and at most one writing transaction."""

    def __init__(self, database: "Database", stack: AsyncExitStack) -> None:
        self._database = database
        self._stack = stack
        self.session: AsyncSession | None = None
        self.principal: Principal | None = None
        self.changes: list[Change] = []

    @asynccontextmanager
    async def reading(self) -> AsyncIterator[AsyncSession]:
        info = {SETTINGS: self._database.settings}
        async with AsyncSession(self._database.reader, expire_on_commit=False, info=info) as session:
            yield session

    async def writing(self) -> AsyncSession:
        """The writing session; the first call waits for its turn and begins the transaction. Do slow things before."""
        if self.session is None:
            await self._stack.enter_async_context(self._database.queue.turn())
            session = AsyncSession(
                self._database.writer,
                expire_on_commit=False,
                info={
                    ACTOR: self.principal and self.principal.user_id,
                    PRINCIPAL: self.principal,
                    CHANGES: self.changes,
                    SETTINGS: self._database.settings,
                },
            )
            self.session = await self._stack.enter_async_context(session)
            await self.session.connection()
        return self.session


class Database:
    def __init__(self, settings: Settings, *, patience: float = QUEUE_SECONDS, readers: int = READERS) -> None:
        """`patience`: seconds to wait for the turn to write or to read; a command has more of it than a browser."""
        url = settings.database_url
        limits = ("journal_mode=WAL", "journal_size_limit=67108864")
        self.settings = settings
        self.writer = make_engine(url, begin="BEGIN IMMEDIATE", pool_size=1, pragmas=limits)
        self.reader = make_engine(url, begin="BEGIN", pool_size=readers, pragmas=("query_only=ON",), patience=patience)
        self.queue = WriteQueue(settings.database_path, patience)
        self.points = PointReader(settings)

    @asynccontextmanager
    async def work(self) -> AsyncIterator[Work]:
        """Commits here and nowhere else. An error takes everything back, unless it says that its changes are meant."""
        async with AsyncExitStack() as stack:
            work = Work(self, stack)
            try:
                yield work
            except ProblemError as problem:
                if problem.keeps_changes and work.session is not None:
                    await work.session.commit()
                raise
            if work.session is not None:
                await work.session.commit()

    async def close(self) -> None:
        self.points.close()
        self.queue.close()
        await self.reader.dispose()
        await self.writer.dispose()

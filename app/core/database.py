"""The database of one process: reading sessions, and the one place where a request's transaction is committed.

What differs between SQLite and PostgreSQL is in app/core/databases. On both, writing transactions are one after the
other (docs/decisions/0010, 0120), and a reading one cannot write at all.
"""

import sqlite3
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager

from sqlalchemy.exc import OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import configure_mappers

from app.core.databases import provider_of
from app.core.databases.points import (
    POINTS,
    PointChange,
    PointInsert,
    PointQuery,
    PointReader,
    add_rows,
    change_rows,
    rows_in,
)
from app.core.errors import ProblemError
from app.core.models import ACTOR
from app.core.operations import CHANGES, Change
from app.core.principal import PRINCIPAL, Principal
from app.core.settings import Settings
from app.core.write_queue import WriteQueueTimeoutError

__all__ = [
    "POINTS",
    "SETTINGS",
    "UNAVAILABLE",
    "Database",
    "PointChange",
    "PointInsert",
    "PointQuery",
    "PointReader",
    "Work",
    "add_rows",
    "change_rows",
    "rows_in",
]

SETTINGS = "settings"  # in the `info` of every session
QUEUE_SECONDS = 4.0
READERS = 2
# Locked, full, gone or out of turn: whoever asks may try again.
UNAVAILABLE = (OperationalError, PoolTimeoutError, sqlite3.OperationalError, WriteQueueTimeoutError)


class Work:
    """What one request does in the database: short reads, and at most one writing transaction."""

    def __init__(self, database: "Database", stack: AsyncExitStack) -> None:
        self._database = database
        self._stack = stack
        self.session: AsyncSession | None = None
        self.principal: Principal | None = None
        self.changes: list[Change] = []

    @property
    def points(self) -> PointReader:
        return self._database.points

    @asynccontextmanager
    async def reading(self) -> AsyncIterator[AsyncSession]:
        info = {SETTINGS: self._database.settings, POINTS: self._database.points}
        async with AsyncSession(self._database.reader, expire_on_commit=False, info=info) as session:
            yield session

    async def writing(self) -> AsyncSession:
        """The writing session; the first call waits for its turn and begins the transaction. Do slow things before."""
        if self.session is None:
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
            # Closed last: others need not wait for that.
            await self._stack.enter_async_context(session)
            await self._stack.enter_async_context(self._database.queue.turn())
            self.session = session
            await session.connection()
        return self.session

    async def end(self, *, keep: bool) -> None:
        """Of the transaction, before the turn goes to somebody else."""
        if self.session is not None and keep:
            await self.session.commit()
        elif self.session is not None:
            await self.session.rollback()


class Database:
    def __init__(self, settings: Settings, *, patience: float = QUEUE_SECONDS, readers: int = READERS) -> None:
        """`patience`: seconds to wait for the turn to write or to read; a command has more of it than a browser."""
        configure_mappers()  # or the first transaction does it, 60 ms of CPU while all others wait for their turn
        self._provider = provider = provider_of(settings)
        self.settings = settings
        self.writer = provider.writer(patience)
        self.reader = provider.reader(patience, readers)
        self.queue = provider.turns(patience)
        self.points = provider.points()

    @asynccontextmanager
    async def work(self) -> AsyncIterator[Work]:
        """Commits here and nowhere else. An error takes everything back, unless it says that its changes are meant."""
        async with AsyncExitStack() as stack:
            work = Work(self, stack)
            try:
                yield work
                await work.end(keep=True)
            except BaseException as error:
                await work.end(keep=isinstance(error, ProblemError) and error.keeps_changes)
                raise

    async def tend(self) -> None:
        """Runs beside the work of a process that lives long."""
        await self._provider.tend()

    async def close(self) -> None:
        await self.points.close()
        self.queue.close()
        await self.reader.dispose()
        await self.writer.dispose()

"""SQLite: one file on this machine.

Its defaults in SQLAlchemy lose updates (docs/decisions/0010): a writing transaction starts with BEGIN IMMEDIATE
on a connection of its own, in its turn of the write queue; a reading one is deferred and cannot write at all.
"""

import asyncio
import fcntl
import os
import sqlite3
from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager, closing
from functools import partial
from itertools import chain, repeat
from pathlib import Path
from typing import Any

from loguru import logger
from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.engine import make_url
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine
from sqlalchemy.pool import ConnectionPoolEntry, NullPool

from app.core.databases.checkpoints import NET_FRAMES, keep_log_short
from app.core.databases.points import NOTHING, PointQuery
from app.core.databases.port import Hold
from app.core.databases.sqlite_connections import Reader, Writer
from app.core.settings import Settings
from app.core.write_queue import WriteQueue, sole_writer

BUSY_SECONDS = 4.0  # for writers outside our queue, such as a person's sqlite3 shell
PATIENT_SECONDS = 30.0  # for commands and for the job engine
BUSY_SECONDS_OF_POINT_READ = 0.25
BRIEF_STEPS = 20_000  # of SQLite's machine, half a millisecond: some two thousand rows are counted in it
LOCK_LOOK_SECONDS = 0.2
JOB_CONNECTIONS = 32
LIMITS = ("journal_mode=WAL", "journal_size_limit=67108864", f"wal_autocheckpoint={NET_FRAMES}")


def _on_connect(engine: Engine, *pragmas: str, is_patient: bool = False) -> None:
    @event.listens_for(engine, "connect")
    def _configure(connection: DBAPIConnection, _: ConnectionPoolEntry) -> None:
        cursor = connection.cursor()
        busy = PATIENT_SECONDS if is_patient else BUSY_SECONDS
        for pragma in (f"busy_timeout={round(busy * 1000)}", "synchronous=NORMAL", *pragmas):
            cursor.execute(f"PRAGMA {pragma}")
        cursor.close()


def _on_begin(engine: Engine, begin: str) -> None:
    """The driver's own BEGIN is off."""

    @event.listens_for(engine, "begin")
    def _begin(connection: Connection) -> None:
        connection.exec_driver_sql(begin)


class SqlitePoints:
    """On the event loop itself: a hop to a thread would take many times as long as the read."""

    def __init__(self, settings: Settings) -> None:
        self._uri = f"{settings.database_path.absolute().as_uri()}?mode=ro"
        self._connection: sqlite3.Connection | None = None

    def _connected(self) -> sqlite3.Connection:
        if self._connection is None:
            self._connection = sqlite3.connect(
                self._uri, uri=True, isolation_level=None, timeout=BUSY_SECONDS_OF_POINT_READ
            )
        return self._connection

    def execute(self, statement: str, parameters: Mapping[str, Any] = NOTHING) -> sqlite3.Cursor:
        return self._connected().execute(statement, parameters)

    def _execute(self, query: PointQuery, parameters: Mapping[str, Any]) -> sqlite3.Cursor:
        form = query.in_sqlite
        return self.execute(form.text, form.given(parameters))

    async def first(self, query: PointQuery, parameters: Mapping[str, Any] = NOTHING) -> Sequence[Any] | None:
        row = self._execute(query, parameters).fetchone()
        return None if row is None else query.in_sqlite.taken(row)

    async def all(self, query: PointQuery, parameters: Mapping[str, Any] = NOTHING) -> Sequence[Sequence[Any]]:
        return [query.in_sqlite.taken(row) for row in self._execute(query, parameters)]

    async def all_if_brief(
        self, query: PointQuery, parameters: Mapping[str, Any] = NOTHING
    ) -> Sequence[Sequence[Any]] | None:
        connection = self._connected()
        # SQLite goes on counting where a statement's last execution ended, so it may ask as soon as it begins.
        stop = chain((False,), repeat(True))
        connection.set_progress_handler(partial(next, stop), BRIEF_STEPS)
        try:
            return await self.all(query, parameters)
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode != sqlite3.SQLITE_INTERRUPT:
                raise
            return None
        finally:
            connection.set_progress_handler(None, 0)

    async def close(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None


class _FileHold:
    """The kernel lets go of the lock of a worker that dies, however it dies; nobody else can take it away."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor

    async def watch(self) -> None:
        await asyncio.Event().wait()

    async def let_go(self) -> None:
        os.close(self._descriptor)


class Sqlite:
    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._path = settings.database_path

    def _engine(self, kind: type[Reader], connections: int, patience: float) -> AsyncEngine:
        async def connect(*_: object, **__: object) -> Reader:
            return kind(str(self._path), BUSY_SECONDS)

        return create_async_engine(
            self._settings.database_url,
            async_creator=connect,
            hide_parameters=True,
            pool_size=connections,
            max_overflow=0,
            pool_timeout=patience,
        )

    def writer(self, patience: float) -> AsyncEngine:
        engine = self._engine(Writer, 1, patience)
        # Nothing may wait on the event loop; only the beginning of a transaction waits, elsewhere.
        _on_connect(engine.sync_engine, "foreign_keys=ON", *LIMITS, "busy_timeout=0")
        _on_begin(engine.sync_engine, "BEGIN IMMEDIATE")
        return engine

    def reader(self, patience: float, connections: int) -> AsyncEngine:
        engine = self._engine(Reader, connections, patience)
        _on_connect(engine.sync_engine, "foreign_keys=ON", "query_only=ON")
        _on_begin(engine.sync_engine, "BEGIN")
        return engine

    def turns(self, patience: float) -> WriteQueue:
        return WriteQueue(self._path, patience)

    async def tend(self) -> None:
        await keep_log_short(self._path)

    def points(self) -> SqlitePoints:
        return SqlitePoints(self._settings)

    def migrations(self) -> Engine:
        """Foreign keys are off: changing a parent table copies it, and dropping the old one would take its children."""
        url = make_url(self._settings.database_url).set(drivername="sqlite")
        engine = create_engine(url, poolclass=NullPool, connect_args={"isolation_level": None})
        _on_connect(engine, "journal_mode=WAL", "foreign_keys=OFF", is_patient=True)
        _on_begin(engine, "BEGIN IMMEDIATE")
        return engine

    def refuse_broken_references(self, connection: Connection) -> None:
        broken = connection.exec_driver_sql("PRAGMA foreign_key_check").all()
        if broken:
            raise RuntimeError(f"the migration leaves broken references (table, row, parent, key): {list(broken)[:5]}")

    def copy_to(self, output: Path) -> None:
        with closing(sqlite3.connect(self._path)) as source, closing(sqlite3.connect(output)) as target:
            source.backup(target)
            target.execute("PRAGMA journal_mode=DELETE")  # one file, whole by itself

    def jobs_url(self) -> str:
        return make_url(self._settings.database_url).set(drivername="sqlite").render_as_string(hide_password=False)

    def jobs(self) -> Engine:
        engine = create_engine(
            self.jobs_url(),
            pool_size=JOB_CONNECTIONS,
            max_overflow=0,
            hide_parameters=True,
            connect_args={"isolation_level": "IMMEDIATE"},
        )
        _on_connect(engine, "foreign_keys=ON", is_patient=True)
        return engine

    def prepare(self) -> None:
        self._path.parent.mkdir(parents=True, exist_ok=True)

    def sole_writer(self) -> AbstractContextManager[None]:
        return sole_writer(self._path)

    async def sole_worker(self, stopping: asyncio.Event) -> Hold | None:
        path = self._path.with_name(f"{self._path.name}.worker-lock")
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o640)
        is_told = False
        while not stopping.is_set():
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                if not is_told:
                    logger.warning("Another worker is at work. This one waits until it ends.")
                    is_told = True
                await asyncio.sleep(LOCK_LOOK_SECONDS)
            else:
                return _FileHold(descriptor)
        os.close(descriptor)
        return None

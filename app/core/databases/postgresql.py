"""PostgreSQL: a server that several machines share.

Writers take turns here too, by a lock in the database that a transaction holds to its end (docs/decisions/0120): what
the app reads before it writes is still so when it writes, and events get their ids in the order of their commits.
"""

import asyncio
import os
import subprocess
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from typing import Any

from loguru import logger
from psycopg.conninfo import make_conninfo
from sqlalchemy import Connection, Engine, create_engine, event, text
from sqlalchemy.engine import make_url
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine
from sqlalchemy.pool import NullPool

from app.core.databases.points import NOTHING, PointQuery
from app.core.databases.port import Hold
from app.core.databases.postgresql_ddl import speak_postgresql
from app.core.settings import Settings
from app.core.write_queue import WriteQueueTimeoutError

# Of advisory locks: ours, then what for.
TAKE_WRITE_TURN = "SELECT pg_advisory_xact_lock(1735552885, 1)"
_HOLD_WRITE_TURN = text("SELECT pg_advisory_lock(1735552885, 1)")
_TRY_TO_BE_WORKER = text("SELECT pg_try_advisory_lock(1735552885, 2)")
_STILL_THERE = text("SELECT 1")
POINT_CONNECTIONS = 2
JOB_CONNECTIONS = 8
POINT_SECONDS = 4.0
LOCK_LOOK_SECONDS = 0.2
HOLD_LOOK_SECONDS = 1.0
# A writer whose machine has vanished keeps its turn no longer than this; what it had begun is taken back.
VANISHED_MILLISECONDS = 30_000
CONNECT = {"connect_timeout": 5, "keepalives_idle": 5, "keepalives_interval": 2, "keepalives_count": 3}


class PostgresqlTurns:
    """Those of one process, in the order in which they came; processes queue in the database, by TAKE_WRITE_TURN."""

    def __init__(self, patience: float) -> None:
        self._patience = patience
        self._lock = asyncio.Lock()

    @asynccontextmanager
    async def turn(self) -> AsyncIterator[None]:
        try:
            async with asyncio.timeout(self._patience):
                await self._lock.acquire()
        except TimeoutError:
            raise WriteQueueTimeoutError from None
        try:
            yield
        finally:
            self._lock.release()

    def close(self) -> None:
        """Nothing is held between turns."""


class PostgresqlPoints:
    """One round trip each: no transaction, and the driver prepares what it has sent a few times."""

    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine

    async def _rows(self, query: PointQuery, parameters: Mapping[str, Any]) -> Sequence[Sequence[Any]]:
        async with self._engine.connect() as connection:
            return (await connection.execute(query.query, parameters)).all()

    async def all(self, query: PointQuery, parameters: Mapping[str, Any] = NOTHING) -> Sequence[Sequence[Any]]:
        try:
            return await self._rows(query, parameters)
        except DBAPIError as error:
            if not error.connection_invalidated:
                raise
            # The server was restarted since; a read may be asked again.
            return await self._rows(query, parameters)

    async def all_if_brief(
        self, query: PointQuery, parameters: Mapping[str, Any] = NOTHING
    ) -> Sequence[Sequence[Any]] | None:
        """Never: these connections are few, and every request asks who it is from by one of them."""
        return None

    async def first(self, query: PointQuery, parameters: Mapping[str, Any] = NOTHING) -> Sequence[Any] | None:
        rows = await self.all(query, parameters)
        return rows[0] if rows else None

    async def close(self) -> None:
        await self._engine.dispose()


class _LockHold:
    """As long as its connection lives: the server lets go of the lock of a worker that dies."""

    def __init__(self, engine: AsyncEngine, connection: AsyncConnection) -> None:
        self._engine = engine
        self._connection = connection

    async def is_taken(self) -> bool:
        """Try to take it."""
        return bool(await self._connection.scalar(_TRY_TO_BE_WORKER))

    async def watch(self) -> None:
        """A worker that has lost it must end: another one may have begun."""
        while True:
            await asyncio.sleep(HOLD_LOOK_SECONDS)
            await self._connection.execute(_STILL_THERE)

    async def let_go(self) -> None:
        await self._connection.invalidate()
        await self._connection.close()
        await self._engine.dispose()


class Postgresql:
    def __init__(self, settings: Settings) -> None:
        self._url = make_url(settings.database_url)
        self._connect = {**CONNECT, "application_name": f"{settings.name}-{settings.slot}"}

    def _engine(self, isolation_level: str, connections: int, patience: float, **options: str) -> AsyncEngine:
        of_url = str(self._url.query.get("options", ""))
        given = " ".join([of_url, *(f"-c {name}={value}" for name, value in options.items())])
        return create_async_engine(
            self._url,
            hide_parameters=True,
            isolation_level=isolation_level,
            connect_args={**self._connect, "options": given},
            pool_size=connections,
            max_overflow=0,
            pool_timeout=patience,
        )

    def writer(self, patience: float) -> AsyncEngine:
        """READ COMMITTED: what is asked after the wait for the turn must see what the one before committed."""
        engine = self._engine(
            "READ COMMITTED",
            1,
            patience,
            lock_timeout=str(round(patience * 1000)),
            idle_in_transaction_session_timeout=str(VANISHED_MILLISECONDS),
        )
        begin = TAKE_WRITE_TURN

        @event.listens_for(engine.sync_engine, "begin")
        def _begin(connection: Connection) -> None:
            connection.exec_driver_sql(begin)

        return engine

    def reader(self, patience: float, connections: int) -> AsyncEngine:
        return self._engine("REPEATABLE READ", connections, patience, default_transaction_read_only="on")

    def turns(self, patience: float) -> PostgresqlTurns:
        return PostgresqlTurns(patience)

    async def tend(self) -> None:
        """The server looks after itself."""
        await asyncio.Event().wait()

    def points(self) -> PostgresqlPoints:
        engine = self._engine("AUTOCOMMIT", POINT_CONNECTIONS, POINT_SECONDS, default_transaction_read_only="on")
        return PostgresqlPoints(engine)

    def _single(self, **more: Any) -> Engine:
        return create_engine(self._url, poolclass=NullPool, connect_args=self._connect, **more)

    def migrations(self) -> Engine:
        return speak_postgresql(self._single())

    def refuse_broken_references(self, connection: Connection) -> None:
        """It refuses them itself."""

    def copy_to(self, output: Path) -> None:
        """By pg_dump; the password is in its environment, for others may read a command line."""
        given: dict[str, Any] = {
            **self._url.translate_connect_args(username="user", database="dbname"),
            **self._url.query,
        }
        environment = os.environ | {"PGPASSWORD": given.pop("password", "")}
        done = subprocess.run(  # noqa: S603  # our own words, no shell
            [
                "/usr/bin/pg_dump",
                "--no-password",
                "--format=custom",
                f"--file={output}",
                f"--dbname={make_conninfo(**given)}",
            ],
            env=environment,
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode != 0:
            raise OSError(done.stderr.strip())

    def jobs_url(self) -> str:
        return self._url.render_as_string(hide_password=False)

    def jobs(self) -> Engine:
        return create_engine(
            self._url,
            pool_size=JOB_CONNECTIONS,
            max_overflow=0,
            pool_pre_ping=True,
            hide_parameters=True,
            connect_args=self._connect,
        )

    def prepare(self) -> None:
        """Whoever gives the address has made the database."""

    @contextmanager
    def sole_writer(self) -> Iterator[None]:
        with self._single(isolation_level="AUTOCOMMIT").connect() as connection:
            connection.execute(_HOLD_WRITE_TURN)
            yield  # the lock goes with the connection

    async def sole_worker(self, stopping: asyncio.Event) -> Hold | None:
        engine = create_async_engine(
            self._url, poolclass=NullPool, isolation_level="AUTOCOMMIT", connect_args=self._connect
        )
        hold = _LockHold(engine, await engine.connect())
        is_told = is_held = False
        try:
            while not stopping.is_set():
                is_held = await hold.is_taken()
                if is_held:
                    return hold
                if not is_told:
                    logger.warning("Another worker is at work. This one waits until it ends.")
                    is_told = True
                await asyncio.sleep(LOCK_LOOK_SECONDS)
        finally:
            if not is_held:
                await hold.let_go()
        return None

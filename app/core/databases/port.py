"""What the app asks of a kind of database. sqlite.py and postgresql.py answer."""

import asyncio
from contextlib import AbstractAsyncContextManager, AbstractContextManager
from pathlib import Path
from typing import Protocol

from sqlalchemy import Connection, Engine
from sqlalchemy.ext.asyncio import AsyncEngine

from app.core.databases.points import PointReader


class Turns(Protocol):
    """The queue of those who want to write."""

    def turn(self) -> AbstractAsyncContextManager[None]:
        """Raises WriteQueueTimeoutError when it does not come in time."""
        ...

    def close(self) -> None: ...


class Hold(Protocol):
    """What makes a worker the only one, as long as its process lives."""

    async def watch(self) -> None:
        """Runs as long as it is held; raises when it was lost."""
        ...

    async def let_go(self) -> None: ...


class Provider(Protocol):
    def writer(self, patience: float) -> AsyncEngine:
        """Its transactions are one after the other, over all processes; each begins by waiting for that."""
        ...

    def reader(self, patience: float, connections: int) -> AsyncEngine:
        """Its transactions see one state of the database and cannot write; they wait for no writer."""
        ...

    def turns(self, patience: float) -> Turns: ...

    async def tend(self) -> None:
        """What a long-lived process does for the database beside its work. Runs as long as the process."""
        ...

    def points(self) -> PointReader: ...

    def migrations(self) -> Engine:
        """Of alembic: a transaction of it takes tables and data back."""
        ...

    def refuse_broken_references(self, connection: Connection) -> None:
        """Asked before each migration commits."""
        ...

    def copy_to(self, output: Path) -> None:
        """One moment of it into an empty file, while others write. Raises OSError or sqlite3.Error."""
        ...

    def jobs_url(self) -> str:
        """Of the engine that makes jobs outlive their worker, for a driver that is not asynchronous."""
        ...

    def jobs(self) -> Engine:
        """Its connections."""
        ...

    def prepare(self) -> None:
        """Before the first connection ever."""
        ...

    def sole_writer(self) -> AbstractContextManager[None]:
        """The turn to write for code without an event loop (migrations). Waits as long as it takes."""
        ...

    async def sole_worker(self, stopping: asyncio.Event) -> Hold | None:
        """Wait until no other worker has this database. None when asked to stop meanwhile."""
        ...

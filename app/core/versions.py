"""Caches that are right after commit in every worker: each entry belongs to a version that the database keeps.

Whoever changes what is cached bumps the version in the same transaction. A reader asks for the version (a point read
of microseconds) and takes its copy only if it was made at that version: nobody has to be told, nothing can be missed.
"""

from collections import OrderedDict
from collections.abc import Awaitable, Callable, Hashable
from time import monotonic
from typing import Generic, TypeVar

from sqlalchemy import Column, String, Table, bindparam, text
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Session

from app.core.database import PointQuery, PointReader
from app.core.models import Base, WholeNumber

MOST_ENTRIES = 4096

# A number a name, and no more: no person makes, changes or deletes it, so it has no audit columns.
versions = Table(
    "core_version",
    Base.metadata,
    Column("name", String(64), primary_key=True),
    Column("value", WholeNumber, nullable=False),
)
_BUMP = text(
    "INSERT INTO core_version (name, value) VALUES (:name, 1)"
    " ON CONFLICT (name) DO UPDATE SET value = core_version.value + 1"
)
_READ = PointQuery(versions.select().with_only_columns(versions.c.value).where(versions.c.name == bindparam("name")))

K = TypeVar("K", bound=Hashable)
V = TypeVar("V")


async def bump(session: AsyncSession, name: str) -> None:
    """From the commit of this transaction on, every copy made before it is old."""
    await session.execute(_BUMP, {"name": name})


def bump_while_flushing(session: Session, name: str) -> None:
    """The same from an event of a flush, for what must not depend on anybody's remembering it."""
    session.connection().execute(_BUMP, {"name": name})


async def current_version(points: PointReader, name: str) -> int:
    row = await points.first(_READ, {"name": name})
    return 0 if row is None else int(row[0])


class VersionedCache(Generic[K, V]):
    """Copies by key, each good for one version and for `seconds`, whichever ends first."""

    def __init__(self, name: str, seconds: Callable[[], float]) -> None:
        self.name = name
        self._seconds = seconds
        self._entries: OrderedDict[K, tuple[int, float, V]] = OrderedDict()

    def find(self, key: K, version: int) -> V | None:
        entry = self._entries.get(key)
        if entry is None or entry[0] != version or entry[1] <= monotonic():
            return None
        return entry[2]

    def keep(self, key: K, version: int, value: V) -> None:
        """`version` must have been read before `value`: then a change in between makes the copy old, not wrong."""
        self._entries[key] = (version, monotonic() + self._seconds(), value)
        self._entries.move_to_end(key)
        if len(self._entries) > MOST_ENTRIES:
            self._entries.popitem(last=False)

    async def get(self, points: PointReader, key: K, load: Callable[[], Awaitable[V]]) -> V:
        version = await current_version(points, self.name)
        found = self.find(key, version)
        if found is None:
            found = await load()
            self.keep(key, version, found)
        return found

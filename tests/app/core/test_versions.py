"""Versioned copies: right after commit, good for a time, and never more than so many."""

import pytest

from app.core import versions
from app.core.database import Database
from app.core.versions import VersionedCache, bump, current_version


async def _bump(database: Database, name: str = "x") -> None:
    async with database.work() as work:
        await bump(await work.writing(), name)


async def test_a_version_counts_up_by_name_and_only_when_committed(database: Database) -> None:
    assert await current_version(database.points, "x") == 0
    await _bump(database)
    await _bump(database)
    await _bump(database, "y")
    assert [await current_version(database.points, name) for name in "xy"] == [2, 1]

    async def bump_and_fail() -> None:
        async with database.work() as work:
            await bump(await work.writing(), "x")
            assert await current_version(database.points, "x") == 2
            raise RuntimeError

    with pytest.raises(RuntimeError):
        await bump_and_fail()
    assert await current_version(database.points, "x") == 2


async def test_a_copy_is_good_for_its_version_and_its_time(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    now, loads = 0.0, 0
    monkeypatch.setattr(versions, "monotonic", lambda: now)
    cache: VersionedCache[str, int] = VersionedCache("x", lambda: 10)

    async def load() -> int:
        nonlocal loads
        loads += 1
        return loads

    async def get() -> int:
        return await cache.get(database.points, "key", load)

    assert [await get(), await get()] == [1, 1]
    await _bump(database, "y")
    assert await get() == 1
    await _bump(database)
    assert [await get(), await get()] == [2, 2]
    now = 9.9
    assert await get() == 2
    now = 10.0
    assert await get() == 3


async def test_a_change_while_it_is_read_makes_the_copy_old(database: Database) -> None:
    cache: VersionedCache[str, str] = VersionedCache("x", lambda: 10)

    async def load_slowly() -> str:
        await _bump(database)
        return "perhaps old"

    async def load() -> str:
        return "new"

    assert await cache.get(database.points, "key", load_slowly) == "perhaps old"
    assert await cache.get(database.points, "key", load) == "new"


def test_the_oldest_copy_makes_room(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(versions, "MOST_ENTRIES", 2)
    cache: VersionedCache[int, int] = VersionedCache("x", lambda: 10)
    for key in (1, 2, 1, 3):
        cache.keep(key, 0, key)
    assert [cache.find(key, 0) for key in (1, 2, 3)] == [1, None, 3]

"""Who has the turn to write takes precedence as long as it lasts; who only loads gives way, where it may come back."""

import os
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from app.core.niceness import GIVING_WAY, PRECEDENCE, Niceness
from app.core.write_queue import WriteQueue


def niceness() -> int:
    return os.getpriority(os.PRIO_PROCESS, 0)


@pytest.fixture
def usual() -> Iterator[int]:
    """Of this thread; without the right to lower it there is nothing to see."""
    before = niceness()
    try:
        os.setpriority(os.PRIO_PROCESS, 0, before - 1)
    except PermissionError:
        pytest.skip("this process may not lower its niceness")
    os.setpriority(os.PRIO_PROCESS, 0, before)
    yield before
    os.setpriority(os.PRIO_PROCESS, 0, before)


async def test_it_lasts_as_long_as_the_turn(usual: int, tmp_path: Path) -> None:
    queue = WriteQueue(tmp_path / "some.db", 5)
    seen = []
    for _ in range(2):
        async with queue.turn():
            seen.append(niceness())
        seen.append(niceness())
    queue.close()
    assert seen == [usual + PRECEDENCE, usual, usual + PRECEDENCE, usual]


async def test_a_thread_that_is_started_meanwhile_does_not_keep_it(usual: int, tmp_path: Path) -> None:
    queue = WriteQueue(tmp_path / "some.db", 5)
    has_looked, may_look, seen = threading.Event(), threading.Event(), []

    def look() -> None:
        seen.append(niceness())
        has_looked.set()
        may_look.wait(5)
        seen.append(niceness())

    thread = threading.Thread(target=look)
    async with queue.turn():
        thread.start()
        has_looked.wait(5)
    may_look.set()
    thread.join()
    queue.close()
    assert seen == [usual + PRECEDENCE, usual]


def test_where_it_is_not_allowed_nothing_changes(monkeypatch: pytest.MonkeyPatch) -> None:
    asked = []

    def refuse(*arguments: int) -> None:
        asked.append(arguments)
        raise PermissionError

    monkeypatch.setattr(os, "setpriority", refuse)
    for difference in (PRECEDENCE, GIVING_WAY):
        other = Niceness(difference)
        for _ in range(3):
            other.begin()
            other.end()
    assert len(asked) == 2


async def test_one_that_is_near_its_limit_already_writes_as_before(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """The limit is the unit's (LimitNICE), the niceness the inventory's: the two need not go together."""
    seen = [-5]

    def change(_: int, __: int, niceness: int) -> None:
        if niceness < -10:
            raise PermissionError
        seen.append(niceness)

    monkeypatch.setattr(os, "getpriority", lambda *_: seen[-1])
    monkeypatch.setattr(os, "setpriority", change)
    queue = WriteQueue(tmp_path / "some.db", 5)
    for _ in range(2):
        async with queue.turn():
            assert seen[-1] == -5
    queue.close()
    assert seen[-1] == -5


async def test_who_loads_gives_way_but_in_its_turns_and_comes_back(usual: int, tmp_path: Path) -> None:
    loading, queue = Niceness(GIVING_WAY), WriteQueue(tmp_path / "some.db", 5)
    loading.begin()
    low = niceness()
    async with queue.turn():
        seen = [niceness()]
    seen.append(niceness())
    queue.close()
    loading.end()
    assert low == min(usual + GIVING_WAY, 19)
    assert [*seen, niceness()] == [low + PRECEDENCE, low, usual]

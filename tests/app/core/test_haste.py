"""Who has the turn to write takes precedence for as long as it lasts, and nobody that is started meanwhile does."""

import os
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from app.core.haste import STEPS, Haste
from app.core.write_queue import WriteQueue


def niceness() -> int:
    return os.getpriority(os.PRIO_PROCESS, 0)


@pytest.fixture
def usual() -> Iterator[int]:
    """Of this thread; without the right to lower it there is nothing to see."""
    before = niceness()
    policy = os.sched_getscheduler(0)
    try:
        os.setpriority(os.PRIO_PROCESS, 0, before - STEPS)
    except PermissionError:
        pytest.skip("this process may not lower its niceness")
    os.setpriority(os.PRIO_PROCESS, 0, before)
    yield before
    os.sched_setscheduler(0, policy, os.sched_param(0))
    os.setpriority(os.PRIO_PROCESS, 0, before)


async def test_it_lasts_as_long_as_the_turn(usual: int, tmp_path: Path) -> None:
    queue = WriteQueue(tmp_path / "some.db", 5)
    seen = []
    for _ in range(2):
        async with queue.turn():
            seen.append(niceness())
        seen.append(niceness())
    queue.close()
    assert seen == [usual - STEPS, usual, usual - STEPS, usual]


async def test_a_thread_that_is_started_meanwhile_does_not_have_it(usual: int, tmp_path: Path) -> None:
    queue = WriteQueue(tmp_path / "some.db", 5)
    seen: list[int] = []
    thread = threading.Thread(target=lambda: seen.append(niceness()))
    async with queue.turn():
        thread.start()
    thread.join()
    queue.close()
    assert seen == [max(usual - STEPS, 0)]


def test_where_it_is_not_allowed_nothing_changes(monkeypatch: pytest.MonkeyPatch) -> None:
    asked = []

    def refuse(*arguments: int) -> None:
        asked.append(arguments)
        raise PermissionError

    monkeypatch.setattr(os, "sched_setscheduler", lambda *_: None)
    monkeypatch.setattr(os, "setpriority", refuse)
    haste = Haste()
    for _ in range(3):
        haste.begin()
        haste.end()
    assert len(asked) == 1

"""Turns to write come in the order in which they were asked for, over all processes; the dead keep nobody waiting."""

import asyncio
import itertools
import os
import time
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from app.core import write_queue
from app.core.write_queue import SLOTS, WriteQueue

PATIENCE = 10.0


@pytest.fixture
async def queues(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[list[WriteQueue]]:
    """As of three processes: locks of their own on the same file, and slots of their own in it."""
    pids = itertools.count(os.getpid())
    monkeypatch.setattr(os, "getpid", lambda: next(pids))
    made = [WriteQueue(tmp_path / "some.db", PATIENCE) for _ in range(3)]
    for queue in made:
        async with queue.turn():
            """Each has opened the file now."""
    yield made
    for queue in made:
        queue.close()


async def _wait(queue: WriteQueue, name: str, served: list[str]) -> None:
    async with queue.turn():
        served.append(name)
        await asyncio.sleep(0.002)


async def test_who_waited_longest_comes_first(queues: list[WriteQueue], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(write_queue, "KEEP_SECONDS", 0)
    monkeypatch.setattr(write_queue, "COURTESY_SECONDS", 1)  # on a busy computer all three may be put aside for longer
    holder, second, third = queues
    for _ in range(10):
        served: list[str] = []
        async with holder.turn():
            waiting = []
            for name, queue in (("b1", second), ("c1", third), ("b2", second), ("a1", holder), ("c2", third)):
                waiting.append(asyncio.create_task(_wait(queue, name, served)))
                await asyncio.sleep(0.003)
            assert served == []
        await asyncio.gather(*waiting)
        assert served == ["b1", "c1", "b2", "a1", "c2"]


async def test_turns_of_one_process_go_on_for_a_moment_only(
    queues: list[WriteQueue], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(write_queue, "KEEP_SECONDS", 0.05)
    busy, other, _ = queues
    served: list[str] = []

    async def write_again_and_again() -> None:
        for _ in range(100):
            await _wait(busy, "busy", served)

    async with busy.turn():
        waiting = [asyncio.create_task(write_again_and_again()) for _ in range(2)]
        await asyncio.sleep(0.003)
        waiting.append(asyncio.create_task(_wait(other, "other", served)))
        await asyncio.sleep(0.003)
    await waiting[-1]
    assert 5 <= len(served) <= 60
    for task in waiting:
        task.cancel()


async def test_what_was_kept_for_one_that_gives_up_is_let_go(
    queues: list[WriteQueue], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(write_queue, "KEEP_SECONDS", 10)
    one, other, _ = queues
    async with one.turn():
        waiting = asyncio.create_task(_wait(one, "late", []))
        await asyncio.sleep(0.003)
    waiting.cancel()  # the turn is its own by now, but it has not come round to it
    with pytest.raises(asyncio.CancelledError):
        await waiting
    await asyncio.wait_for(_wait(other, "other", []), 1)


async def test_one_that_died_while_it_waited_keeps_nobody(queues: list[WriteQueue]) -> None:
    dead, alive, _ = queues
    assert dead._arrivals is not None
    dead._arrivals.note(time.monotonic())
    began = time.monotonic()
    for _ in range(5):
        async with alive.turn():
            """As it comes."""
    assert time.monotonic() - began < 5 * (write_queue.COURTESY_SECONDS + 0.05)


async def test_one_that_gave_up_leaves_no_trace(queues: list[WriteQueue]) -> None:
    holder, second, third = queues
    async with holder.turn():
        waiting = asyncio.create_task(_wait(second, "b", []))
        await asyncio.sleep(0.01)
        waiting.cancel()
        with pytest.raises(asyncio.CancelledError):
            await waiting
    assert third._arrivals is not None
    assert third._arrivals.ALL.unpack_from(third._arrivals._memory) == (0.0,) * SLOTS
    await asyncio.wait_for(_wait(second, "b", []), 1)


async def test_a_lock_file_of_an_earlier_release_is_taken_over(tmp_path: Path) -> None:
    write_queue.lock_file_of(tmp_path / "some.db").touch()
    queue = WriteQueue(tmp_path / "some.db", PATIENCE)
    async with queue.turn():
        """It was empty, and too short to note anything in."""
    queue.close()

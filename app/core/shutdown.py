"""Hearing that the process is asked to stop before the server waits for its open connections."""

import asyncio
import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Any

STOPPING = (signal.SIGTERM, signal.SIGINT)


@contextmanager
def when_asked_to_stop(callback: Callable[[], None]) -> Iterator[None]:
    """Call `callback` in the event loop as soon as the stop signal comes, then do what the server meant to do with it.

    The framework's own shutdown comes after all answers have ended, and an endless stream would never let it come.
    """
    if threading.current_thread() is not threading.main_thread():
        yield  # a test's server in a thread: it gets no signals
        return
    loop = asyncio.get_running_loop()
    previous: dict[int, Any] = {}

    def heard(number: int, frame: FrameType | None) -> None:
        loop.call_soon_threadsafe(callback)
        then = previous[number]
        if callable(then):
            then(number, frame)
        elif then == signal.SIG_DFL:
            signal.signal(number, signal.SIG_DFL)
            signal.raise_signal(number)

    for number in STOPPING:
        previous[number] = signal.signal(number, heard)
    try:
        yield
    finally:
        for number in STOPPING:
            signal.signal(number, previous[number])

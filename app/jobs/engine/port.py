"""What the worker asks of the engine that makes jobs outlive it. durable.py is the one there is."""

from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Protocol

from app.jobs.context import Steps

CarryOut = Callable[[int], Awaitable[None]]


class Engine(Steps, Protocol):
    def launch(self, carry_out: CarryOut) -> None:
        """Start, and take up every job that was begun and not ended. `carry_out` leaves one by CancelledError."""
        ...

    async def start(self, job_id: int) -> None:
        """Begin a job that was claimed. One that was begun before is left as it is."""
        ...

    async def forget(self, before: datetime) -> int:
        """Remove what it keeps of jobs that ended before this moment, some at a time. Returns how many they were."""
        ...

    async def stop(self, seconds: float = 2) -> None:
        """End, and wait so long for its threads, which look once a second whether they are to."""
        ...

"""What a task is given to work with."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol, TypeVar

from app.core.database import Database
from app.core.parameters import Parameters
from app.core.settings import Settings

T = TypeVar("T")


class Teller(Protocol):
    """Takes what jobs tell, and writes it down soon: that of all jobs together."""

    async def has_room(self) -> None:
        """Wait while too much is waiting to be written: no task may outrun the disk."""
        ...

    def tell(self, job_id: int, name: str, data: Mapping[str, Any], *, joined: bool = False) -> None: ...

    def progress(self, job_id: int, done: float, words: str | None) -> None: ...


class Steps(Protocol):
    async def step(self, name: str, call: Callable[[], Awaitable[T]]) -> T: ...


@dataclass(frozen=True)
class JobContext:
    job_id: int
    user_id: int | None
    attempt: int  # 1, or more when a crash interrupted it before
    worker: str
    release: str
    settings: Settings
    database: Database
    parameters: Parameters
    teller: Teller
    steps: Steps

    async def progress(self, done: float, words: str | None = None) -> None:
        """Say how far it is (0 to 1), as often as it likes: people see the last of it a few times a second."""
        self.teller.progress(self.job_id, min(max(done, 0.0), 1.0), words)

    async def emit(self, name: str, data: Mapping[str, Any], *, joined: bool = False) -> None:
        """Tell an event of this job, in order, to everybody who listens to it now or later.

        `joined`: several in a row become one, their texts put together. For what comes in small pieces.
        """
        await self.teller.has_room()
        self.teller.tell(self.job_id, name, data, joined=joined)

    async def step(self, name: str, call: Callable[..., Awaitable[T]], *args: Any) -> T:
        """Do it once: after a crash a finished step is not run again, and what it returned (JSON-able) comes back.

        Steps are known by their order: start them in the same one each time.
        """
        return await self.steps.step(name, lambda: call(*args))

"""What every kind of provider can do, and what it says beforehand that it can."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Protocol

MOST_AT_ONCE = 4
LARGEST_PICTURE = 32 * 1024 * 1024
LARGEST_SEED = 2**31 - 1

Progress = Callable[[float], Awaitable[None]]


@dataclass(frozen=True)
class Capabilities:
    sizes: tuple[str, ...]
    supports_seed: bool
    supports_negative: bool
    supports_watermark: bool
    max_count: int = MOST_AT_ONCE


@dataclass(frozen=True)
class Order:
    """One picture to make. `seed`, `watermark`: None leaves it to the service."""

    prompt: str
    negative_prompt: str
    model: str
    width: int
    height: int
    seed: int | None
    watermark: bool | None


@dataclass(frozen=True)
class Connection:
    """Where a service is and how it is asked. `name`: what people call it."""

    name: str
    base_url: str
    key: str | None
    timeout_seconds: int
    allow_private: bool


class Painter(Protocol):
    def capabilities(self, model: str) -> Capabilities:
        """What this model can do, without asking the service."""
        ...

    async def paint(self, order: Order, progress: Progress) -> bytes:
        """A picture as a file, not looked at yet. Raises JobError; when cancelled, the service stops its work."""
        ...

    async def models(self) -> list[str]:
        """The models that the service has. Raises JobError."""
        ...

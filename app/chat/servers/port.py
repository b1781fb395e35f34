"""What the chat needs of a model server, whatever its kind."""

from collections.abc import AsyncGenerator
from dataclasses import dataclass
from typing import Any, Literal, Protocol

Role = Literal["system", "user", "assistant"]


@dataclass(frozen=True, slots=True)
class Access:
    """Where a server is and how it may be asked."""

    kind: str
    name: str
    base_url: str
    key: str | None
    allow_private: bool
    idle_seconds: float


@dataclass(frozen=True, slots=True)
class Turn:
    role: Role
    content: str


@dataclass(frozen=True, slots=True)
class Question:
    """`context_tokens`: how much the model looks at; `most_tokens`: how long its answer may become."""

    model: str
    turns: tuple[Turn, ...]
    context_tokens: int
    most_tokens: int
    temperature: float | None = None


@dataclass(frozen=True, slots=True)
class Piece:
    text: str = ""
    thinking: str = ""


@dataclass(frozen=True, slots=True)
class Usage:
    """As the server counts. `tokens_per_second` where it measures by itself."""

    prompt: int
    completion: int
    tokens_per_second: float | None = None


@dataclass(frozen=True, slots=True)
class Model:
    name: str
    size_bytes: int | None = None
    is_loaded: bool | None = None
    context_length: int | None = None


@dataclass(frozen=True, slots=True)
class Fetched:
    """How far fetching a model is. `total` is null while the server does not know."""

    words: str
    done: int | None = None
    total: int | None = None


class ModelServer(Protocol):
    """Everything raises ServerError (errors.py). Who stops iterating closes the connection, which frees the model."""

    can_pull: bool

    async def models(self) -> list[Model]: ...

    def answer(self, question: Question) -> AsyncGenerator[Piece | Usage, None]: ...

    def pull(self, model: str) -> AsyncGenerator[Fetched, None]: ...


def whole_number(value: Any) -> int | None:
    """A count that somebody else's server sent, or None for anything else."""
    return value if isinstance(value, int) and not isinstance(value, bool) and value >= 0 else None

"""Opens the server that a provider describes, and asks it what a person waits for."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Literal

from app.chat.servers.builtin import Builtin
from app.chat.servers.errors import ServerError
from app.chat.servers.ollama import Ollama
from app.chat.servers.openai import OpenAi
from app.chat.servers.port import Access, Model, ModelServer
from app.core.outgoing import outgoing

Kind = Literal["ollama", "openai", "builtin"]
REMOTE: dict[str, type[Ollama] | type[OpenAi]] = {"ollama": Ollama, "openai": OpenAi}
PATIENCE_SECONDS = 4.0
CAN_PULL = frozenset(kind for kind, made in REMOTE.items() if made.can_pull)


@asynccontextmanager
async def opened(access: Access) -> AsyncIterator[ModelServer]:
    """Its connections end with the block."""
    if access.kind == "builtin":
        yield Builtin()
        return
    async with outgoing(
        allow_private=access.allow_private, idle_seconds=access.idle_seconds, key=access.key, name=access.name
    ) as http:
        yield REMOTE[access.kind](http, access)


async def models_of(access: Access) -> list[Model]:
    """The models that it has, or ServerError, soon: somebody looks at an empty list meanwhile."""
    try:
        async with asyncio.timeout(PATIENCE_SECONDS), opened(access) as server:
            return await server.models()
    except TimeoutError:
        message = f"{access.name} did not answer within {PATIENCE_SECONDS:.0f} seconds."
        raise ServerError("provider_timeout", message) from None

"""What the model server simulators share: how they misbehave, chosen by the model's name, and what they remember.

`sim-slow`, `sim-stall`, `sim-cut`, ...: see FAULTS. Any other known model answers as it should.
"""

import argparse
import asyncio
import re
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web

FAULTS = (
    "sim-slow",  # the first token only after `slow_seconds`
    "sim-stall",  # some tokens, then nothing, for ever
    "sim-mute",  # takes the request and never answers
    "sim-cut",  # some tokens, then the connection is cut
    "sim-short",  # some tokens, then an orderly end without the mark of the end
    "sim-429",  # with Retry-After
    "sim-429-date",
    "sim-500",
    "sim-401",
    "sim-402",
    "sim-redirect",
    "sim-error",  # an error in the middle of the stream
    "sim-malformed",  # a line that is not JSON
    "sim-array",  # a line that is JSON and no object
    "sim-giant",  # one line without end
    "sim-long",  # the context is too long
    "sim-empty",  # ends without a word
    "sim-endless",  # never ends by itself
    "sim-think",  # thinks first, in a field of its own
    "sim-think-tags",  # thinks first, in tags
    "sim-nul",  # characters that no database keeps
    "sim-stamped",  # each word is the moment (monotonic, ns) at which it was sent
)
KNOWN = ("sim", *FAULTS)
RETRY_SECONDS = 7
GIANT = 3_000_000


@dataclass
class Behaviour:
    tokens: int = 20
    seconds_a_token: float = 0.01
    slow_seconds: float = 0.3
    key: str | None = None


@dataclass
class Seen:
    """One request for an answer."""

    path: str
    body: dict[str, Any]
    headers: dict[str, str]
    sent: int = 0
    disconnected: asyncio.Event = field(default_factory=asyncio.Event)
    ended: bool = False


@dataclass
class Simulator:
    behaviour: Behaviour = field(default_factory=Behaviour)
    seen: list[Seen] = field(default_factory=list)
    models: list[str] = field(default_factory=lambda: list(KNOWN))
    _runner: web.AppRunner | None = None
    port: int = 0

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def routes(self) -> list[web.RouteDef]:
        raise NotImplementedError

    async def start(self, port: int = 0, host: str = "127.0.0.1") -> None:
        # A handler is cancelled as soon as its client has gone: that is how a disconnect is seen while it waits.
        app = web.Application(client_max_size=64 * 1024 * 1024)
        app.add_routes(self.routes())
        self._runner = web.AppRunner(app, handler_cancellation=True, shutdown_timeout=0.1)
        await self._runner.setup()
        site = web.TCPSite(self._runner, host, port)
        await site.start()
        self.port = self._runner.addresses[0][1]

    async def stop(self) -> None:
        if self._runner is not None:
            await self._runner.cleanup()

    async def remember(self, request: web.Request) -> Seen:
        body = await request.json()
        seen = Seen(request.path, body, dict(request.headers))
        self.seen.append(seen)
        return seen

    def words(self, body: dict[str, Any]) -> list[str]:
        """The answer, the same for the same question, `tokens` long."""
        asked = next((each["content"] for each in reversed(body["messages"]) if each["role"] == "user"), "")
        said = re.findall(r"\s*\S+", f"You asked: {asked[:200]} —") or ["You asked nothing."]
        return [*said, *(f" word{number}" for number in range(self.behaviour.tokens))][: max(self.behaviour.tokens, 1)]

    async def stream(self, seen: Seen, send: Callable[[str], Awaitable[None]]) -> None:
        """Send the words at the rate that is set, and note when nobody listens any more."""
        number = 0
        words = self.words(seen.body)
        model = seen.body.get("model")
        while model == "sim-endless" or number < len(words):
            word = words[number] if number < len(words) else f" word{number}"
            await send(f" @{time.monotonic_ns()}" if model == "sim-stamped" else word)
            seen.sent += 1
            number += 1
            await asyncio.sleep(self.behaviour.seconds_a_token)


async def guarded(seen: Seen, handling: Awaitable[web.StreamResponse]) -> web.StreamResponse:
    """Notes that the client went away: the handler is cancelled, or a write to it fails."""
    try:
        answer = await handling
    except (asyncio.CancelledError, ConnectionError):
        seen.disconnected.set()
        raise
    seen.ended = True
    return answer


def serve(make: Callable[[Behaviour], Simulator], title: str) -> None:
    """`python -m tests.simulators.NAME --port N`"""
    parser = argparse.ArgumentParser(description=title)
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--tokens", type=int, default=200)
    parser.add_argument("--tokens-per-second", type=float, default=50.0)
    parser.add_argument("--key", default=None)
    options = parser.parse_args()
    behaviour = Behaviour(options.tokens, 1 / options.tokens_per_second, key=options.key)
    asyncio.run(_run(make(behaviour), options.host, options.port))


async def _run(simulator: Simulator, host: str, port: int) -> None:
    await simulator.start(port, host)
    print(simulator.url, flush=True)  # noqa: T201 - who started it reads the port here
    try:
        await asyncio.Event().wait()
    finally:
        await simulator.stop()

"""Serves a simulator of a provider: inside a test, or by hand with `python -m tests.simulators.NAME --port N`."""

import argparse
import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from aiohttp import web

HOST = "127.0.0.1"


@asynccontextmanager
async def serving(app: web.Application, port: int = 0) -> AsyncIterator[str]:
    """The address at which it answers. A handler is cancelled when its client goes, as with real servers."""
    runner = web.AppRunner(app, handler_cancellation=True, access_log=None, shutdown_timeout=0.2)
    await runner.setup()
    try:
        site = web.TCPSite(runner, HOST, port)
        await site.start()
        yield f"http://{HOST}:{runner.addresses[0][1]}"
    finally:
        await runner.cleanup()


def main(app: web.Application, what: str) -> None:
    """Serve until interrupted. `--port 0` takes a free one; the first line printed is the address."""
    parser = argparse.ArgumentParser(description=what)
    parser.add_argument("--port", type=int, default=0)
    port: int = parser.parse_args().port

    async def run() -> None:
        async with serving(app, port) as address:
            print(address, flush=True)  # noqa: T201 - for whoever started it by hand
            await asyncio.Event().wait()

    try:
        asyncio.run(run())
    except KeyboardInterrupt:
        return

"""Constant-rate clients for one site: each request has its moment, whatever became of those before it (open loop).

A worker is a process of its own, so that the client is not the limit. Latency counts from the moment a request was
due, not from when it was sent, or a stall would hide the requests that it delayed.
"""

from __future__ import annotations

import asyncio
import contextlib
import multiprocessing
import os
import pickle
import time
from array import array
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import uvloop

KINDS = ("page", "asset", "api", "me", "write")
# One round of twenty requests: a tenth writes, a quarter is authenticated reading.
ROUND = (
    *("page", "api", "me", "asset", "write", "page", "me", "api", "asset", "api"),
    *("page", "me", "asset", "api", "write", "me", "page", "asset", "api", "me"),
)
FRESH_EVERY = 5  # each fifth request opens a connection of its own; it shares no divisor with the round's kinds
IDLE_SECONDS = 20.0  # nginx keeps idle connections for 65 s: a client that closes them earlier is never surprised
TIMEOUT = 10.0
READ_LIMIT = 1 << 20


class BrokenAnswerError(Exception):
    """The connection ended before the answer did, or the answer is not HTTP."""


@dataclass(frozen=True)
class Target:
    """The site and what each kind of request must answer."""

    address: str
    asset: str
    run: str  # part of each write's unique note
    port: int = 80


@dataclass
class Samples:
    """What one worker saw, one entry a request; times are CLOCK_MONOTONIC, which processes of one machine share."""

    kind: array[int] = field(default_factory=lambda: array("b"))
    due: array[float] = field(default_factory=lambda: array("d"))
    done: array[float] = field(default_factory=lambda: array("d"))
    ok: array[int] = field(default_factory=lambda: array("b"))
    reasons: list[tuple[float, str, str]] = field(default_factory=list)  # (done, kind, why) of each that failed
    written: list[str] = field(default_factory=list)  # notes whose writing was acknowledged
    unsure: list[str] = field(default_factory=list)  # notes whose writing was not

    def add(self, kind: int, due: float, done: float, why: str) -> None:
        self.kind.append(kind)
        self.due.append(due)
        self.done.append(done)
        self.ok.append(not why)
        if why:
            self.reasons.append((done, KINDS[kind], why))


class Connection:
    """One HTTP/1.1 connection, only as clever as it must be."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader, self.writer = reader, writer
        self.idle_since = 0.0
        self.is_closing = False

    async def ask(self, request: bytes) -> tuple[int, bytes]:
        """Send a request and read the whole answer."""
        self.writer.write(request)
        try:
            head = await self.reader.readuntil(b"\r\n\r\n")
            status = int(head[9:12])
            lower = head.lower()
            self.is_closing = b"\r\nconnection: close" in lower
            if b"\r\ntransfer-encoding: chunked" in lower:
                return status, await self._chunks()
            at = lower.find(b"\r\ncontent-length:")
            length = int(lower[at + 17 : lower.index(b"\r\n", at + 2)]) if at >= 0 else 0
            return status, await self.reader.readexactly(length) if length else b""
        except (asyncio.IncompleteReadError, ValueError) as error:
            raise BrokenAnswerError(f"the connection ended within the answer: {error}") from error

    async def _chunks(self) -> bytes:
        body = bytearray()
        while size := int((await self.reader.readuntil(b"\r\n")).split(b";")[0], 16):
            body += (await self.reader.readexactly(size + 2))[:-2]
        await self.reader.readexactly(2)
        return bytes(body)

    def close(self) -> None:
        self.writer.close()


class Worker:
    """Sends every `workers`th request of the plan."""

    def __init__(self, target: Target, token: Any, index: int) -> None:
        self.target, self.token, self.index = target, token, index
        self.samples = Samples()
        self.idle: list[Connection] = []
        self.open: set[asyncio.Task[None]] = set()

    async def run(self, start: float, rate: float, workers: int, stop: Any) -> None:
        """Send at `rate` (of all workers together) from `start` until `stop` is set; wait for what is under way."""
        number, parent = self.index, os.getppid()
        while not stop.is_set() and os.getppid() == parent:  # nobody goes on asking for a bench that was killed
            due = start + number / rate
            wait = due - time.monotonic()
            if wait > 0:
                await asyncio.sleep(wait)
            task = asyncio.create_task(self.send(number, due))
            self.open.add(task)
            task.add_done_callback(self.open.discard)
            number += workers
        if self.open:
            await asyncio.wait(self.open, timeout=TIMEOUT + 5)
        for connection in self.idle:
            connection.close()

    async def send(self, number: int, due: float) -> None:
        """One request and what became of it. Never tried again: a person's browser would have shown an error."""
        name = ROUND[number % len(ROUND)]
        fresh = (number // len(ROUND) + number) % FRESH_EVERY == 0
        note = f"bench {self.target.run} {number}"
        why, connection = "", None
        try:
            async with asyncio.timeout(TIMEOUT):
                connection = await self.connection(fresh)
                status, body = await connection.ask(self.request(name, fresh, note))
                why = wrong(name, status, body)
        except TimeoutError:
            why = f"no answer within {TIMEOUT:g} s"
        except (OSError, BrokenAnswerError) as error:
            why = f"{type(error).__name__}: {error}"
        self.samples.add(KINDS.index(name), due, time.monotonic(), why)
        if name == "write":
            (self.samples.unsure if why else self.samples.written).append(note)
        if connection is not None:
            if why or fresh or connection.is_closing:
                connection.close()
            else:
                connection.idle_since = time.monotonic()
                self.idle.append(connection)

    async def connection(self, fresh: bool) -> Connection:
        """The connection that was used last, so that the others may age; old ones are closed, as browsers do."""
        while self.idle and not fresh:
            connection = self.idle.pop()
            if time.monotonic() - connection.idle_since < IDLE_SECONDS:
                return connection
            connection.close()
        return Connection(*await asyncio.open_connection(self.target.address, self.target.port, limit=READ_LIMIT))

    def request(self, name: str, fresh: bool, note: str) -> bytes:
        """The bytes of a request."""
        path = {"page": "/", "asset": self.target.asset, "api": "/api/v1/health/live", "me": "/api/v1/users/me"}
        head = f"Host: {self.target.address}\r\nConnection: {'close' if fresh else 'keep-alive'}\r\n"
        if name in ("me", "write"):
            head += f"Authorization: Bearer {self.token.value.decode()}\r\n"
        if name != "write":
            return f"GET {path[name]} HTTP/1.1\r\n{head}\r\n".encode()
        body = f'{{"count":1,"days":1,"note":"{note}"}}'
        head += f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n"
        return f"POST /api/v1/activation-codes HTTP/1.1\r\n{head}\r\n{body}".encode()


EXPECTED = {
    "page": (200, b'<div id="app"'),
    "asset": (200, b""),
    "api": (200, b'"ok"'),
    "me": (200, b'"username":"admin"'),
    "write": (201, b'"created":1'),
}


def wrong(name: str, status: int, body: bytes) -> str:
    """Why an answer is not the one that was asked for, '' when it is."""
    expected, part = EXPECTED[name]
    if status != expected:
        return f"{status}, not {expected}: {body[:200].decode(errors='replace')}"
    return "" if part in body and body else f"{status} with another body: {body[:200].decode(errors='replace')}"


def work(
    target: Target, token: Any, index: int, start: float, rate: float, workers: int, stop: Any, output: Path
) -> None:
    """A worker process: run, then leave the samples in a file."""
    worker = Worker(target, token, index)
    with contextlib.suppress(KeyboardInterrupt):
        uvloop.run(worker.run(start, rate, workers, stop))
    output.write_bytes(pickle.dumps(worker.samples))


class Probe:
    """All workers of one run."""

    def __init__(self, target: Target, token: Any, rate: float, folder: Path, workers: int = 2) -> None:
        context = multiprocessing.get_context("spawn")
        self.stop = context.Event()
        self.rate, self.started = rate, time.monotonic() + 2
        self.files = [folder / f"samples-{index}.pickle" for index in range(workers)]
        self.processes = [
            context.Process(
                target=work, args=(target, token, index, self.started, rate, workers, self.stop, file), daemon=True
            )
            for index, file in enumerate(self.files)
        ]
        for file, process in zip(self.files, self.processes, strict=True):
            file.unlink(missing_ok=True)
            process.start()

    @property
    def sent(self) -> int:
        """How many requests were due until now."""
        return max(0, int((time.monotonic() - self.started) * self.rate))

    def end(self) -> list[Samples]:
        """Stop sending, wait for the last answers, and return what each worker saw."""
        self.stop.set()
        for process in self.processes:
            process.join()
        # Written by our own workers a moment ago.
        return [pickle.loads(file.read_bytes()) for file in self.files]  # noqa: S301

"""How long a token takes from the model server to the reader, with many conversations streaming at once.

    .venv/bin/python bench/chat_stream.py --url http://127.0.0.1 --user admin --password-file FILE
    ... --conversations 200 --tokens 200 --tokens-per-second 20     what the issue asks for
    ... --posts-per-second 50                                       questions meanwhile: how soon their 202 comes

A model server is simulated by a process of its own (tests/simulators) whose every token is the moment at which it was
sent; the reader, a third process, takes the difference when the event arrives. Both must run on the kernel of the
product's machine, whose clock they share: on it, or on the host of its containers, where `--simulator-host` is the
host's address as the product sees it. The provider and the conversations are removed at the end.
The exit status is not 0 when an answer failed, lost or doubled a token, or the median is over --limit-ms.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import re
import sys
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median
from typing import Any

import aiohttp

ROOT = Path(__file__).resolve().parents[1]
MODEL, SHORT_MODEL = "sim-stamped", "sim"
POOL = 50  # conversations for the questions that are asked meanwhile
STAMP = re.compile(r"@(\d+)")
NS_A_MS = 1e6
PATIENCE_SECONDS = 300
SERVERS = {"ollama": ("tests.simulators.ollama", ""), "openai": ("tests.simulators.openai_chat", "/v1")}


@dataclass
class Measured:
    tokens_ms: list[float] = field(default_factory=list)
    first_token_ms: list[float] = field(default_factory=list)
    accepted_ms: list[float] = field(default_factory=list)
    asked_meanwhile_ms: list[float] = field(default_factory=list)
    failures: list[str] = field(default_factory=list)
    streaming: int = 0
    most_streaming: int = 0


@dataclass
class Site:
    """The product's API with one session."""

    http: aiohttp.ClientSession
    url: str
    headers: dict[str, str] = field(default_factory=dict)

    async def sign_in(self, user: str, password: str) -> None:
        form = {"username": user, "password": password}
        async with self.http.post(f"{self.url}/api/v1/auth/login", data=form) as answer:
            answer.raise_for_status()
            self.headers = {"Authorization": f"Bearer {(await answer.json())['access_token']}"}

    async def ask(self, method: str, path: str, body: Any = None) -> Any:
        async with self.http.request(method, f"{self.url}/api/v1{path}", json=body, headers=self.headers) as answer:
            text = await answer.text()
            if answer.status >= 400:
                raise RuntimeError(f"{method} {path} answered {answer.status}: {text[:300]}")
            return json.loads(text) if text else None

    async def events(self, job_id: int) -> AsyncIterator[tuple[str, dict[str, Any]]]:
        """The job's events, also over a connection that ends in between."""
        last = ""
        while True:
            headers = {**self.headers, "Accept": "text/event-stream", **({"Last-Event-ID": last} if last else {})}
            async with self.http.get(f"{self.url}/api/v1/jobs/{job_id}/events", headers=headers) as answer:
                answer.raise_for_status()
                name, data = "message", ""
                async for raw in answer.content:
                    line = raw.decode().rstrip("\r\n")
                    field_, _, value = line.partition(": ")
                    if field_ == "event":
                        name = value
                    elif field_ == "data":
                        data += value
                    elif field_ == "id":
                        last = value
                    elif not line and data:
                        yield name, json.loads(data)
                        if name == "end":
                            return
                        name, data = "message", ""


@asynccontextmanager
async def simulator(options: argparse.Namespace) -> AsyncIterator[str]:
    module, path = SERVERS[options.kind]
    command = [sys.executable, "-m", module, "--host", options.simulator_bind, "--port", str(options.simulator_port)]
    command += ["--tokens", str(options.tokens), "--tokens-per-second", str(options.tokens_per_second)]
    process = await asyncio.create_subprocess_exec(*command, cwd=ROOT, stdout=asyncio.subprocess.PIPE)
    try:
        port = (await process.stdout.readline()).decode().strip().rpartition(":")[2]
        yield f"http://{options.simulator_host}:{port}{path}"
    finally:
        process.terminate()
        await process.wait()


async def answer(site: Site, conversation: int, options: argparse.Namespace, measured: Measured) -> None:
    """One question, its answer read to the end, and what was kept of it compared."""
    began = time.monotonic_ns()
    sent = await site.ask("POST", f"/conversations/{conversation}/messages", {"content": "Measure."})
    measured.accepted_ms.append((time.monotonic_ns() - began) / NS_A_MS)
    text, end = "", {}
    async for name, data in site.events(sent["id"]):
        now = time.monotonic_ns()
        if name == "reset":
            text = ""
        elif name == "end":
            end = data
        elif name == "delta":
            if not text:
                measured.first_token_ms.append((now - began) / NS_A_MS)
                measured.streaming += 1
                measured.most_streaming = max(measured.most_streaming, measured.streaming)
            text += data.get("text", "")
            measured.tokens_ms += [(now - int(stamp)) / NS_A_MS for stamp in STAMP.findall(data.get("text", ""))]
    measured.streaming -= 1 if text else 0
    kept = (await site.ask("GET", f"/conversations/{conversation}/messages"))["items"][-1]
    stamps = [int(stamp) for stamp in STAMP.findall(text)]
    if end.get("state") != "done":
        measured.failures.append(f"job {sent['id']} ended as {end}")
    elif len(stamps) != options.tokens or stamps != sorted(set(stamps)):
        measured.failures.append(f"job {sent['id']}: {len(stamps)} tokens of {options.tokens}, or not in order")
    elif kept["content"] != text:
        measured.failures.append(f"job {sent['id']}: what was kept is not what was told")


async def ask_meanwhile(site: Site, conversations: list[int], rate: float, measured: Measured) -> None:
    """Questions at a constant rate until it is cancelled; latency counts from the moment at which each was due."""
    waiting: set[asyncio.Task[None]] = set()

    async def one(conversation: int, due: float) -> None:
        body = {"content": "Meanwhile.", "parent_id": None}  # a branch of its own: none waits for another
        try:
            await site.ask("POST", f"/conversations/{conversation}/messages", body)
            measured.asked_meanwhile_ms.append((time.monotonic() - due) * 1000)
        except (RuntimeError, aiohttp.ClientError, TimeoutError) as error:
            measured.failures.append(f"meanwhile: {error}")

    began, number = time.monotonic(), 0
    try:
        while True:
            due = began + number / rate
            await asyncio.sleep(max(0.0, due - time.monotonic()))
            task = asyncio.create_task(one(conversations[number % len(conversations)], due))
            waiting.add(task)
            task.add_done_callback(waiting.discard)
            number += 1
    finally:
        await asyncio.gather(*waiting)


def percentile(values: list[float], share: float) -> float:
    return sorted(values)[min(len(values) - 1, int(len(values) * share))] if values else float("nan")


def summary(name: str, values: list[float]) -> str:
    if not values:
        return f"{name:<34} none"
    shares = "  ".join(f"p{share:g} {percentile(values, share / 100):8.1f}" for share in (95, 99))
    return f"{name:<34} n {len(values):>7}  median {median(values):8.1f}  {shares}  max {max(values):8.1f} ms"


async def run(options: argparse.Namespace) -> int:
    measured = Measured()
    timeout = aiohttp.ClientTimeout(total=PATIENCE_SECONDS)
    connector = aiohttp.TCPConnector(limit=0, ssl=False)
    async with simulator(options) as base_url, aiohttp.ClientSession(connector=connector, timeout=timeout) as http:
        site = Site(http, options.url.rstrip("/"))
        await site.sign_in(options.user, options.password)
        provider = await site.ask(
            "POST",
            "/chat-providers",
            {
                "name": f"Bench {time.time_ns()}",
                "kind": options.kind,
                "base_url": base_url,
                "allow_private": True,
                "default_model": MODEL,
                "sort_order": 1000,
            },
        )
        made: list[int] = []

        async def begin(model: str) -> int:
            body = {"provider_id": provider["id"], "model": model, "title": f"Bench {len(made)}"}
            made.append((await site.ask("POST", "/conversations", body))["id"])
            return made[-1]

        try:
            others = [await begin(SHORT_MODEL) for _ in range(POOL if options.posts_per_second else 0)]
            conversations = [await begin(MODEL) for _ in range(options.conversations)]
            questions = ask_meanwhile(site, others, options.posts_per_second, measured) if others else None
            asking = asyncio.create_task(questions) if questions else None
            began = time.monotonic()
            async with asyncio.TaskGroup() as group:
                for conversation in conversations:
                    group.create_task(answer(site, conversation, options, measured))
                    await asyncio.sleep(options.ramp_seconds / options.conversations)
            seconds = time.monotonic() - began
            if asking is not None:
                asking.cancel()
                await asyncio.wait({asking})
        finally:
            for place in range(0, len(made), 500):
                await site.ask("POST", "/conversations/batch-delete", {"ids": made[place : place + 500]})
            await site.ask("DELETE", f"/chat-providers/{provider['id']}")
    sys.stdout.write("\n".join(report(options, measured, seconds)) + "\n")
    is_slow = not measured.tokens_ms or median(measured.tokens_ms) > options.limit_ms
    return 1 if measured.failures or is_slow else 0


def report(options: argparse.Namespace, measured: Measured, seconds: float) -> Iterator[str]:
    yield f"{options.conversations} conversations, at most {measured.most_streaming} streaming at once, {seconds:.1f} s"
    rate = len(measured.tokens_ms) / seconds
    yield f"{rate:.0f} tokens/s through {options.url} from a simulated {options.kind} server"
    yield summary("token, server to reader", measured.tokens_ms)
    yield summary("first token, from the question", measured.first_token_ms)
    yield summary("202 of the streamed questions", measured.accepted_ms)
    if options.posts_per_second:
        yield summary(f"202 at {options.posts_per_second:g}/s meanwhile", measured.asked_meanwhile_ms)
    yield from (f"FAILED {failure}" for failure in measured.failures[:20])
    yield f"{len(measured.failures)} failed"


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--url", default="http://127.0.0.1")
    parser.add_argument("--user", default="admin")
    parser.add_argument("--password", default="")
    parser.add_argument("--password-file", type=Path)
    parser.add_argument("--kind", choices=sorted(SERVERS), default="openai")
    parser.add_argument("--conversations", type=int, default=20)
    parser.add_argument("--tokens", type=int, default=200)
    parser.add_argument("--tokens-per-second", type=float, default=20.0)
    parser.add_argument("--ramp-seconds", type=float, default=2.0, help="over which the questions are spread")
    parser.add_argument("--posts-per-second", type=float, default=0.0)
    parser.add_argument("--limit-ms", type=float, default=100.0)
    parser.add_argument("--simulator-host", default="127.0.0.1", help="as the product reaches it")
    parser.add_argument("--simulator-bind", default="127.0.0.1")
    parser.add_argument("--simulator-port", type=int, default=0)
    options = parser.parse_args()
    if options.password_file:
        options.password = options.password_file.read_text().strip()
    return asyncio.run(run(options))


if __name__ == "__main__":
    sys.exit(main())

"""Ollama as the chat meets it: /api/chat, /api/tags, /api/ps, /api/show, /api/pull.

python -m tests.simulators.ollama --port 11434 --tokens-per-second 50
"""

import asyncio
import json
import time
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import Any

from aiohttp import web

from tests.simulators.common import GIANT, RETRY_SECONDS, Seen, Simulator, guarded, serve

LAYER = "sha256:6a0746a1ec1a"
PULL_STEPS = 20
PULL_BYTES = 4_000_000_000


class OllamaSimulator(Simulator):
    pull_seconds = 0.2

    def routes(self) -> list[web.RouteDef]:
        return [
            web.post("/api/chat", self.chat),
            web.get("/api/tags", self.tags),
            web.get("/api/ps", self.running),
            web.post("/api/show", self.show),
            web.post("/api/pull", self.pull),
        ]

    def _refusal(self, request: web.Request) -> web.Response | None:
        if self.behaviour.key and request.headers.get("Authorization") != f"Bearer {self.behaviour.key}":
            return web.json_response({"error": "unauthorized"}, status=401)
        return None

    async def tags(self, request: web.Request) -> web.Response:
        made = [
            {"name": name, "model": name, "size": 1_000_000 * (place + 1), "details": {"family": "sim"}}
            for place, name in enumerate(self.models)
        ]
        return self._refusal(request) or web.json_response({"models": made})

    async def running(self, request: web.Request) -> web.Response:
        return self._refusal(request) or web.json_response({"models": [{"name": name} for name in self.models[:1]]})

    async def show(self, request: web.Request) -> web.Response:
        name = (await request.json()).get("model")
        if name not in self.models:
            return web.json_response({"error": f"model '{name}' not found"}, status=404)
        return web.json_response({"model_info": {"general.architecture": "sim", "sim.context_length": 32_768}})

    async def pull(self, request: web.Request) -> web.StreamResponse:
        seen = await self.remember(request)
        return await guarded(seen, self._pull(request, seen))

    async def _pull(self, request: web.Request, seen: Seen) -> web.StreamResponse:
        response = await _begin(request)
        name = seen.body["model"]
        if name == "nowhere":
            await _line(response, {"status": "pulling manifest"})
            await _line(response, {"error": "pull model manifest: file does not exist"})
            return response
        await _line(response, {"status": "pulling manifest"})
        for step in range(PULL_STEPS + 1):
            done = PULL_BYTES * step // PULL_STEPS
            await _line(
                response, {"status": f"pulling {LAYER}", "digest": LAYER, "total": PULL_BYTES, "completed": done}
            )
            await asyncio.sleep(self.pull_seconds / PULL_STEPS)
        for status in ("verifying sha256 digest", "writing manifest", "success"):
            await _line(response, {"status": status})
        if name not in self.models:
            self.models.append(name)
        return response

    async def chat(self, request: web.Request) -> web.StreamResponse:
        seen = await self.remember(request)
        return await guarded(seen, self._chat(request, seen))

    async def _chat(self, request: web.Request, seen: Seen) -> web.StreamResponse:
        model = str(seen.body.get("model"))
        refusal = self._refusal(request) or refused(model, self.models)
        if refusal is not None:
            return refusal
        if model == "sim-mute":
            await asyncio.Event().wait()
        response = await _begin(request)
        began = time.perf_counter_ns()
        if model == "sim-slow":
            await asyncio.sleep(self.behaviour.slow_seconds)
        if model == "sim-think":
            for thought in ("Let me ", "think."):
                await _line(response, _message(model, "", thinking=thought))
        if model == "sim-think-tags":
            for piece in ("<th", "ink>Let me ", "think.</thi", "nk>\n\n"):
                await _line(response, _message(model, piece))
        if model == "sim-nul":
            await _line(response, _message(model, "a\x00b\ud83d"))
        if model in BREAKS:
            await _line(response, _message(model, "Some words"))
            return await BREAKS[model](request, response)
        if model != "sim-empty":

            async def send(word: str) -> None:
                await _line(response, _message(model, word))

            await self.stream(seen, send)
        nanoseconds = time.perf_counter_ns() - began
        end = {"done_reason": "stop", "prompt_eval_count": 12, "eval_count": seen.sent, "eval_duration": nanoseconds}
        await _line(response, {**_message(model, ""), "done": True, **end})
        return response


def _message(model: str, content: str, **more: str) -> dict[str, Any]:
    now = datetime.now(UTC).isoformat()
    message = {"role": "assistant", "content": content, **more}
    return {"model": model, "created_at": now, "message": message, "done": False}


async def _begin(request: web.Request) -> web.StreamResponse:
    response = web.StreamResponse(headers={"Content-Type": "application/x-ndjson"})
    await response.prepare(request)
    return response


async def _line(response: web.StreamResponse, line: dict[str, Any]) -> None:
    await response.write(json.dumps(line).encode() + b"\n")


def refused(model: str, models: list[str]) -> web.Response | None:
    """The answers with a status of their own; both kinds of server give them alike."""
    headers = {"Retry-After": str(RETRY_SECONDS)}
    if model == "sim-429-date":
        later = datetime.now(UTC) + timedelta(seconds=RETRY_SECONDS)
        headers = {"Retry-After": format_datetime(later, usegmt=True)}
    match model:
        case "sim-429" | "sim-429-date":
            return web.json_response({"error": "too many requests"}, status=429, headers=headers)
        case "sim-500":
            return web.json_response({"error": "the model runner has stopped"}, status=500)
        case "sim-401":
            return web.json_response({"error": "unauthorized"}, status=401)
        case "sim-402":
            return web.json_response({"error": {"message": "Insufficient Balance"}}, status=402)
        case "sim-redirect":
            return web.Response(status=302, headers={"Location": "http://169.254.169.254/latest/meta-data/"})
        case "sim-long":
            said = "the request exceeds the available context size, try increasing it"
            return web.json_response({"error": {"message": said, "type": "exceed_context_size_error"}}, status=400)
    if model not in models:
        return web.json_response({"error": f'model "{model}" not found, try pulling it first'}, status=404)
    return None


async def stall(_: web.Request, response: web.StreamResponse) -> web.StreamResponse:
    await asyncio.Event().wait()
    return response


async def cut(request: web.Request, response: web.StreamResponse) -> web.StreamResponse:
    """Not the orderly end: the connection goes without the last chunk."""
    if request.transport is not None:
        request.transport.abort()
    return response


async def short(_: web.Request, response: web.StreamResponse) -> web.StreamResponse:
    return response


async def _error(_: web.Request, response: web.StreamResponse) -> web.StreamResponse:
    await _line(response, {"error": "an error was encountered while running the model: CUDA out of memory"})
    return response


async def _malformed(_: web.Request, response: web.StreamResponse) -> web.StreamResponse:
    await response.write(b'{"model": "sim-malformed", "message": {"role": "assis\n')
    return response


async def _array(_: web.Request, response: web.StreamResponse) -> web.StreamResponse:
    await response.write(b"[1, 2, 3]\n")
    return response


async def giant(_: web.Request, response: web.StreamResponse) -> web.StreamResponse:
    for _part in range(GIANT // 10_000):
        await response.write(b"x" * 10_000)
    return response


BREAKS = {
    "sim-stall": stall,
    "sim-cut": cut,
    "sim-short": short,
    "sim-error": _error,
    "sim-malformed": _malformed,
    "sim-array": _array,
    "sim-giant": giant,
}


if __name__ == "__main__":
    serve(OllamaSimulator, __doc__ or "")

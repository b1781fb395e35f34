"""A server shaped like OpenAI's as the chat meets it: /v1/chat/completions over SSE, /v1/models.

python -m tests.simulators.openai_chat --port 8081 --tokens-per-second 50
"""

import asyncio
import json
from typing import Any

from aiohttp import web

from tests.simulators.common import Seen, Simulator, guarded, serve
from tests.simulators.ollama import cut, giant, refused, short, stall


class OpenAiSimulator(Simulator):
    """`unknown`: settings that this server refuses, as some do."""

    unknown: tuple[str, ...] = ()

    @property
    def base_url(self) -> str:
        return f"{self.url}/v1"

    def routes(self) -> list[web.RouteDef]:
        return [web.post("/v1/chat/completions", self.chat), web.get("/v1/models", self.list_models)]

    def _refusal(self, request: web.Request) -> web.Response | None:
        if self.behaviour.key and request.headers.get("Authorization") != f"Bearer {self.behaviour.key}":
            error = {"message": "Incorrect API key provided", "code": "invalid_api_key"}
            return web.json_response({"error": error}, status=401)
        return None

    async def list_models(self, request: web.Request) -> web.Response:
        data = [{"id": name, "object": "model", "owned_by": "sim", "max_model_len": 16_384} for name in self.models]
        return self._refusal(request) or web.json_response({"object": "list", "data": data})

    async def chat(self, request: web.Request) -> web.StreamResponse:
        seen = await self.remember(request)
        return await guarded(seen, self._chat(request, seen))

    async def _chat(self, request: web.Request, seen: Seen) -> web.StreamResponse:
        model = str(seen.body.get("model"))
        refusal = self._refusal(request) or refused(model, self.models) or self._unknown(seen.body)
        if refusal is not None:
            return refusal
        if model == "sim-mute":
            await asyncio.Event().wait()
        response = web.StreamResponse(headers={"Content-Type": "text/event-stream"})
        await response.prepare(request)
        await response.write(b": keep-alive\n\n")
        if model == "sim-slow":
            await asyncio.sleep(self.behaviour.slow_seconds)
        await _event(response, _chunk(model, {"role": "assistant", "content": ""}))
        if model == "sim-think":
            for thought in ("Let me ", "think."):
                await _event(response, _chunk(model, {"reasoning_content": thought}))
        if model == "sim-think-tags":
            for piece in ("<th", "ink>Let me ", "think.</thi", "nk>\n\n"):
                await _event(response, _chunk(model, {"content": piece}))
        if model == "sim-nul":
            await _event(response, _chunk(model, {"content": "a\x00b\ud83d"}))
        if model in BREAKS:
            await _event(response, _chunk(model, {"content": "Some words"}))
            return await BREAKS[model](request, response)
        if model != "sim-empty":

            async def send(word: str) -> None:
                await _event(response, _chunk(model, {"content": word}))

            await self.stream(seen, send)
        await _event(response, _chunk(model, {}, finish="stop"))
        if seen.body.get("stream_options", {}).get("include_usage"):
            usage = {"prompt_tokens": 12, "completion_tokens": seen.sent, "total_tokens": 12 + seen.sent}
            await _event(response, {"object": "chat.completion.chunk", "model": model, "choices": [], "usage": usage})
        await response.write(b"data: [DONE]\n\n")
        return response

    def _unknown(self, body: dict[str, Any]) -> web.Response | None:
        for name in self.unknown:
            if name in body:
                error = {"message": f"Unrecognized request argument supplied: {name}"}
                return web.json_response({"error": error}, status=400)
        return None


def _chunk(model: str, delta: dict[str, Any], finish: str | None = None) -> dict[str, Any]:
    choice = {"index": 0, "delta": delta, "finish_reason": finish}
    return {"id": "chatcmpl-1", "object": "chat.completion.chunk", "model": model, "choices": [choice]}


async def _event(response: web.StreamResponse, data: dict[str, Any]) -> None:
    await response.write(b"data: " + json.dumps(data).encode() + b"\n\n")


async def _error(_: web.Request, response: web.StreamResponse) -> web.StreamResponse:
    await _event(response, {"error": {"message": "CUDA out of memory", "type": "server_error"}})
    return response


async def _malformed(_: web.Request, response: web.StreamResponse) -> web.StreamResponse:
    await response.write(b'data: {"choices": [{"delta": {"conte\n\n')
    return response


async def _array(_: web.Request, response: web.StreamResponse) -> web.StreamResponse:
    await response.write(b"data: [1, 2, 3]\n\n")
    return response


async def _giant(request: web.Request, response: web.StreamResponse) -> web.StreamResponse:
    await response.write(b"data: ")
    return await giant(request, response)


BREAKS = {
    "sim-stall": stall,
    "sim-cut": cut,
    "sim-short": short,
    "sim-error": _error,
    "sim-malformed": _malformed,
    "sim-array": _array,
    "sim-giant": _giant,
}


if __name__ == "__main__":
    serve(OpenAiSimulator, __doc__ or "")

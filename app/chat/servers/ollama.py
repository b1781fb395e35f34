"""Ollama's own protocol: NDJSON over /api/chat and /api/pull, what it has by /api/tags, /api/ps and /api/show."""

import asyncio
import json
from collections.abc import AsyncGenerator
from contextlib import aclosing
from typing import Any

from app.chat.servers.errors import ServerError, broken, refuse_failure, server_errors, told, words_of
from app.chat.servers.port import Access, Fetched, Model, Piece, Question, Usage, whole_number
from app.chat.servers.thinking import ThinkingSplitter
from app.core.outgoing import Outgoing

LONGEST_LINE = 1_048_576
LARGEST_LIST = 4_194_304
NANOSECONDS = 1e9
SHOW_SECONDS = 2.0
MOST_SHOWN = 30  # models whose context length is asked for


class Ollama:
    can_pull = True

    def __init__(self, http: Outgoing, access: Access) -> None:
        self._http = http
        self._access = access

    def _url(self, path: str) -> str:
        return f"{self._access.base_url}{path}"

    async def models(self) -> list[Model]:
        tags, running = await asyncio.gather(self._read("/api/tags"), self._read("/api/ps"))
        found = [each for each in _items(tags) if isinstance(each.get("name"), str)]
        loaded = {str(each.get("name")) for each in _items(running)}
        lengths = await asyncio.gather(*(self._context_length(each["name"]) for each in found[:MOST_SHOWN]))
        lengths += [None] * (len(found) - len(lengths))
        return [
            Model(each["name"], whole_number(each.get("size")), each["name"] in loaded, length)
            for each, length in zip(found, lengths, strict=True)
        ]

    async def _read(self, path: str, body: Any = None) -> Any:
        with server_errors():
            method = "POST" if body else "GET"
            async with self._http.request(method, self._url(path), body=body) as reply:
                await refuse_failure(reply, self._access.name, "")
                return await reply.json(LARGEST_LIST)

    async def _context_length(self, model: str) -> int | None:
        """Nice to know: a server that does not say it, or not soon, is as good as any."""
        try:
            async with asyncio.timeout(SHOW_SECONDS):
                shown = await self._read("/api/show", {"model": model})
        except (ServerError, TimeoutError):
            return None
        told_of = shown.get("model_info") if isinstance(shown, dict) else None
        pairs = told_of.items() if isinstance(told_of, dict) else ()
        return next((whole_number(value) for name, value in pairs if str(name).endswith(".context_length")), None)

    async def answer(self, question: Question) -> AsyncGenerator[Piece | Usage, None]:
        options: dict[str, Any] = {"num_ctx": question.context_tokens, "num_predict": question.most_tokens}
        if question.temperature is not None:
            options["temperature"] = question.temperature
        body = {
            "model": question.model,
            "messages": [{"role": turn.role, "content": turn.content} for turn in question.turns],
            "stream": True,
            "options": options,
        }
        splitter = ThinkingSplitter()
        async with aclosing(self._stream("/api/chat", body, question.model)) as lines:
            async for line in lines:
                message = line.get("message")
                message = message if isinstance(message, dict) else {}
                if isinstance(message.get("thinking"), str) and message["thinking"]:
                    yield Piece(thinking=message["thinking"])
                if isinstance(message.get("content"), str) and message["content"]:
                    for piece in splitter.take(message["content"]):
                        yield piece
                if line.get("done") is True:
                    for piece in splitter.end():
                        yield piece
                    usage = _usage(line)
                    if usage is not None:
                        yield usage
                    return
        raise broken(self._access.name, "ended its answer in the middle")

    async def pull(self, model: str) -> AsyncGenerator[Fetched, None]:
        async with aclosing(self._stream("/api/pull", {"model": model, "stream": True}, model)) as lines:
            async for line in lines:
                words = str(line.get("status") or "")
                yield Fetched(words[:200], whole_number(line.get("completed")), whole_number(line.get("total")))
                if words == "success":
                    return
        raise broken(self._access.name, "ended the transfer in the middle")

    async def _stream(self, path: str, body: Any, model: str) -> AsyncGenerator[dict[str, Any], None]:
        name = self._access.name
        with server_errors():
            async with self._http.request("POST", self._url(path), body=body) as reply:
                await refuse_failure(reply, name, model)
                async for lines in reply.lines(LONGEST_LINE):
                    for raw in lines:
                        if raw.strip():
                            yield _line(name, raw, model)


def _line(name: str, raw: bytes, model: str) -> dict[str, Any]:
    try:
        line = json.loads(raw)
    except (ValueError, RecursionError):
        raise broken(name, "sent a line that is not JSON") from None
    if not isinstance(line, dict):
        raise broken(name, "sent a line that is not an object")
    if line.get("error"):
        raise told(name, words_of(line), model)
    return line


def _items(listed: Any) -> list[dict[str, Any]]:
    models = listed.get("models") if isinstance(listed, dict) else None
    return [each for each in models if isinstance(each, dict)] if isinstance(models, list) else []


def _usage(line: dict[str, Any]) -> Usage | None:
    prompt, completion = whole_number(line.get("prompt_eval_count")), whole_number(line.get("eval_count"))
    if completion is None:
        return None
    nanoseconds = whole_number(line.get("eval_duration"))
    speed = round(completion / (nanoseconds / NANOSECONDS), 1) if nanoseconds else None
    return Usage(prompt or 0, completion, speed)

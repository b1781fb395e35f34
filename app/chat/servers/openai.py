"""Servers shaped like OpenAI's (vLLM, llama.cpp, DeepSeek, Ark, ...): SSE over /chat/completions, /models."""

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
LONGEST_NAME = 200
MOST_MODELS = 500
# Not every server knows them, and some refuse what they do not know: then it is asked again without.
OPTIONAL = ("stream_options", "max_tokens", "temperature")


class OpenAi:
    can_pull = False

    def __init__(self, http: Outgoing, access: Access) -> None:
        self._http = http
        self._access = access

    async def models(self) -> list[Model]:
        name = self._access.name
        with server_errors():
            async with self._http.request("GET", f"{self._access.base_url}/models") as reply:
                await refuse_failure(reply, name, "")
                listed = await reply.json(LARGEST_LIST)
        data = listed.get("data") if isinstance(listed, dict) else None
        if not isinstance(data, list):
            raise broken(name, "does not list its models as it should")
        found = [each for each in data if isinstance(each, dict) and isinstance(each.get("id"), str)]
        return [Model(each["id"][:LONGEST_NAME], context_length=_context_length(each)) for each in found[:MOST_MODELS]]

    async def answer(self, question: Question) -> AsyncGenerator[Piece | Usage, None]:
        body: dict[str, Any] = {
            "model": question.model,
            "messages": [{"role": turn.role, "content": turn.content} for turn in question.turns],
            "stream": True,
            "stream_options": {"include_usage": True},
            "max_tokens": question.most_tokens,
        }
        if question.temperature is not None:
            body["temperature"] = question.temperature
        while True:
            try:
                async with aclosing(self._attempt(body, question.model)) as pieces:
                    async for each in pieces:
                        yield each
            except ServerError as error:
                unknown = _not_known(error, body)
                if unknown is None:
                    raise
                del body[unknown]
            else:
                return

    async def _attempt(self, body: dict[str, Any], model: str) -> AsyncGenerator[Piece | Usage, None]:
        splitter, is_whole = ThinkingSplitter(), False
        async with aclosing(self._events(body, model)) as events:
            async for event in events:
                if event is None:
                    is_whole = True
                    break
                choices = event.get("choices")
                choice = choices[0] if isinstance(choices, list) and choices and isinstance(choices[0], dict) else {}
                delta = choice.get("delta")
                delta = delta if isinstance(delta, dict) else {}
                thinking = delta.get("reasoning_content") or delta.get("reasoning")
                if isinstance(thinking, str) and thinking:
                    yield Piece(thinking=thinking)
                if isinstance(delta.get("content"), str) and delta["content"]:
                    for piece in splitter.take(delta["content"]):
                        yield piece
                is_whole = is_whole or bool(choice.get("finish_reason"))
                usage = _usage(event.get("usage"))
                if usage is not None:
                    yield usage
        if not is_whole:
            raise broken(self._access.name, "ended its answer in the middle")
        for piece in splitter.end():
            yield piece

    async def pull(self, model: str) -> AsyncGenerator[Fetched, None]:
        raise ServerError("provider_error", f"{self._access.name} cannot fetch models.")
        yield Fetched("")  # what makes this an iterator

    async def _events(self, body: dict[str, Any], model: str) -> AsyncGenerator[dict[str, Any] | None, None]:
        """What each `data:` holds; None for the mark of the end."""
        name = self._access.name
        url = f"{self._access.base_url}/chat/completions"
        with server_errors():
            async with self._http.request("POST", url, body=body) as reply:
                await refuse_failure(reply, name, model)
                async for line in reply.lines(LONGEST_LINE):
                    if not line.startswith(b"data:"):
                        continue  # comments that keep the connection, event names, blank lines
                    data = line.removeprefix(b"data:").strip()
                    if data == b"[DONE]":
                        yield None
                        return
                    yield _event(name, data, model)


def _event(name: str, data: bytes, model: str) -> dict[str, Any]:
    try:
        event = json.loads(data)
    except (ValueError, RecursionError):
        raise broken(name, "sent an event that is not JSON") from None
    if not isinstance(event, dict):
        raise broken(name, "sent an event that is not an object")
    if event.get("error"):
        raise told(name, words_of(event), model)
    return event


def _not_known(error: ServerError, body: dict[str, Any]) -> str | None:
    """The optional setting that the server refused, before it answered anything."""
    if error.code != "provider_error" or error.details.get("status") not in (400, 422):
        return None
    return next((name for name in OPTIONAL if name in body and name in error.details["said"]), None)


def _context_length(listed: dict[str, Any]) -> int | None:
    """vLLM and others say it in the list; llama.cpp in `meta`."""
    meta = listed.get("meta")
    trained = meta.get("n_ctx_train") if isinstance(meta, dict) else None
    lengths = map(whole_number, (listed.get("max_model_len"), listed.get("context_length"), trained))
    return next((length for length in lengths if length), None)


def _usage(usage: Any) -> Usage | None:
    if not isinstance(usage, dict):
        return None
    prompt, completion = whole_number(usage.get("prompt_tokens")), whole_number(usage.get("completion_tokens"))
    return None if prompt is None or completion is None else Usage(prompt, completion)

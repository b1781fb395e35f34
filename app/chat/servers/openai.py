"""Servers shaped like OpenAI's (vLLM, llama.cpp, DeepSeek, Ark, ...): SSE over /chat/completions, /models."""

import json
from collections.abc import AsyncGenerator, AsyncIterator, Iterable, Iterator, Mapping
from contextlib import asynccontextmanager
from typing import Any

from app.chat.servers.errors import ServerError, broken, refuse_failure, server_errors, told, words_of
from app.chat.servers.port import Access, Fetched, Model, Piece, Question, Usage, whole_number
from app.chat.servers.thinking import ThinkingSplitter
from app.core.outgoing import Outgoing, Reply

LONGEST_LINE = 1_048_576
LARGEST_LIST = 4_194_304
NOTHING: Mapping[str, Any] = {}
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
        answered = _Answered(self._access.name, question.model)
        with server_errors():
            async with self._asked(body, question.model) as reply:
                async for lines in reply.lines(LONGEST_LINE):
                    for each in answered.told(lines):
                        yield each
                    if answered.has_ended:
                        break
        for piece in answered.end():
            yield piece

    @asynccontextmanager
    async def _asked(self, body: dict[str, Any], model: str) -> AsyncIterator[Reply]:
        while True:
            async with self._http.request("POST", f"{self._access.base_url}/chat/completions", body=body) as reply:
                try:
                    await refuse_failure(reply, self._access.name, model)
                except ServerError as error:
                    unknown = _not_known(error, body)
                    if unknown is None:
                        raise
                else:
                    yield reply
                    return
            del body[unknown]

    async def pull(self, model: str) -> AsyncGenerator[Fetched, None]:
        raise ServerError("provider_error", f"{self._access.name} cannot fetch models.")
        yield Fetched("")  # what makes this an iterator


class _Answered:
    """What an answer is so far, of the lines of its events: pieces, counts, and whether it has come to its end."""

    def __init__(self, name: str, model: str) -> None:
        self._name = name
        self._model = model
        self._splitter = ThinkingSplitter()
        self._is_whole = False
        self.has_ended = False  # it said so: nothing more is to come

    def told(self, lines: Iterable[bytes]) -> Iterator[Piece | Usage]:
        for line in lines:
            if not line.startswith(b"data:"):
                continue  # comments that keep the connection, event names, blank lines
            data = line[len(b"data:") :].strip()
            if data == b"[DONE]":
                self._is_whole = self.has_ended = True
                return
            event = _event(self._name, data, self._model)
            choices = event.get("choices")
            choice = choices[0] if isinstance(choices, list) and choices and isinstance(choices[0], dict) else NOTHING
            delta = choice.get("delta")
            if isinstance(delta, dict):
                yield from self._pieces(delta)
            if choice.get("finish_reason"):
                self._is_whole = True
            if event.get("usage") is not None:
                usage = _usage(event["usage"])
                if usage is not None:
                    yield usage

    def _pieces(self, delta: Mapping[str, Any]) -> Iterable[Piece]:
        thinking = delta.get("reasoning_content") or delta.get("reasoning")
        pieces = (Piece(thinking=thinking),) if isinstance(thinking, str) and thinking else ()
        content = delta.get("content")
        return (*pieces, *self._splitter.take(content)) if isinstance(content, str) and content else pieces

    def end(self) -> Iterator[Piece]:
        """What is still held back; ServerError when the answer was cut."""
        if not self._is_whole:
            raise broken(self._name, "ended its answer in the middle")
        yield from self._splitter.end()


def _event(name: str, data: bytes, model: str) -> dict[str, Any]:
    try:
        event = json.loads(data.decode("utf-8", "surrogatepass"))  # of bytes it would first look which encoding it is
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

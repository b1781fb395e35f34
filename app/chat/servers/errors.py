"""How model servers fail: one stable code each, which the page translates together with what to do."""

import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any, Literal

from app.core.outgoing import OutgoingError, Reply
from app.core.upstreams import failure_code, seconds_to_wait
from app.jobs import JobError

Code = Literal[
    "model_unreachable",
    "model_missing",
    "context_too_long",
    "provider_limited",
    "provider_refused",
    "provider_broken",
    "provider_timeout",
    "provider_error",
]
LONGEST_WORDS = 300
TOO_LONG = re.compile(
    r"context.{0,12}(length|size|window)|context_length_exceeded|maximum context|too many tokens|prompt is too long",
    re.IGNORECASE,
)
NO_SUCH_MODEL = re.compile(r"model.{0,80}(not found|does not exist|not exist|is not available)", re.IGNORECASE)


class ServerError(JobError):
    """An expected failure of a model server: a job that asks one ends with it."""

    details: dict[str, Any]

    def __init__(self, code: Code, message: str, details: Mapping[str, Any] | None = None) -> None:
        super().__init__(code, message, details=details or {})


@contextmanager
def server_errors() -> Iterator[None]:
    """Turns failures of the connection into ServerError."""
    try:
        yield
    except OutgoingError as error:
        raise ServerError(failure_code(error), str(error)) from error


def words_of(body: Any) -> str:
    """What the server itself says, one short line: {"error": "..."}, {"error": {"message": ...}}, {"message": ...}."""
    said = body.get("error", body.get("message", "")) if isinstance(body, dict) else ""
    if isinstance(said, dict):
        said = said.get("message", "")
    return " ".join(str(said or "").split())[:LONGEST_WORDS]


def broken(name: str, what: str) -> ServerError:
    return ServerError("provider_broken", f"{name} {what}.")


def told(name: str, said: str, model: str) -> ServerError:
    """An error in the middle of a stream, in the server's words."""
    words = f"{name} failed: {said}" if said else f"{name} failed and does not say why."
    return _by_words(name, said, model) or ServerError("provider_error", words)


def _by_words(name: str, said: str, model: str) -> ServerError | None:
    if TOO_LONG.search(said):
        return ServerError("context_too_long", f"{name}: the conversation is too long for {model}.", {"said": said})
    if NO_SUCH_MODEL.search(said):
        return ServerError("model_missing", f"{name} does not have the model {model}.", {"model": model})
    return None


async def refuse_failure(reply: Reply, name: str, model: str) -> None:
    """Raise ServerError unless the server agreed to answer."""
    if reply.status == 200:
        return
    said = words_of(await reply.refusal())
    details = {"status": reply.status, "said": said}
    by_words = _by_words(name, said, model) if 400 <= reply.status < 500 else None
    if by_words is not None and reply.status not in (401, 403, 429):
        raise by_words
    tail = f" It says: {said}" if said else ""
    match reply.status:
        case 401 | 403:
            raise ServerError("provider_refused", f"{name} does not accept the key.{tail}", details)
        case 402:
            raise ServerError("provider_refused", f"The account at {name} is out of credit.{tail}", details)
        case 404:
            raise ServerError("provider_error", f"{name} has no such address: check its base URL.{tail}", details)
        case 429:
            wait = seconds_to_wait(reply.headers.get("Retry-After"))
            again = f" Try again in {wait} seconds." if wait else ""
            message = f"{name} limits how often it may be asked.{again}{tail}"
            raise ServerError("provider_limited", message, {"retry_after": wait, **details})
        case _:
            raise ServerError("provider_error", f"{name} answered with the status {reply.status}.{tail}", details)

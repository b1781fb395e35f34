"""What every kind of channel is given to send, where, and how it fails."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from app.core.outgoing import OutgoingError
from app.core.upstreams import failure_code
from app.jobs import JobError

LONGEST_SAID = 200


@dataclass(frozen=True, slots=True)
class Note:
    """One message in plain words. `id`: the same in every attempt. `kind`: of the notice."""

    id: str
    kind: str
    locale: str
    subject: str
    text: str
    link: str

    def in_full(self) -> str:
        return "\n\n".join(part for part in (self.subject, self.text, self.link) if part)


@dataclass(frozen=True, slots=True)
class Target:
    """`name`: what people call the channel."""

    name: str
    url: str
    secret: str | None
    allow_private: bool


@dataclass(frozen=True, slots=True)
class Parcel:
    """What is to be posted where."""

    url: str
    body: bytes
    headers: Mapping[str, str]


class SendError(JobError):
    """`retry`: whether the same may work later. `after`: not before so many seconds. `said`: by the service."""

    def __init__(self, code: str, message: str, *, retry: bool, after: int | None = None, said: object = None) -> None:
        words = " ".join(str(said or "").split())[:LONGEST_SAID]
        details: dict[str, Any] = {"retry": retry}
        if after is not None:
            details["after"] = after
        if words:
            details["said"] = words
        super().__init__(code, message, details=details)


class Dialect(Protocol):
    """How one kind of service is spoken to."""

    def wrap(self, target: Target, note: Note, now: float) -> Parcel:
        """`now`: seconds since 1970, which signatures hold."""
        ...

    def read(self, target: Target, answer: Mapping[str, Any]) -> None:
        """Raise SendError when the answer of a status of 200, as JSON, says that it was not taken."""
        ...


def not_reached(error: OutgoingError) -> SendError:
    """Every failure of a connection but a refused address may be gone a minute later."""
    code = {"model_unreachable": "channel_unreachable", "provider_timeout": "channel_timeout"}
    return SendError(code.get(failure_code(error), "channel_broken"), str(error), retry=True)


def malformed(target: Target) -> SendError:
    return SendError("channel_broken", f"{target.name} answered something that is not of its protocol.", retry=True)


def cut(text: str, most: int) -> str:
    """At most so many bytes of UTF-8, and no half character."""
    if len(text.encode()) <= most:
        return text
    return text.encode()[: most - len("…".encode())].decode("utf-8", "ignore") + "…"

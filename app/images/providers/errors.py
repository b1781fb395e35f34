"""How asking a provider fails: a job's stable code, and words that name the provider."""

from collections.abc import Mapping
from typing import Any

from app.core.outgoing import (
    AddressRefusedError,
    CutError,
    MalformedError,
    OutgoingError,
    StalledError,
    TooLargeError,
    UnreachableError,
)
from app.jobs import JobError

CODES: Mapping[type[OutgoingError], str] = {
    AddressRefusedError: "model_unreachable",
    UnreachableError: "model_unreachable",
    StalledError: "provider_timeout",
    CutError: "provider_broken",
    TooLargeError: "provider_broken",
    MalformedError: "provider_broken",
}
LONGEST_SAID = 300


def not_reached(name: str, error: OutgoingError) -> JobError:
    return JobError(CODES.get(type(error), "provider_broken"), f"{name}: {error}")


def broken(name: str, what: str) -> JobError:
    return JobError("provider_broken", f"{name} {what}")


def said_by(code: str, words: str, said: object, **details: Any) -> JobError:
    """A failure that the provider put into words of its own, which are shown as such."""
    text = " ".join(str(said or "").split())[:LONGEST_SAID]
    return JobError(code, words, details={**details, **({"said": text} if text else {})})

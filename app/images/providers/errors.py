"""How asking a provider fails: a job's stable code, and words that name the provider."""

from typing import Any

from app.core.outgoing import OutgoingError
from app.core.upstreams import failure_code
from app.jobs import JobError

LONGEST_SAID = 300


def not_reached(error: OutgoingError) -> JobError:
    return JobError(failure_code(error), str(error))


def broken(name: str, what: str) -> JobError:
    return JobError("provider_broken", f"{name} {what}")


def said_by(code: str, words: str, said: object, **details: Any) -> JobError:
    """A failure that the provider put into words of its own, which are shown as such."""
    text = " ".join(str(said or "").split())[:LONGEST_SAID]
    return JobError(code, words, details={**details, **({"said": text} if text else {})})

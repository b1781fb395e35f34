"""How a job fails, in a code that pages translate and words that a person understands."""

from collections.abc import Mapping
from typing import Any

INTERNAL_ERROR = "internal_error"
PAYLOAD_INVALID = "payload_invalid"
TIME_LIMIT = "time_limit"
INTERRUPTED_TOO_OFTEN = "interrupted_too_often"


class JobError(Exception):
    """Raise it in a task for any expected failure. `code` is stable, `message` is words, `details` are JSON-able."""

    def __init__(self, code: str, message: str, *, details: Mapping[str, Any] | None = None) -> None:
        super().__init__(code, message)
        self.code = code
        self.message = message
        self.details = None if details is None else dict(details)

"""How a service elsewhere fails, in codes that pages translate."""

from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Literal

from app.core.outgoing import AddressRefusedError, OutgoingError, StalledError, UnreachableError

LONGEST_WAIT = 86_400
FailureCode = Literal["model_unreachable", "provider_timeout", "provider_broken"]


def failure_code(error: OutgoingError) -> FailureCode:
    """The stable code of a connection's failure, which pages translate."""
    if isinstance(error, AddressRefusedError | UnreachableError):
        return "model_unreachable"
    return "provider_timeout" if isinstance(error, StalledError) else "provider_broken"


def seconds_to_wait(retry_after: str | None) -> int | None:
    """The header Retry-After in seconds, whichever of its two forms it has."""
    text = (retry_after or "").strip()
    if text.isascii() and text.isdecimal():
        return min(int(text[:9]), LONGEST_WAIT)
    try:
        moment = parsedate_to_datetime(text)
        moment = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
        seconds = (moment - datetime.now(UTC)).total_seconds()
    except (ValueError, TypeError, OverflowError):
        return None
    return min(max(0, round(seconds)), LONGEST_WAIT)

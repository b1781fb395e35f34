"""How asking for pictures is refused."""

from datetime import datetime
from math import ceil

from app.core.errors import ErrorCode, ProblemError


def quota_reached(limit: int, now: datetime, again: datetime) -> ProblemError:
    seconds = max(1, ceil((again - now).total_seconds()))
    return ProblemError(
        ErrorCode.IMAGE_QUOTA_REACHED,
        f"{limit} pictures a day are allowed, with those that are still to be made.",
        headers={"Retry-After": str(seconds)},
    )


def no_room(message: str) -> ProblemError:
    return ProblemError(ErrorCode.DISK_BUDGET, message)

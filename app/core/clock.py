"""The one clock: every stored and shown moment is aware and in UTC."""

from datetime import UTC, datetime


def utc_now() -> datetime:
    return datetime.now(UTC)

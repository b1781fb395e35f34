"""Limits on guessing: short, and shaped so that nobody can lock another's account for good (docs/decisions/0013)."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from math import ceil

from sqlalchemy.ext.asyncio import AsyncSession

from app.core.settings import Settings
from app.iam import repository
from app.iam.errors import too_many_attempts


@dataclass(frozen=True, slots=True)
class Attempt:
    username: str
    client_network: str
    now: datetime


async def refuse_if_over(session: AsyncSession, attempt: Attempt, settings: Settings) -> None:
    """Raise 429 when this account from here, this network, or this account from strange networks failed too often."""
    window = timedelta(seconds=settings.login_window_seconds)
    counts = await repository.failure_counts(session, attempt.username, attempt.client_network, attempt.now - window)
    over = (
        counts.account_and_network >= settings.login_account_address_failures
        or counts.network >= settings.login_address_failures
    )
    if not over and counts.account >= settings.login_account_failures:
        # The rightful owner, who has signed in from here before, is let through while others guess from elsewhere.
        over = not await repository.has_signed_in_from(session, attempt.username, attempt.client_network)
    if over:
        forgotten_at = (counts.oldest or attempt.now) + window
        raise too_many_attempts(max(1, ceil((forgotten_at - attempt.now).total_seconds())))

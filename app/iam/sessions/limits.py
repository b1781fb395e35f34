"""Limits on guessing: short, and shaped so that nobody can lock another's account for good (docs/decisions/0013)."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy.ext.asyncio import AsyncSession

from app.core.errors import too_many_attempts
from app.core.settings import Settings
from app.iam.sessions import repository


@dataclass(frozen=True, slots=True)
class Attempt:
    username: str
    client_network: str
    now: datetime


@dataclass(frozen=True, slots=True)
class Over:
    """A limit is reached. `username`: by guesses at this account; else by this network, whatever it guesses at."""

    until: datetime
    username: str | None


async def over(session: AsyncSession, attempt: Attempt, settings: Settings) -> Over | None:
    """Whether this account from here, this network, or this account from strange networks failed too often."""
    window = timedelta(seconds=settings.login_window_seconds)
    counts = await repository.failure_counts(session, attempt.username, attempt.client_network, attempt.now - window)
    of_network = counts.network >= settings.login_address_failures
    of_account = counts.account_and_network >= settings.login_account_address_failures
    if not (of_network or of_account) and counts.account >= settings.login_account_failures:
        # The rightful owner, who has signed in from here before, is let through while others guess from elsewhere.
        of_account = not await repository.has_signed_in_from(session, attempt.username, attempt.client_network)
    if not (of_network or of_account):
        return None
    forgotten_at = (counts.oldest or attempt.now) + window
    return Over(forgotten_at, None if of_network else attempt.username)


async def refuse_if_over(session: AsyncSession, attempt: Attempt, settings: Settings) -> None:
    """Raise 429 when a limit is reached."""
    reached = await over(session, attempt, settings)
    if reached is not None:
        raise too_many_attempts(reached.until, attempt.now)

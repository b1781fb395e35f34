"""Every query about what was asked for by mail."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import delete, func, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from app.iam.registration.models import MailRequest, PasswordReset, PendingRegistration, UsedCaptcha
from app.iam.users.models import User


async def user_by_email(session: AsyncSession, email: str) -> User | None:
    return await session.scalar(select(User).where(User.email == email, ~User.is_deleted))


async def pending_registration(session: AsyncSession, token_hash: str, now: datetime) -> PendingRegistration | None:
    row = PendingRegistration
    return await session.scalar(
        select(row).where(row.token_hash == token_hash, row.used_at.is_(None), row.expires_at > now)
    )


async def password_reset(session: AsyncSession, token_hash: str, now: datetime) -> PasswordReset | None:
    row = PasswordReset
    return await session.scalar(
        select(row).where(row.token_hash == token_hash, row.used_at.is_(None), row.expires_at > now)
    )


async def use_up_registrations(session: AsyncSession, email: str, now: datetime) -> None:
    """Every link that was sent to this address: one of them did what all were for."""
    row = PendingRegistration
    await session.execute(update(row).where(row.email == email, row.used_at.is_(None)).values(used_at=now))


async def use_up_resets(session: AsyncSession, user_id: int, now: datetime) -> None:
    """Every link that is on its way to this account's address, present or former."""
    row = PasswordReset
    await session.execute(update(row).where(row.user_id == user_id, row.used_at.is_(None)).values(used_at=now))


async def is_used(session: AsyncSession, challenge: str) -> bool:
    return await session.get(UsedCaptcha, challenge) is not None


async def remove_old(session: AsyncSession, now: datetime, requests_before: datetime) -> None:
    """What has no meaning any more: links and challenges past their time, requests that count no longer."""
    await session.execute(delete(UsedCaptcha).where(UsedCaptcha.expires_at < now))
    await session.execute(delete(PendingRegistration).where(PendingRegistration.expires_at < now))
    await session.execute(delete(PasswordReset).where(PasswordReset.expires_at < now))
    await session.execute(delete(MailRequest).where(MailRequest.created_at < requests_before))


@dataclass(frozen=True, slots=True)
class RequestCounts:
    address: int
    network: int
    oldest: datetime | None


async def request_counts(session: AsyncSession, email: str, client_network: str, since: datetime) -> RequestCounts:
    """Requests since `since`; `oldest` is the first that will be forgotten."""
    mine, here = MailRequest.email == email, MailRequest.client_network == client_network
    query = select(func.count().filter(mine), func.count().filter(here), func.min(MailRequest.created_at))
    row = (await session.execute(query.where(MailRequest.created_at >= since, mine | here))).one()
    return RequestCounts(row[0], row[1], row[2])

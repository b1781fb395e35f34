"""Every query about what belongs to one account."""

from collections.abc import Iterable
from datetime import datetime

from sqlalchemy import delete, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from app.iam.account.models import Avatar, PasswordHistory
from app.iam.sessions.models import UserSession


async def former_hashes(session: AsyncSession, user_id: int, number: int) -> list[str]:
    """Of the passwords before the present one, the last `number`, newest first."""
    query = select(PasswordHistory.password_hash).where(PasswordHistory.user_id == user_id)
    return list((await session.scalars(query.order_by(PasswordHistory.id.desc()).limit(number))).all())


async def forget_older_hashes(session: AsyncSession, user_id: int, kept: int) -> None:
    mine = PasswordHistory.user_id == user_id
    newest = select(PasswordHistory.id).where(mine).order_by(PasswordHistory.id.desc()).limit(kept)
    await session.execute(delete(PasswordHistory).where(mine, PasswordHistory.id.not_in(newest)))


async def avatar(session: AsyncSession, key: str) -> bytes | None:
    return await session.scalar(select(Avatar.content).where(Avatar.key == key))


async def remove_avatars(session: AsyncSession, user_id: int) -> None:
    await session.execute(delete(Avatar).where(Avatar.user_id == user_id))


async def open_sessions(session: AsyncSession, user_id: int, now: datetime) -> list[UserSession]:
    query = select(UserSession).where(
        UserSession.user_id == user_id, UserSession.revoked_at.is_(None), UserSession.expires_at > now
    )
    return list((await session.scalars(query.order_by(UserSession.refreshed_at.desc(), UserSession.id))).all())


async def end_own_sessions(
    session: AsyncSession, user_id: int, now: datetime, *, only: str | None = None, but: Iterable[str] = ()
) -> int:
    """End sessions of this user: one, or all but some. Returns how many were ended."""
    ending = update(UserSession).where(
        UserSession.user_id == user_id,
        UserSession.revoked_at.is_(None),
        UserSession.expires_at > now,
        UserSession.id.not_in(list(but)),
    )
    if only is not None:
        ending = ending.where(UserSession.id == only)
    ended = await session.scalars(ending.values(revoked_at=now).returning(UserSession.id))
    return len(ended.all())

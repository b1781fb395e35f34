"""Every query about accounts, sessions and failed sign-ins."""

from dataclasses import dataclass
from datetime import UTC, datetime

from sqlalchemy import bindparam, delete, exists, func, select, update
from sqlalchemy.dialects import sqlite
from sqlalchemy.ext.asyncio import AsyncSession

from app.core.database import PointReader
from app.iam.models import LoginFailure, User, UserSession


@dataclass(frozen=True, slots=True)
class SessionAndUser:
    """What a request needs to know about who asks."""

    session_id: str
    expires_at: datetime
    is_revoked: bool
    user_id: int
    username: str
    display_name: str
    is_administrator: bool
    is_active: bool


# One read for each authenticated request: compiled once and run by the point reader (docs/decisions/0011).
_SESSION_AND_USER = str(
    select(
        UserSession.id,
        UserSession.expires_at,
        UserSession.revoked_at.is_not(None),
        User.id,
        User.username,
        User.display_name,
        User.is_administrator,
        User.is_active,
    )
    .join(User, User.id == UserSession.user_id)
    .where(UserSession.id == bindparam("id"), User.is_deleted.is_(False), UserSession.is_deleted.is_(False))
    .compile(dialect=sqlite.dialect())
)


def session_and_user(points: PointReader, session_id: str) -> SessionAndUser | None:
    row = points.first(_SESSION_AND_USER, (session_id,))
    if row is None:
        return None
    expires_at = datetime.fromisoformat(row[1]).replace(tzinfo=UTC)
    return SessionAndUser(row[0], expires_at, bool(row[2]), row[3], row[4], row[5], bool(row[6]), bool(row[7]))


async def user_by_name(session: AsyncSession, username: str) -> User | None:
    return await session.scalar(select(User).where(User.username == username, User.is_deleted.is_(False)))


async def has_administrator(session: AsyncSession) -> bool:
    query = select(exists().where(User.is_administrator.is_(True), User.is_deleted.is_(False)))
    return bool(await session.scalar(query))


async def user_session(session: AsyncSession, session_id: str) -> UserSession | None:
    return await session.get(UserSession, session_id)


async def active_user(session: AsyncSession, user_id: int) -> User | None:
    query = select(User).where(User.id == user_id, User.is_active.is_(True), User.is_deleted.is_(False))
    return await session.scalar(query)


async def revoke_session(session: AsyncSession, session_id: str, now: datetime) -> None:
    await session.execute(
        update(UserSession).where(UserSession.id == session_id, UserSession.revoked_at.is_(None)).values(revoked_at=now)
    )


async def remove_expired_sessions(session: AsyncSession, user_id: int, now: datetime) -> None:
    await session.execute(delete(UserSession).where(UserSession.user_id == user_id, UserSession.expires_at < now))


async def has_signed_in_from(session: AsyncSession, username: str, client_network: str) -> bool:
    query = select(
        exists().where(
            UserSession.user_id == User.id, User.username == username, UserSession.client_network == client_network
        )
    )
    return bool(await session.scalar(query))


@dataclass(frozen=True, slots=True)
class FailureCounts:
    account_and_network: int
    network: int
    account: int
    oldest: datetime | None


async def failure_counts(session: AsyncSession, username: str, client_network: str, since: datetime) -> FailureCounts:
    """Failures since `since`; `oldest` is the first that will be forgotten."""
    mine = LoginFailure.username == username
    here = LoginFailure.client_network == client_network
    query = select(
        func.count().filter(mine, here),
        func.count().filter(here),
        func.count().filter(mine),
        func.min(LoginFailure.created_at),
    ).where(LoginFailure.created_at >= since, mine | here)
    row = (await session.execute(query)).one()
    return FailureCounts(row[0], row[1], row[2], row[3])


async def forget_failures(session: AsyncSession, username: str, client_network: str) -> None:
    await session.execute(
        delete(LoginFailure).where(LoginFailure.username == username, LoginFailure.client_network == client_network)
    )


async def remove_old_failures(session: AsyncSession, before: datetime) -> None:
    await session.execute(delete(LoginFailure).where(LoginFailure.created_at < before))

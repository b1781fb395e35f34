"""Every query about sessions and failed sign-ins."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, String, bindparam, cast, delete, exists, func, literal_column, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from app.core.clock import utc_now
from app.core.crud import LogRepository, PageQuery, Repository, starts_with
from app.core.database import SETTINGS, PointQuery, PointReader
from app.core.settings import Settings
from app.core.versions import versions
from app.iam.menus.rights import VERSION
from app.iam.roles.models import UserRole
from app.iam.sessions.models import LoginFailure, LoginLog, LoginOutcome, UserSession
from app.iam.users.models import User


class SessionAndUser(NamedTuple):
    """What a request needs to know about who asks."""

    session_id: str
    expires_at: datetime
    is_revoked: bool
    user_id: int
    username: str
    display_name: str
    is_administrator: bool
    is_active: bool
    must_change_password: bool
    email: str | None
    avatar_key: str | None
    locale: str | None
    time_zone: str | None
    role_ids: str
    rights_version: int


COMMA: Any = literal_column("','")  # a constant: the driver is given no value for it
# One read for each authenticated request: compiled once and run by the point reader (docs/decisions/0011, 0035).
_SESSION_AND_USER = PointQuery(
    select(
        UserSession.id,
        UserSession.expires_at,
        UserSession.revoked_at.is_not(None),
        User.id,
        User.username,
        User.display_name,
        User.is_administrator,
        User.is_active,
        User.must_change_password,
        User.email,
        User.avatar_key,
        User.locale,
        User.time_zone,
        func.coalesce(
            select(func.aggregate_strings(cast(UserRole.role_id, String), COMMA))
            .where(UserRole.user_id == User.id)
            .scalar_subquery(),
            literal_column("''"),
        ),
        func.coalesce(
            select(versions.c.value).where(versions.c.name == literal_column(f"'{VERSION}'")).scalar_subquery(),
            literal_column("0"),
        ),
    )
    .join(User, User.id == UserSession.user_id)
    .where(UserSession.id == bindparam("id"), ~User.is_deleted, ~UserSession.is_deleted)
)


async def session_and_user(points: PointReader, session_id: str) -> SessionAndUser | None:
    row = await points.first(_SESSION_AND_USER, {"id": session_id})
    return None if row is None else SessionAndUser._make(row)


async def user_session(session: AsyncSession, session_id: str) -> UserSession | None:
    return await session.get(UserSession, session_id)


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


async def end_sessions(session: AsyncSession, user_ids: Iterable[int], now: datetime) -> None:
    """All of these people's, at once and everywhere."""
    alive = update(UserSession).where(UserSession.user_id.in_(user_ids), UserSession.revoked_at.is_(None))
    await session.execute(alive.values(revoked_at=now))


async def locked_names(session: AsyncSession, names: Sequence[str], now: datetime) -> set[str]:
    """Which of these accounts a limit keeps somebody out of at the moment: one query for all."""
    settings: Settings = session.info[SETTINGS]
    since = now - timedelta(seconds=settings.login_window_seconds)
    query = (
        select(LoginFailure.username, func.count())
        .where(LoginFailure.username.in_(names), LoginFailure.created_at >= since)
        .group_by(LoginFailure.username, LoginFailure.client_network)
    )
    from_anywhere: dict[str, int] = defaultdict(int)
    locked = set()
    for name, count in await session.execute(query):
        from_anywhere[name] += count
        if count >= settings.login_account_address_failures:
            locked.add(name)
    return locked | {name for name, count in from_anywhere.items() if count >= settings.login_account_failures}


async def forget_all_failures(session: AsyncSession, username: str) -> None:
    await session.execute(delete(LoginFailure).where(LoginFailure.username == username))


class SessionRepository(Repository[Any]):
    """Sessions that somebody could use at this moment; a machine's are not shown."""

    def visible(self) -> list[ColumnElement[bool]]:
        machines = select(User.id).where(User.is_system)
        person = UserSession.user_id.not_in(machines)
        return [UserSession.revoked_at.is_(None), UserSession.expires_at > utc_now(), person]

    async def of_ids(self, session: AsyncSession, ids: Sequence[str]) -> Sequence[UserSession]:
        return (await session.scalars(select(UserSession).where(UserSession.id.in_(ids), *self.visible()))).all()


class LoginLogRepository(LogRepository[Any]):
    def conditions(self, query: PageQuery) -> list[ColumnElement[bool]]:
        """Most rows have one outcome: whose or where from says more, so the index of that is taken."""
        asked = dict(query.filters())
        if "outcome" not in asked or not asked.keys() & {"username", "client_network", "user_id"}:
            return super().conditions(query)
        others = super().conditions(query.model_copy(update={"outcome": None}))
        return [*others, func.coalesce(LoginLog.outcome, "") == asked["outcome"]]


def _of_name(prefix: str) -> ColumnElement[bool]:
    return UserSession.user_id.in_(select(User.id).where(starts_with(User.username, prefix), ~User.is_deleted))


sessions = SessionRepository(UserSession, filters={"username": _of_name})
login_log = LoginLogRepository(LoginLog, filters={"username": lambda prefix: starts_with(LoginLog.username, prefix)})


async def people(session: AsyncSession, ids: Iterable[int]) -> dict[int, User]:
    return {user.id: user for user in await session.scalars(select(User).where(User.id.in_(set(ids))))}


async def is_logged_as_limited(
    session: AsyncSession, client_network: str, username: str | None, since: datetime
) -> bool:
    """Whether the log tells already that this network (or, with a name, it with this name) is over a limit."""
    seen = [
        LoginLog.client_network == client_network,
        LoginLog.created_at >= since,
        LoginLog.outcome == LoginOutcome.LIMITED,
    ]
    if username is not None:
        seen.append(LoginLog.username == username)
    return bool(await session.scalar(select(exists().where(*seen))))

"""Every query about accounts."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, delete, exists, or_, select, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import InstrumentedAttribute

from app.core.crud import Repository, contains
from app.core.events.models import Event
from app.iam.account.models import Avatar, PasswordHistory
from app.iam.registration.models import PasswordReset
from app.iam.roles.models import UserRole
from app.iam.sessions.models import LoginLog, UserSession
from app.iam.users.models import User


class UserRepository(Repository[User]):
    def visible(self) -> list[ColumnElement[bool]]:
        """A machine's account is nobody's to see or to change."""
        return [~User.is_deleted, ~User.is_system]


def _is_called(text: str, *columns: InstrumentedAttribute[Any]) -> ColumnElement[bool]:
    """Contains the text in one of the columns: one walk through the table in its own order, then few rows are read.

    Without a condition that an index answers: walking the rows in an index's order takes seven times as long.
    """
    like = or_(*(contains(column, text) for column in columns))
    return User.id.in_(select(User.id).where(like))


def _has_role(role_id: int) -> ColumnElement[bool]:
    return User.id.in_(select(UserRole.user_id).where(UserRole.role_id == role_id))


NAMES = (User.username, User.display_name)

users = UserRepository(User, filters={"q": lambda text: _is_called(text, *NAMES, User.email), "role_id": _has_role})


async def user_by_name(session: AsyncSession, username: str) -> User | None:
    return await session.scalar(select(User).where(User.username == username, User.is_deleted.is_(False)))


async def active_user(session: AsyncSession, user_id: int) -> User | None:
    query = select(User).where(User.id == user_id, User.is_active.is_(True), User.is_deleted.is_(False))
    return await session.scalar(query)


async def has_administrator(session: AsyncSession) -> bool:
    query = select(exists().where(User.is_administrator.is_(True), User.is_deleted.is_(False)))
    return bool(await session.scalar(query))


async def other_administrators(session: AsyncSession, without: Iterable[int]) -> bool:
    """Whether somebody else can still administrate."""
    able = (User.is_administrator.is_(True), User.is_active.is_(True), User.is_deleted.is_(False))
    return bool(await session.scalar(select(exists().where(*able, User.id.not_in(without)))))


async def stored_administrators(session: AsyncSession, ids: Iterable[int]) -> bool:
    """Whether one of them is an administrator in the database, whatever this session is about to write."""
    query = select(exists().where(User.id.in_(ids), User.is_administrator.is_(True)))
    with session.no_autoflush:
        return bool(await session.scalar(query))


async def names(session: AsyncSession, text: str | None, ids: Iterable[int], limit: int) -> Sequence[User]:
    wanted = users.visible()
    if ids:
        wanted.append(User.id.in_(ids))
    if text:
        wanted.append(_is_called(text, *NAMES))  # not addresses: everybody signed in may ask this
    query = select(User).where(*wanted).order_by(User.display_name, User.id).limit(limit)
    return (await session.scalars(query)).all()


def _able() -> list[ColumnElement[bool]]:
    return [*users.visible(), User.is_active.is_(True)]


async def able_administrators(session: AsyncSession) -> Sequence[User]:
    return (await session.scalars(select(User).where(*_able(), User.is_administrator.is_(True)))).all()


async def able_with_roles(session: AsyncSession, role_ids: Iterable[int]) -> Sequence[User]:
    """Who has one of these roles; an administrator may do whatever they allow."""
    has_one = User.id.in_(select(UserRole.user_id).where(UserRole.role_id.in_(role_ids)))
    return (await session.scalars(select(User).where(*_able(), or_(has_one, User.is_administrator.is_(True))))).all()


async def able_of(session: AsyncSession, ids: Iterable[int]) -> Sequence[User]:
    return (await session.scalars(select(User).where(*_able(), User.id.in_(ids)))).all()


async def signed_in(session: AsyncSession, user_id: int, now: datetime) -> None:
    """Not a change of the account: it leaves no trace in its audit columns."""
    await session.execute(update(User).where(User.id == user_id).values(last_login_at=now))


async def forget(session: AsyncSession, ids: Sequence[int]) -> None:
    """Before accounts are removed for good: what is theirs alone. The log stays, without the number."""
    for model in (UserSession, UserRole, PasswordHistory, PasswordReset, Avatar, Event):
        await session.execute(delete(model).where(model.user_id.in_(ids)))
    await session.execute(update(LoginLog).where(LoginLog.user_id.in_(ids)).values(user_id=None))

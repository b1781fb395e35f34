"""Every query about roles, who has them, and what they tick."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import Any

from sqlalchemy import delete, func, select
from sqlalchemy.ext.asyncio import AsyncSession

from app.core.crud import Repository
from app.iam.menus.models import Menu
from app.iam.roles.models import Role, RoleMenu, UserRole
from app.iam.users.models import User

roles = Repository(Role, search=[Role.code, Role.name])


async def options(session: AsyncSession) -> Sequence[Role]:
    return (await session.scalars(select(Role).where(*roles.visible()).order_by(Role.sort_order, Role.id))).all()


async def role_by_code(session: AsyncSession, code: str) -> Role | None:
    return await session.scalar(select(Role).where(Role.code == code, *roles.visible()))


async def default_role_ids(session: AsyncSession) -> Sequence[int]:
    """What whoever registers is given."""
    query = select(Role.id).where(*roles.visible(), Role.is_default.is_(True), Role.is_enabled.is_(True))
    return (await session.scalars(query)).all()


async def user_counts(session: AsyncSession, role_ids: Iterable[int]) -> dict[int, int]:
    query = (
        select(UserRole.role_id, func.count())
        .join(User, User.id == UserRole.user_id)
        .where(UserRole.role_id.in_(role_ids), User.is_deleted.is_(False))
        .group_by(UserRole.role_id)
    )
    return {row[0]: row[1] for row in await session.execute(query)}


async def ticks(session: AsyncSession, role_ids: Iterable[int]) -> dict[int, set[int]]:
    """Ids of the menus that each role ticks, of those that are not deleted."""
    query = (
        select(RoleMenu.role_id, RoleMenu.menu_id)
        .join(Menu, Menu.id == RoleMenu.menu_id)
        .where(RoleMenu.role_id.in_(role_ids), Menu.is_deleted.is_(False))
    )
    return _grouped(await session.execute(query))


async def labels_of_roles(session: AsyncSession, role_ids: Iterable[int]) -> dict[int, set[str]]:
    """What each role ticks, switched on or not: what is off may be switched on by somebody else."""
    query = (
        select(RoleMenu.role_id, Menu.permission)
        .join(Menu, Menu.id == RoleMenu.menu_id)
        .where(RoleMenu.role_id.in_(role_ids), Menu.permission.is_not(None))
    )
    return _grouped(await session.execute(query))


async def roles_of(session: AsyncSession, user_ids: Iterable[int]) -> dict[int, list[Role]]:
    query = (
        select(UserRole.user_id, Role)
        .join(Role, Role.id == UserRole.role_id)
        .where(UserRole.user_id.in_(user_ids), Role.is_deleted.is_(False))
        .order_by(Role.sort_order, Role.id)
    )
    found: dict[int, list[Role]] = defaultdict(list)
    for row in await session.execute(query):
        found[row[0]].append(row[1])
    return found


async def links_of_user(session: AsyncSession, user_id: int) -> Sequence[UserRole]:
    return (await session.scalars(select(UserRole).where(UserRole.user_id == user_id))).all()


async def links_of_menus(session: AsyncSession, role_id: int) -> Sequence[RoleMenu]:
    return (await session.scalars(select(RoleMenu).where(RoleMenu.role_id == role_id))).all()


async def unlink(session: AsyncSession, role_ids: Sequence[int]) -> None:
    """Before roles are removed for good."""
    await session.execute(delete(UserRole).where(UserRole.role_id.in_(role_ids)))
    await session.execute(delete(RoleMenu).where(RoleMenu.role_id.in_(role_ids)))


def _grouped(rows: Iterable[Any]) -> dict[int, set[Any]]:
    found: dict[int, set[Any]] = defaultdict(set)
    for row in rows:
        found[row[0]].add(row[1])
    return found

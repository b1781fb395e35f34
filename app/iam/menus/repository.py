"""Every query about menus, permission labels and the rights that follow from them."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from sqlalchemy import CTE, delete, exists, func, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased

from app.core.crud import Repository
from app.iam.menus.models import Menu, PermissionLabel, Seeded
from app.iam.roles.models import Role, RoleMenu

menus = Repository(Menu)


def _reachable() -> CTE:
    """The ids of menus that are enabled under enabled ones only."""
    usable = (Menu.is_enabled.is_(True), Menu.is_deleted.is_(False))
    top = select(Menu.id).where(Menu.parent_id.is_(None), *usable).cte("reachable", recursive=True)
    child = aliased(Menu)
    return top.union(
        select(child.id).where(child.parent_id == top.c.id, child.is_enabled.is_(True), child.is_deleted.is_(False))
    )


async def reachable_menus(session: AsyncSession) -> Sequence[Menu]:
    """In the order of the menu."""
    reachable = _reachable()
    query = select(Menu).join(reachable, reachable.c.id == Menu.id).order_by(Menu.sort_order, Menu.id)
    return (await session.scalars(query)).all()


async def enabled_roles(session: AsyncSession, role_ids: Iterable[int]) -> Sequence[Role]:
    query = select(Role).where(Role.id.in_(role_ids), Role.is_enabled.is_(True), Role.is_deleted.is_(False))
    return (await session.scalars(query.order_by(Role.sort_order, Role.id))).all()


async def granted(session: AsyncSession, role_ids: Iterable[int]) -> list[tuple[int, str | None]]:
    """(menu id, label) of every reachable menu that one of these roles ticks."""
    reachable = _reachable()
    query = (
        select(Menu.id, Menu.permission)
        .join(reachable, reachable.c.id == Menu.id)
        .join(RoleMenu, RoleMenu.menu_id == Menu.id)
        .where(RoleMenu.role_id.in_(role_ids))
        .distinct()
    )
    return [(row[0], row[1]) for row in await session.execute(query)]


async def roles_granting(session: AsyncSession, label: str) -> Sequence[int]:
    """Ids of enabled roles that tick a reachable menu with this label."""
    reachable = _reachable()
    query = (
        select(RoleMenu.role_id)
        .join(Menu, Menu.id == RoleMenu.menu_id)
        .join(reachable, reachable.c.id == Menu.id)
        .join(Role, Role.id == RoleMenu.role_id)
        .where(Menu.permission == label, Role.is_enabled.is_(True), Role.is_deleted.is_(False))
        .distinct()
    )
    return (await session.scalars(query)).all()


async def all_menus(session: AsyncSession) -> Sequence[Menu]:
    query = select(Menu).where(Menu.is_deleted.is_(False)).order_by(Menu.sort_order, Menu.id)
    return (await session.scalars(query)).all()


async def label_rows(session: AsyncSession) -> dict[str, PermissionLabel]:
    return {row.label: row for row in await session.scalars(select(PermissionLabel))}


async def count_menus(session: AsyncSession) -> int:
    return await session.scalar(select(func.count()).where(Menu.is_deleted.is_(False))) or 0


async def untick(session: AsyncSession, menu_ids: Sequence[int]) -> None:
    """Before menus are removed for good."""
    await session.execute(delete(RoleMenu).where(RoleMenu.menu_id.in_(menu_ids)))


async def with_ancestors(session: AsyncSession, menus_: Iterable[Menu]) -> dict[int, Menu]:
    """These and all above them, by id."""
    found = {menu.id: menu for menu in menus_}
    missing = {menu.parent_id for menu in found.values() if menu.parent_id} - found.keys()
    while missing:
        for menu in await session.scalars(select(Menu).where(Menu.id.in_(missing))):
            found[menu.id] = menu
        missing = {menu.parent_id for menu in found.values() if menu.parent_id} - found.keys()
    return found


async def carriers(session: AsyncSession, label: str) -> Sequence[Menu]:
    """Menus that the label hangs on."""
    query = select(Menu).where(Menu.permission == label, Menu.is_deleted.is_(False))
    return (await session.scalars(query.order_by(Menu.sort_order, Menu.id))).all()


async def ticked(session: AsyncSession, role_ids: Iterable[int], menu_ids: Iterable[int]) -> set[tuple[int, int]]:
    """(role, menu) of every tick among these."""
    query = select(RoleMenu.role_id, RoleMenu.menu_id)
    query = query.where(RoleMenu.role_id.in_(role_ids), RoleMenu.menu_id.in_(menu_ids))
    return {(row[0], row[1]) for row in await session.execute(query)}


async def labelled(session: AsyncSession) -> list[tuple[Menu, Role | None]]:
    """Every menu that carries a label, with each role that ticks it."""
    query = (
        select(Menu, Role)
        .outerjoin(RoleMenu, RoleMenu.menu_id == Menu.id)
        .outerjoin(Role, (Role.id == RoleMenu.role_id) & Role.is_deleted.is_(False))
        .where(Menu.permission.is_not(None), Menu.is_deleted.is_(False))
        .order_by(Menu.sort_order, Menu.id)
    )
    return [(row[0], row[1]) for row in await session.execute(query)]


async def seeded(session: AsyncSession) -> dict[str, int | None]:
    """What a seed has put in once, and its id."""
    return {row[0]: row[1] for row in await session.execute(select(Seeded.key, Seeded.row_id))}


async def is_taken(session: AsyncSession, columns: Mapping[str, Any]) -> bool:
    """Whether a person has made a page or directory of this name or path."""
    if columns["kind"] == "button":
        return False
    same = (Menu.kind != "button") & (Menu.name == columns["name"])
    if columns.get("path"):
        same |= (Menu.kind == "page") & (Menu.path == columns["path"])
    return bool(await session.scalar(select(exists().where(Menu.is_deleted.is_(False), same))))

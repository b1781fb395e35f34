"""Puts the default menu and roles, and the labels of the code, into the database: part of every seed."""

from dataclasses import dataclass, field
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from app.core.database import Database
from app.core.permissions import meanings
from app.iam.menus import repository as menus
from app.iam.menus.defaults import DEFAULT_MENU, DEFAULT_ROLES, DefaultRole, Directory, Page
from app.iam.menus.models import Menu, PermissionLabel, Seeded
from app.iam.menus.service import button_of
from app.iam.roles import repository as roles
from app.iam.roles.models import Role, RoleMenu


async def ensure_rights(database: Database) -> list[str]:
    """Labels as the code has them; menus and roles that no seed has put in yet. Asked again inside the transaction."""
    async with database.work() as work, work.reading() as reading:
        if not await _is_needed(reading):
            return []
    async with database.work() as work:
        session = await work.writing()
        if not await _is_needed(session):
            return []
        changes = ["updated the permission labels"] if await _labels_differ(session) else []
        await _write_labels(session)
        return changes + await _Planting(session, await menus.seeded(session)).plant()


async def _is_needed(session: AsyncSession) -> bool:
    return await _labels_differ(session) or bool(_keys() - (await menus.seeded(session)).keys())


def _wanted_labels() -> dict[str, tuple[str, str]]:
    return {label: (meaning, label.split(":")[1]) for label, meaning in meanings().items()}


async def _labels_differ(session: AsyncSession) -> bool:
    kept = await menus.label_rows(session)
    return {label: (row.meaning, row.module) for label, row in kept.items()} != _wanted_labels()


async def _write_labels(session: AsyncSession) -> None:
    kept, wanted = await menus.label_rows(session), _wanted_labels()
    for label in kept.keys() - wanted.keys():
        await session.delete(kept[label])
    for label, (meaning, module) in wanted.items():
        row = kept.get(label)
        if row is None:
            session.add(PermissionLabel(label=label, meaning=meaning, module=module))
        else:
            row.meaning, row.module = meaning, module


def _role_key(code: str) -> str:
    return f"role:{code}"


def _menu_key(name: str) -> str:
    return f"menu:{name}"


def _keys() -> set[str]:
    found = {_role_key(role.code) for role in DEFAULT_ROLES}
    for top in DEFAULT_MENU:
        found.add(_menu_key(top.name))
        for page in top.pages if isinstance(top, Directory) else (top,):
            found.add(_menu_key(page.name))
            found.update(_menu_key(f"{page.name}/{label}") for label in page.buttons)
    return found


@dataclass
class _Planting:
    """Puts in what is new. What a person renamed is found by its id; what he removed is not put in again."""

    session: AsyncSession
    seeded: dict[str, int | None]
    roles: dict[str, int] = field(default_factory=dict)
    changes: list[str] = field(default_factory=list)
    added: int = 0

    async def plant(self) -> list[str]:
        for each in DEFAULT_ROLES:
            await self._role(each)
        for number, top in enumerate(DEFAULT_MENU):
            if isinstance(top, Page):
                await self._page(top, None, number)
                continue
            columns = {"kind": "directory", "name": top.name, "title": top.title, "icon": top.icon}
            parent_id = await self._menu(top.name, {**columns, "sort_order": number})
            for place, page in enumerate(top.pages):
                await self._page(page, parent_id, place)
        return [*self.changes, *([f"added {self.added} menus"] if self.added else [])]

    async def _role(self, each: DefaultRole) -> None:
        row = await roles.role_by_code(self.session, each.code)
        if _role_key(each.code) not in self.seeded:
            if row is None:
                row = Role(code=each.code, name=each.name, description=each.description, is_default=each.is_default)
                self.session.add(row)
                await self.session.flush()
                self.changes.append(f"added role {each.code}")
            self.session.add(Seeded(key=_role_key(each.code), row_id=row.id))
        if row is not None:
            self.roles[each.code] = row.id

    async def _page(self, page: Page, parent_id: int | None, number: int) -> None:
        columns = {
            "kind": "page",
            "name": page.name,
            "path": f"/{page.name}",
            "view": page.view,
            "title": page.title,
            "icon": page.icon,
            "permission": page.permission,
            "parent_id": parent_id,
            "sort_order": number,
        }
        page_id = await self._menu(page.name, columns)
        for place, label in enumerate(page.buttons):
            if page_id is not None:
                await self._menu(f"{page.name}/{label}", button_of(label, page_id, place))

    async def _menu(self, name: str, columns: dict[str, Any]) -> int | None:
        """The id of the menu. None when a person has removed it, or has one of that name or path."""
        key = _menu_key(name)
        if key in self.seeded:
            row_id = self.seeded[key]
            there = row_id is not None and await menus.menus.get(self.session, row_id) is not None
            return row_id if there else None
        row: Menu | None = None
        if not await menus.is_taken(self.session, columns):
            row = Menu(**columns)
            self.session.add(row)
            await self.session.flush()
            self.added += 1
            await self._tick(row, columns.get("permission"))
        self.session.add(Seeded(key=key, row_id=row.id if row else None))
        return row.id if row else None

    async def _tick(self, row: Menu, permission: str | None) -> None:
        is_everybodys = row.kind == "page" and permission is None
        for each in DEFAULT_ROLES:
            role_id = self.roles.get(each.code)
            if role_id is not None and (each.ticks(permission) or is_everybodys):
                self.session.add(RoleMenu(role_id=role_id, menu_id=row.id))

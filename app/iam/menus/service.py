"""The tree of menus: its rules, quick add and quick removal, and what each person sees of it."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from app.core.crud import Service
from app.core.errors import not_valid
from app.core.permissions import all_labels
from app.core.principal import Principal
from app.iam.menus import repository
from app.iam.menus.errors import has_children, parent_is_deleted, too_many
from app.iam.menus.models import Menu
from app.iam.menus.rights import EVERYBODYS, MenuItem
from app.iam.menus.schemas import MenuAnswer, MenuNode, QuickAdd
from app.iam.roles.service import refuse_what_is_not_held

MOST_MENUS = 2000
PARENTS: Mapping[str, frozenset[str | None]] = {
    "directory": frozenset({None, "directory"}),
    "page": frozenset({None, "directory"}),
    "button": frozenset({"page"}),
}


def _below(menus: Iterable[Menu], top: Iterable[int]) -> list[Menu]:
    """These and everything under them."""
    children: dict[int | None, list[Menu]] = defaultdict(list)
    by_id = {}
    for menu in menus:
        children[menu.parent_id].append(menu)
        by_id[menu.id] = menu
    found, waiting = [], [by_id[id_] for id_ in top if id_ in by_id]
    while waiting:
        menu = waiting.pop()
        found.append(menu)
        waiting += children[menu.id]
    return found


def _labels(menus: Iterable[Menu]) -> list[str]:
    return [menu.permission for menu in menus if menu.permission]


class MenuService(Service[Menu, MenuAnswer]):
    def title(self, row: Menu) -> str:
        return f"{row.title} ({row.name})"

    async def everything(self, session: AsyncSession) -> list[MenuAnswer]:
        return await self.answers(session, await repository.all_menus(session))

    async def create(self, session: AsyncSession, values: Mapping[str, Any]) -> Menu:
        if await repository.count_menus(session) >= MOST_MENUS:
            raise too_many(MOST_MENUS)
        return await super().create(session, values)

    async def update(self, session: AsyncSession, id_: int, values: Mapping[str, Any]) -> Menu:
        await self._refuse_others_rights(session, [await self.get(session, id_)])
        return await super().update(session, id_, values)

    async def enable(self, session: AsyncSession, ids: Iterable[int], *, is_enabled: bool) -> None:
        rows = await self.all_of(session, ids)
        await self._refuse_others_rights(session, rows)
        for row in rows:
            row.is_enabled = is_enabled
        await self.changed(session)

    async def check(self, session: AsyncSession, row: Menu) -> None:
        with session.no_autoflush:
            by_id = {menu.id: menu for menu in await repository.all_menus(session)}
        self._check_place(row, by_id)
        self._check_fields(row)
        refuse_what_is_not_held(session, _labels([row]))

    @staticmethod
    def _check_place(row: Menu, by_id: Mapping[int, Menu]) -> None:
        parent = by_id.get(row.parent_id) if row.parent_id else None
        if row.parent_id and parent is None:
            raise not_valid("parent_id", "unknown_id", "There is no such menu.")
        if (parent.kind if parent else None) not in PARENTS[row.kind]:
            allowed = " or ".join(sorted(kind or "nothing" for kind in PARENTS[row.kind]))
            raise not_valid("parent_id", "wrong_parent", f"A {row.kind} lies under {allowed}.")
        while parent is not None:
            if parent is row:
                raise not_valid("parent_id", "below_itself", "Nothing lies under itself.")
            parent = by_id.get(parent.parent_id) if parent.parent_id else None

    @staticmethod
    def _check_fields(row: Menu) -> None:
        for field in ("path", "view"):
            has, needs = bool(getattr(row, field)), row.kind == "page"
            if has is not needs:
                word = "needs" if needs else "has no"
                raise not_valid(field, "missing" if needs else "not_allowed", f"A {row.kind} {word} {field}.")
        if row.permission is None and row.kind == "button":
            raise not_valid("permission", "missing", "A button needs a permission label.")
        if row.permission is not None and row.permission not in all_labels():
            raise not_valid("permission", "unknown_label", f"The code knows no label {row.permission}.")

    async def check_delete(self, session: AsyncSession, rows: Sequence[Menu]) -> None:
        ids = {row.id for row in rows}
        if any(menu.id not in ids for menu in _below(await repository.all_menus(session), ids)):
            raise has_children()
        refuse_what_is_not_held(session, _labels(rows))

    async def check_restore(self, session: AsyncSession, rows: Sequence[Menu]) -> None:
        there = {menu.id for menu in await repository.all_menus(session)} | {row.id for row in rows}
        if any(row.parent_id and row.parent_id not in there for row in rows):
            raise parent_is_deleted()
        refuse_what_is_not_held(session, _labels(rows))

    async def before_purge(self, session: AsyncSession, rows: Sequence[Menu]) -> None:
        refuse_what_is_not_held(session, _labels(rows))
        await repository.untick(session, [row.id for row in rows])

    async def _refuse_others_rights(self, session: AsyncSession, rows: Sequence[Menu]) -> None:
        """Who moves, switches or relabels a menu changes what its ticks grant: of the whole below it."""
        below = _below(await repository.all_menus(session), [row.id for row in rows])
        refuse_what_is_not_held(session, _labels(below))

    async def quick_add(self, session: AsyncSession, body: QuickAdd) -> list[Menu]:
        def label(action: str) -> str:
            return f"perm:{body.resource}:{action}"

        unknown = sorted({label(action) for action in body.actions} - set(all_labels()))
        if unknown:
            raise not_valid("actions", "unknown_label", f"The code knows no label {', '.join(unknown)}.")
        columns = body.model_dump(exclude={"resource", "actions"})
        seen = label("get") if "get" in body.actions else None
        page = await self.create(session, {**columns, "kind": "page", "permission": seen})
        buttons = [
            await self.create(session, button_of(label(action), page.id, number))
            for number, action in enumerate(dict.fromkeys(body.actions))
            if action != "get"
        ]
        return [page, *buttons]

    async def remove_whole(self, session: AsyncSession, id_: int) -> list[int]:
        row = await self.get(session, id_)
        ids = [menu.id for menu in _below(await repository.all_menus(session), [row.id])]
        await self.delete(session, ids)
        return ids


def button_of(label: str, parent_id: int, sort_order: int) -> dict[str, Any]:
    """A button is named by its label; the front end has a word for `permission.<resource>.<action>`."""
    _, resource, action = label.split(":")
    title = f"permission.{resource}.{action}"
    return {
        "parent_id": parent_id,
        "kind": "button",
        "name": label,
        "title": title,
        "permission": label,
        "sort_order": sort_order,
    }


def tree_for(principal: Principal, menus: Sequence[MenuItem]) -> list[MenuNode]:
    """Directories and pages that this person may open; an administrator all. What leads to a page comes with it."""
    by_id = {menu.id: menu for menu in menus}
    open_ = set()
    for menu in menus:
        granted = principal.is_administrator or menu.id in principal.menu_ids or menu.name == EVERYBODYS
        above = menu if granted and menu.kind == "page" else None
        while above is not None and above.id not in open_:
            open_.add(above.id)
            above = by_id.get(above.parent_id) if above.parent_id else None
    children: dict[int | None, list[MenuItem]] = defaultdict(list)
    for menu in menus:
        if menu.id in open_:
            children[menu.parent_id].append(menu)

    def nodes(parent_id: int | None) -> list[MenuNode]:
        return [
            MenuNode(
                id=menu.id,
                name=menu.name,
                path=menu.path,
                title=menu.title,
                icon=menu.icon,
                view=menu.view,
                permission=menu.permission,
                is_visible=menu.is_visible,
                children=nodes(menu.id),
            )
            for menu in children[parent_id]
        ]

    return nodes(None)


service = MenuService("menu", "menus", repository.menus, MenuAnswer)

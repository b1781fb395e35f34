"""Roles: what they tick, and that nobody hands out more than he has himself."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from app.core.crud import Service
from app.core.permissions import all_labels
from app.core.principal import written_by
from app.iam.menus import repository as menus
from app.iam.roles import repository
from app.iam.roles.errors import not_held, unknown
from app.iam.roles.models import Role, RoleMenu
from app.iam.roles.schemas import RoleAnswer


def refuse_what_is_not_held(session: AsyncSession, labels: Iterable[str]) -> None:
    """An administrator holds everything; the product itself, in a seed, may do everything."""
    principal = written_by(session)
    if principal is not None:
        lacking = (set(labels) & set(all_labels())) - principal.permissions
        if lacking:
            raise not_held(lacking)


async def refuse_stronger_roles(session: AsyncSession, role_ids: Iterable[int]) -> None:
    """For whoever gives, changes, deletes or brings back these roles."""
    by_role = await repository.labels_of_roles(session, role_ids)
    refuse_what_is_not_held(session, set().union(*by_role.values()))


class RoleService(Service[Role, RoleAnswer]):
    async def create(self, session: AsyncSession, values: Mapping[str, Any]) -> Role:
        columns = dict(values)
        menu_ids = columns.pop("menu_ids")
        row = await super().create(session, columns)
        await self._tick(session, row, menu_ids)
        return row

    async def update(self, session: AsyncSession, id_: int, values: Mapping[str, Any]) -> Role:
        columns = dict(values)
        menu_ids = columns.pop("menu_ids", None)
        row = await super().update(session, id_, columns)
        if menu_ids is not None:
            await self._tick(session, row, menu_ids)
        return row

    async def _tick(self, session: AsyncSession, row: Role, menu_ids: Iterable[int]) -> None:
        """Tick exactly these. Ticks of deleted menus stay, so that they count again when the menu comes back."""
        wanted, known = set(menu_ids), {menu.id: menu for menu in await menus.all_menus(session)}
        if wanted - known.keys():
            raise unknown("menu_ids", wanted - known.keys())
        kept = {link.menu_id: link for link in await repository.links_of_menus(session, row.id)}
        for menu_id in wanted - kept.keys():
            session.add(RoleMenu(role_id=row.id, menu_id=menu_id))
        for menu_id in (kept.keys() & known.keys()) - wanted:
            await session.delete(kept[menu_id])
        await self.changed(session)
        refuse_what_is_not_held(session, [label for id_ in wanted if (label := known[id_].permission)])

    async def check(self, session: AsyncSession, row: Role) -> None:
        if row.id is not None:
            await refuse_stronger_roles(session, [row.id])

    async def check_delete(self, session: AsyncSession, rows: Sequence[Role]) -> None:
        await refuse_stronger_roles(session, [row.id for row in rows])

    async def check_restore(self, session: AsyncSession, rows: Sequence[Role]) -> None:
        await refuse_stronger_roles(session, [row.id for row in rows])

    async def before_purge(self, session: AsyncSession, rows: Sequence[Role]) -> None:
        ids = [row.id for row in rows]
        await refuse_stronger_roles(session, ids)
        await repository.unlink(session, ids)

    async def more(self, session: AsyncSession, rows: Sequence[Role]) -> Mapping[int, Mapping[str, Any]]:
        ids = [row.id for row in rows]
        counts, ticks = await repository.user_counts(session, ids), await repository.ticks(session, ids)
        return {id_: {"user_count": counts.get(id_, 0), "menu_ids": sorted(ticks.get(id_, ()))} for id_ in ids}


service = RoleService("role", "roles", repository.roles, RoleAnswer)

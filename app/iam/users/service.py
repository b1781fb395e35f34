"""Accounts, and who may touch whom: nobody gets rights through somebody else's account."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from sqlalchemy import inspect
from sqlalchemy.ext.asyncio import AsyncSession

from app.core.clock import utc_now
from app.core.crud import Service
from app.core.principal import written_by
from app.iam.registration.repository import use_up_resets
from app.iam.roles import repository as roles
from app.iam.roles.errors import unknown
from app.iam.roles.models import UserRole
from app.iam.roles.schemas import RoleName
from app.iam.roles.service import refuse_stronger_roles, refuse_what_is_not_held
from app.iam.sessions import repository as sessions
from app.iam.users import repository
from app.iam.users.errors import for_administrators, last_administrator, yourself
from app.iam.users.models import User
from app.iam.users.schemas import UserAnswer


async def refuse_stronger(session: AsyncSession, user_ids: Iterable[int]) -> None:
    """Who may reset a password or change an address can become that person: so only of those who may no more."""
    principal, ids = written_by(session), set(user_ids)
    if principal is None or principal.is_administrator:
        return
    if await repository.stored_administrators(session, ids):
        raise for_administrators()
    with session.no_autoflush:
        links = await roles.roles_of(session, ids)
        by_role = await roles.labels_of_roles(session, {role.id for each in links.values() for role in each})
    refuse_what_is_not_held(session, set().union(*by_role.values()))


class UserService(Service[User, UserAnswer]):
    def title(self, row: User) -> str:
        return f"{row.display_name} ({row.username})"

    async def create(self, session: AsyncSession, values: Mapping[str, Any]) -> User:
        columns = dict(values)
        role_ids = columns.pop("role_ids")
        row = await super().create(session, columns)
        await self.give_roles(session, row, role_ids)
        return row

    async def create_many(self, session: AsyncSession, values: Sequence[Mapping[str, Any]]) -> list[User]:
        wanted = [set(each["role_ids"]) for each in values]
        unknown_ids = set().union(*wanted) - {role.id for role in await roles.options(session)}
        if unknown_ids:
            raise unknown("role_ids", unknown_ids)
        await refuse_stronger_roles(session, set().union(*wanted))
        columns = [{name: value for name, value in each.items() if name != "role_ids"} for each in values]
        rows = await super().create_many(session, columns)
        session.add_all(
            UserRole(user_id=row.id, role_id=role_id) for row, ids in zip(rows, wanted, strict=True) for role_id in ids
        )
        await self.changed(session)
        return rows

    async def update(self, session: AsyncSession, id_: int, values: Mapping[str, Any]) -> User:
        columns = dict(values)
        role_ids = columns.pop("role_ids", None)
        row = await super().update(session, id_, columns)
        if role_ids is not None:
            await self.give_roles(session, row, role_ids)
        return row

    async def give_roles(self, session: AsyncSession, row: User, role_ids: Iterable[int]) -> None:
        """Exactly these. Links to deleted roles stay, so that they count again when the role comes back."""
        wanted, known = set(role_ids), {role.id for role in await roles.options(session)}
        if wanted - known:
            raise unknown("role_ids", wanted - known)
        kept = {link.role_id: link for link in await roles.links_of_user(session, row.id)}
        await refuse_stronger_roles(session, wanted - kept.keys())
        session.add_all(UserRole(user_id=row.id, role_id=role_id) for role_id in wanted - kept.keys())
        for role_id in (kept.keys() & known) - wanted:
            await session.delete(kept[role_id])
        await self.changed(session)

    async def check(self, session: AsyncSession, row: User) -> None:
        principal = written_by(session)
        if row.is_administrator and principal is not None and not principal.is_administrator:
            raise for_administrators()
        if row.id is None:
            return
        await refuse_stronger(session, [row.id])
        changes = inspect(row).attrs
        if changes.is_active.history.has_changes() and not row.is_active:
            if principal is not None and principal.user_id == row.id:
                raise yourself()
            await sessions.end_sessions(session, [row.id], utc_now())
        if changes.email.history.has_changes():
            await use_up_resets(session, row.id, utc_now())  # whoever reads the old address has no business here
        if not (row.is_administrator and row.is_active):
            await self._keep_an_administrator(session, [row])

    async def enable(self, session: AsyncSession, ids: Iterable[int], *, is_enabled: bool) -> None:
        rows = await self.all_of(session, ids)
        if is_enabled:
            await refuse_stronger(session, [row.id for row in rows])
        else:
            await self.check_delete(session, rows)  # the same holds, and their sessions end as well
        for row in rows:
            row.is_active = is_enabled
        await self.changed(session)

    async def unlock(self, session: AsyncSession, id_: int) -> None:
        row = await self.get(session, id_)
        await refuse_stronger(session, [id_])
        await sessions.forget_all_failures(session, row.username)

    async def check_delete(self, session: AsyncSession, rows: Sequence[User]) -> None:
        principal, ids = written_by(session), [row.id for row in rows]
        if principal is not None and principal.user_id in ids:
            raise yourself()
        await refuse_stronger(session, ids)
        await self._keep_an_administrator(session, rows)
        await sessions.end_sessions(session, ids, utc_now())

    async def _keep_an_administrator(self, session: AsyncSession, rows: Sequence[User]) -> None:
        """One writer at a time, so two who remove each other cannot both pass."""
        ids = [row.id for row in rows]
        if await repository.stored_administrators(session, ids) and not await repository.other_administrators(
            session, ids
        ):
            raise last_administrator()

    async def check_restore(self, session: AsyncSession, rows: Sequence[User]) -> None:
        await refuse_stronger(session, [row.id for row in rows])

    async def before_purge(self, session: AsyncSession, rows: Sequence[User]) -> None:
        ids = [row.id for row in rows]
        await refuse_stronger(session, ids)
        await repository.forget(session, ids)

    async def more(self, session: AsyncSession, rows: Sequence[User]) -> Mapping[int, Mapping[str, Any]]:
        ids = [row.id for row in rows]
        given = await roles.roles_of(session, ids)
        locked = await sessions.locked_names(session, [row.username for row in rows], utc_now())
        return {
            row.id: {
                "roles": [RoleName(id=role.id, code=role.code, name=role.name) for role in given.get(row.id, ())],
                "is_locked": row.username in locked,
            }
            for row in rows
        }


service = UserService("user", "users", repository.users, UserAnswer)

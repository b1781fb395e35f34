"""What somebody may do: the labels of the menus his roles tick, right from the next request on in every worker.

The read that finds out who asks also gives his roles and the version of all rights (docs/decisions/0035). What a set of
roles grants is kept a process, for that version. Whatever changes a role, a tick or a menu bumps the version in its own
transaction, by an event of the session: no service can forget it.
"""

import asyncio
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from sqlalchemy import event
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import ORMExecuteState, Session

from app.core.database import Database
from app.core.events.models import Event
from app.core.permissions import all_labels
from app.core.principal import Principal, RoleName, finds_people
from app.core.versions import VersionedCache, bump_while_flushing
from app.iam.menus import repository
from app.iam.menus.models import Menu
from app.iam.roles import repository as roles
from app.iam.roles.models import Role, RoleMenu, UserRole
from app.iam.users import repository as users
from app.iam.users.models import User

VERSION = "permissions"
# Dashboard is everybody's: whoever has no role must land somewhere.
EVERYBODYS = "dashboard"
FOREVER = float("inf")
EVERYBODY = 0
MOST_SINGLE_EVENTS = 20


@dataclass(frozen=True, slots=True)
class Granted:
    """What a set of roles grants."""

    labels: frozenset[str]
    menu_ids: frozenset[int]
    roles: tuple[RoleName, ...]


@dataclass(frozen=True, slots=True)
class MenuItem:
    """A menu that can be reached, as the front end builds its routes from it."""

    id: int
    parent_id: int | None
    kind: str
    name: str
    path: str
    title: str
    icon: str
    view: str
    permission: str | None
    is_visible: bool


class Rights:
    """One a process."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._granted: VersionedCache[str, Granted] = VersionedCache(VERSION, lambda: FOREVER)
        self._menus: VersionedCache[str, tuple[MenuItem, ...]] = VersionedCache(VERSION, lambda: FOREVER)
        self._turn = asyncio.Lock()

    async def of_roles(self, version: int, role_ids: str) -> Granted:
        """`role_ids`: with commas, as the read of who asks gives them."""
        found = self._granted.find(role_ids, version)
        if found is None:
            async with self._turn:  # many requests may come at once just after a change; one of them reads
                found = self._granted.find(role_ids, version)
                if found is None:
                    found = await self._load(role_ids)
                    self._granted.keep(role_ids, version, found)
        return found

    async def _load(self, role_ids: str) -> Granted:
        async with self._database.work() as work, work.reading() as session:
            roles = await repository.enabled_roles(session, [int(part) for part in role_ids.split(",") if part])
            rows = await repository.granted(session, [role.id for role in roles])
        known = set(all_labels())
        return Granted(
            labels=frozenset(label for _, label in rows if label in known),
            menu_ids=frozenset(menu_id for menu_id, _ in rows),
            roles=tuple(RoleName(role.code, role.name) for role in roles),
        )

    async def menus(self) -> tuple[MenuItem, ...]:
        """Every menu that can be reached, in order."""
        return await self._menus.get(self._database.points, "", self._load_menus)

    async def _load_menus(self) -> tuple[MenuItem, ...]:
        async with self._database.work() as work, work.reading() as session:
            rows = await repository.reachable_menus(session)
        return tuple(
            MenuItem(
                id=row.id,
                parent_id=row.parent_id,
                kind=row.kind,
                name=row.name,
                path=row.path,
                title=row.title,
                icon=row.icon,
                view=row.view,
                permission=row.permission,
                is_visible=row.is_visible,
            )
            for row in rows
        )


@finds_people
async def _person(session: AsyncSession, user_id: int) -> Principal | None:
    """As the read of who asks, for work that goes on without a token."""
    user = await users.active_user(session, user_id)
    if user is None or user.must_change_password:
        return None
    held = (await roles.roles_of(session, [user_id])).get(user_id, [])
    given = [role for role in held if role.is_enabled]
    known, rows = set(all_labels()), await repository.granted(session, [role.id for role in given])
    labels = known if user.is_administrator else {label for _, label in rows if label in known}
    return Principal(
        user_id=user.id,
        session_id="",
        username=user.username,
        display_name=user.display_name,
        is_administrator=user.is_administrator,
        permissions=frozenset(labels),
        menu_ids=frozenset(menu_id for menu_id, _ in rows),
        roles=tuple(RoleName(role.code, role.name) for role in given),
        locale=user.locale,
        time_zone=user.time_zone,
    )


def _changed(session: Session) -> tuple[bool, set[int]]:
    """(whether what roles grant changes, whose own rights change)."""
    shared, users = False, set()
    for row in (*session.new, *session.deleted, *(row for row in session.dirty if session.is_modified(row))):
        if isinstance(row, Role | RoleMenu | Menu):
            shared = True
        elif isinstance(row, UserRole):
            users.add(row.user_id)
        elif isinstance(row, User) and row.id is not None:
            users.add(row.id)
    return shared, users


@event.listens_for(Session, "before_flush")
def _on_flush(session: Session, *_: Any) -> None:
    shared, users = _changed(session)
    if shared:
        bump_while_flushing(session, VERSION)
    told: set[int] = session.info.setdefault("rights_told", set())
    _tell(session, {EVERYBODY} if shared or len(users) > MOST_SINGLE_EVENTS else users, told)


@event.listens_for(Session, "do_orm_execute")
def _on_statement(state: ORMExecuteState) -> None:
    """The same for an UPDATE or DELETE of many rows, which no flush sees."""
    if not (state.is_update or state.is_delete or state.is_insert):
        return
    mapper = state.bind_mapper
    if mapper is not None and mapper.class_ in (Role, RoleMenu, Menu):
        bump_while_flushing(state.session, VERSION)


def _tell(session: Session, users: Iterable[int], told: set[int]) -> None:
    """Once a transaction: the pages of these people ask for their rights anew."""
    for user_id in users:
        if user_id not in told and EVERYBODY not in told:
            told.add(user_id)
            session.add(Event(name="rights", data={}, user_id=user_id or None))

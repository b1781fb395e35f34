"""Rights are right from the next request on in every worker, whatever is changed and by whichever way."""

import asyncio
from collections.abc import Sequence
from contextlib import AsyncExitStack
from typing import Any

import pytest
from fastapi import FastAPI
from hypothesis import HealthCheck, given
from hypothesis import settings as examples
from hypothesis import strategies as st
from sqlalchemy import Executable, RowMapping, create_engine, delete, insert, select, text, update
from sqlalchemy.pool import NullPool

from app.core.database import Database
from app.core.databases import provider_of
from app.core.events import repository
from app.core.events.models import Event
from app.core.permissions import all_labels
from app.core.principal import Principal
from app.core.settings import Settings
from app.iam.menus.models import Menu
from app.iam.roles.models import Role, RoleMenu, UserRole
from app.iam.users.models import User
from app.main import create_app
from tests.app.harness import Person, client_of, log_in
from tests.app.iam.conftest import Holder

PEOPLE, ROLES, MENUS = 2, 3, 7
LABELS = all_labels()[:MENUS]

Change = tuple[str, int, int, bool]
CHANGES = st.tuples(
    st.sampled_from(
        [
            "tick",
            "give",
            "role",
            "menu",
            "menu by statement",
            "move",
            "drop role",
            "drop menu",
            "relabel",
            "administrator",
        ]
    ),
    st.integers(0, MENUS - 1),
    st.integers(0, MENUS - 1),
    st.booleans(),
)


async def _set_up(app: FastAPI, password_hash: str) -> list[str]:
    async with app.state.database.work() as work:
        session = await work.writing()
        people = [User(username=f"p{n}", display_name="P", password_hash=password_hash) for n in range(PEOPLE)]
        roles = [Role(code=f"r{n}", name="R") for n in range(ROLES)]
        menus = [
            Menu(kind="page", name=f"m{n}", path=f"/m{n}", title="M", permission=label)
            for n, label in enumerate(LABELS)
        ]
        session.add_all([*people, *roles, *menus])
        await session.flush()
        for number, menu in enumerate(menus[2:]):
            menu.parent_id = menus[number % 2].id
        # Everything is granted at first, so that most changes change somebody's rights.
        session.add_all(UserRole(user_id=person.id, role_id=roles[n].id) for n, person in enumerate(people))
        session.add_all(RoleMenu(role_id=roles[0].id, menu_id=menu.id) for menu in menus)
        session.add_all(RoleMenu(role_id=roles[1].id, menu_id=menu.id) for menu in menus[:4])
    async with client_of(app) as client:
        return [(await log_in(client, f"p{n}")).json()["access_token"] for n in range(PEOPLE)]


async def _toggle(session: Any, row: UserRole | RoleMenu) -> None:
    key = tuple(getattr(row, column.name) for column in type(row).__table__.primary_key)
    there = await session.get(type(row), key)
    await session.delete(there) if there else session.add(row)


async def _apply(database: Database, change: Change) -> None:
    kind, one, other, flag = change
    async with database.work() as work:
        session = await work.writing()
        menu, role = await session.get(Menu, one + 1), await session.get(Role, one % ROLES + 1)
        assert menu is not None
        assert role is not None
        if kind == "tick":
            await _toggle(session, RoleMenu(role_id=role.id, menu_id=other + 1))
        elif kind == "give":
            await _toggle(session, UserRole(user_id=other % PEOPLE + 1, role_id=role.id))
        elif kind == "role":
            role.is_enabled = flag
        elif kind == "menu":
            menu.is_enabled = flag
        elif kind == "menu by statement":
            await session.execute(update(Menu).where(Menu.id == menu.id).values(is_enabled=flag))
        elif kind == "move" and one > 1:
            menu.parent_id = other % 2 + 1 if flag else None
        elif kind == "drop role":
            role.is_deleted = flag
        elif kind == "drop menu":
            menu.is_deleted = flag
        elif kind == "relabel":
            menu.permission = LABELS[other]
        elif kind == "administrator":
            person = await session.get(User, one % PEOPLE + 1)
            assert person is not None
            person.is_administrator = flag


def _naive(settings: Settings, user_id: int) -> set[str]:
    """The same from the tables, without a cache and without a query that could be wrong in the same way."""
    engine = create_engine(provider_of(settings).jobs_url(), poolclass=NullPool)
    with engine.connect() as connection:

        def rows(table: str) -> Sequence[RowMapping]:
            return connection.execute(text(f"SELECT * FROM {table}")).mappings().all()  # noqa: S608 - names of this file

        if next(row for row in rows("iam_user") if row["id"] == user_id)["is_administrator"]:
            return set(all_labels())
        menus = {row["id"]: row for row in rows("iam_menu")}
        roles = {row["id"] for row in rows("iam_role") if row["is_enabled"] and not row["is_deleted"]}
        mine = {row["role_id"] for row in rows("iam_user_role") if row["user_id"] == user_id} & roles
        found: set[str] = set()
        for tick in rows("iam_role_menu"):
            place = menus[tick["menu_id"]] if tick["role_id"] in mine else None
            label = place["permission"] if place else None
            while place is not None and place["is_enabled"] and not place["is_deleted"]:
                if place["parent_id"] is None:
                    found.add(str(label))
                    break
                place = menus[place["parent_id"]]
        return found


@pytest.mark.slow
def test_two_workers_agree_with_the_tables_after_every_change(settings: Settings, password_hash: str) -> None:
    apps = [create_app(settings), create_app(settings)]

    async def change_and_ask(changes: list[Change], tokens: list[str]) -> None:
        for number, change in enumerate(changes):
            await _apply(apps[number % 2].state.database, change)
            for user_id, token in enumerate(tokens, start=1):
                expected = _naive(settings, user_id)
                for app in apps:
                    principal: Principal = await app.state.find_principal(token)
                    assert principal.permissions == expected, (change, user_id)

    with asyncio.Runner() as runner:
        stack = AsyncExitStack()
        for app in apps:
            runner.run(stack.enter_async_context(app.router.lifespan_context(app)))
        tokens = runner.run(_set_up(apps[0], password_hash))

        @examples(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
        @given(st.lists(CHANGES, min_size=1, max_size=25))
        def check(changes: list[Change]) -> None:
            runner.run(change_and_ask(changes, tokens))

        check()
        runner.run(stack.aclose())


async def test_a_role_taken_away_holds_from_the_next_request(holder: Holder, database: Database) -> None:
    person = await holder("ada", "perm:role:get")
    assert (await person.get("/api/v1/roles")).status_code == 200
    async with database.work() as work:
        session = await work.writing()
        link = await session.scalar(select(UserRole).where(UserRole.user_id == person.user.id))
        await session.delete(link)
    assert (await person.get("/api/v1/roles")).status_code == 403


ROLE, MENU = Role.code == "role-ada", Menu.name == "ada-0"


@pytest.mark.parametrize(
    "statement",
    [
        update(Menu).where(MENU).values(is_enabled=False),
        update(Menu).where(MENU).values(permission=None),
        update(Role).where(ROLE).values(is_enabled=False),
        delete(RoleMenu),
        delete(UserRole),
    ],
    ids=["menu off", "label gone", "role off", "ticks gone", "links gone"],
)
async def test_a_statement_for_many_rows_holds_from_the_next_request(
    holder: Holder, database: Database, statement: Executable
) -> None:
    person = await holder("ada", "perm:role:get")
    assert (await person.get("/api/v1/roles")).status_code == 200
    async with database.work() as work:
        await (await work.writing()).execute(statement)
    assert (await person.get("/api/v1/roles")).status_code == 403


async def test_ticks_added_by_one_statement_hold_from_the_next_request(holder: Holder, database: Database) -> None:
    ada, bob = await holder("ada", "perm:role:get"), await holder("bob", "perm:menu:get")
    assert (await ada.get("/api/v1/menus")).status_code == 403
    async with database.work() as work:
        session = await work.writing()
        role_id = await session.scalar(select(UserRole.role_id).where(UserRole.user_id == ada.user.id))
        menu_id = await session.scalar(select(Menu.id).where(Menu.name == "bob-0"))
        await session.execute(insert(RoleMenu), [{"role_id": role_id, "menu_id": menu_id}])
    assert (await ada.get("/api/v1/menus")).status_code == 200
    assert (await bob.get("/api/v1/menus")).status_code == 200


async def _events(database: Database) -> list[int | None]:
    async with database.work() as work, work.reading() as session:
        return list(await session.scalars(select(Event.user_id).where(Event.name == "rights").order_by(Event.id)))


async def test_pages_are_told_once_a_transaction(admin: Person, holder: Holder, database: Database) -> None:
    person = await holder("ada", "perm:role:get")
    before = len(await _events(database))
    role = (await admin.send("GET", "/roles?q=role-ada")).json()["items"][0]
    menus = [menu["id"] for menu in (await admin.send("GET", "/menus")).json()]
    assert (await admin.send("PATCH", f"/roles/{role['id']}", {"menu_ids": menus, "name": "More"})).status_code == 200
    assert (await _events(database))[before:] == [None]
    assert (await admin.send("PATCH", f"/users/{person.user.id}", {"role_ids": []})).status_code == 200
    assert (await _events(database))[before:] == [None, person.user.id]


async def test_old_news_of_rights_is_removed_like_all_other(
    admin: Person, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(repository, "PRUNE_EVERY", 1)
    monkeypatch.setattr(repository, "KEPT", 2)
    for code in "abcd":
        assert (await admin.send("POST", "/roles", {"code": code, "name": code})).status_code == 201
    assert len(await _events(database)) == 2


async def test_what_is_refused_changes_and_tells_nothing(admin: Person, database: Database) -> None:
    async with database.work() as work, work.reading() as session:
        before = await session.scalar(select(Role.id).limit(1))
    told = len(await _events(database))
    answer = await admin.send("POST", "/roles", {"code": "x", "name": "X", "menu_ids": [999]})
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["loc"] == ["body", "menu_ids"]
    async with database.work() as work, work.reading() as session:
        assert await session.scalar(select(Role.id).limit(1)) == before
    assert len(await _events(database)) == told

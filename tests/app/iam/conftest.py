"""An administrator, and people who hold exactly the labels that a test gives them, by a real role."""

from collections.abc import Awaitable, Callable

import pytest

from app.core.database import Database
from app.iam.menus.models import Menu
from app.iam.roles.models import Role, RoleMenu, UserRole
from tests.app.harness import Person, SignInAs

Holder = Callable[..., Awaitable[Person]]


@pytest.fixture
async def admin(sign_in_as: SignInAs) -> Person:
    return await sign_in_as("grace", is_administrator=True)


@pytest.fixture
def holder(sign_in_as: SignInAs, database: Database) -> Holder:
    """`holder("ada", "perm:user:get")`: signed in, with a role `role-ada` that ticks a button for each label."""

    async def sign_in(username: str, *labels: str) -> Person:
        person = await sign_in_as(username)
        async with database.work() as work:
            session = await work.writing()
            role = Role(code=f"role-{username}", name=f"Role of {username}")
            menus = [
                Menu(
                    kind="page",
                    name=f"{username}-{number}",
                    path=f"/{username}-{number}",
                    view="test/PageView",
                    title=label,
                    permission=label,
                )
                for number, label in enumerate(labels)
            ]
            session.add_all([role, *menus])
            await session.flush()
            session.add(UserRole(user_id=person.user.id, role_id=role.id))
            session.add_all(RoleMenu(role_id=role.id, menu_id=menu.id) for menu in menus)
        return person

    return sign_in


async def add_role(admin: Person, code: str, *labels: str) -> int:
    menus = [menu["id"] for menu in (await admin.send("GET", "/menus")).json() if menu["permission"] in labels]
    made = await admin.send("POST", "/roles", {"code": code, "name": code, "menu_ids": menus})
    assert made.status_code == 201, made.text
    role_id: int = made.json()["id"]
    return role_id

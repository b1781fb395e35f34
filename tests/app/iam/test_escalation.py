"""Who may touch whom: nobody gets rights through somebody else, and an administrator is always left."""

import asyncio

from sqlalchemy import select, update

from app.core.database import Database
from app.core.settings import Settings
from app.iam.sessions.models import UserSession
from app.iam.users.models import User
from tests.app.harness import AddUser, Person, SignInAs, client_of, problem_code, served
from tests.app.iam.conftest import Holder, add_role

NEW = {"username": "Bob", "display_name": "Bob B."}
ALL_USER_LABELS = tuple(
    f"perm:user:{action}" for action in ("get", "create", "update", "delete", "reset_password", "unlock")
)


async def test_nobody_removes_himself(admin: Person, add_user: AddUser) -> None:
    await add_user("eve", is_administrator=True)
    for method, path, body in (
        ("DELETE", f"/users/{admin.user.id}", None),
        ("POST", "/users/batch-delete", {"ids": [admin.user.id]}),
        ("POST", "/users/batch-enable", {"ids": [admin.user.id], "is_enabled": False}),
        ("PATCH", f"/users/{admin.user.id}", {"is_active": False}),
    ):
        answer = await admin.send(method, path, body)
        assert (answer.status_code, problem_code(answer)) == (409, "conflict"), path
    assert (await admin.send("GET", "/users")).status_code == 200


async def test_the_last_administrator_stays(admin: Person, add_user: AddUser, database: Database) -> None:
    demote = {"is_administrator": False}
    assert problem_code(await admin.send("PATCH", f"/users/{admin.user.id}", demote)) == "last_administrator"
    eve = await add_user("eve", is_administrator=True, is_active=False)  # one who cannot log in does not count
    assert problem_code(await admin.send("PATCH", f"/users/{admin.user.id}", demote)) == "last_administrator"
    async with database.work() as work:
        await (await work.writing()).execute(update(User).where(User.id == eve.id).values(is_active=True))
    assert (await admin.send("PATCH", f"/users/{admin.user.id}", demote)).status_code == 200


async def test_two_administrators_who_remove_each_other_at_once(
    settings: Settings, sign_in_as: SignInAs, admin: Person
) -> None:
    """In two workers: exactly one of the two succeeds."""
    eve = await sign_in_as("eve", is_administrator=True)
    async with served(settings) as second, client_of(second) as other:
        answers = await asyncio.gather(
            admin.send("DELETE", f"/users/{eve.user.id}"),
            other.delete(f"/api/v1/users/{admin.user.id}", headers=eve.headers),
        )
    assert sorted(answer.status_code for answer in answers)[0] == 204
    assert sorted(answer.status_code for answer in answers)[1] in (401, 409)


async def test_all_administrators_at_once_stay(admin: Person, holder: Holder, add_user: AddUser) -> None:
    eve = await add_user("eve", is_administrator=True)
    await add_user("kim", is_administrator=True, is_active=False)
    answer = await admin.send("POST", "/users/batch-enable", {"ids": [eve.id], "is_enabled": False})
    assert answer.status_code == 204  # grace is still there
    both = await admin.send("POST", "/users/batch-delete", {"ids": [admin.user.id, eve.id]})
    assert both.status_code == 409


async def test_only_administrators_touch_administrators(admin: Person, holder: Holder) -> None:
    helper = await holder("ada", *ALL_USER_LABELS, "perm:session:get", "perm:session:delete")
    id_ = admin.user.id
    sessions = (await helper.send("GET", f"/sessions?user_id={id_}")).json()["items"]
    for method, path, body in (
        ("POST", "/users", {**NEW, "is_administrator": True}),
        ("PATCH", f"/users/{id_}", {"display_name": "Owned"}),
        ("PATCH", f"/users/{id_}", {"email": "mine@example.org"}),
        ("PATCH", f"/users/{id_}", {"is_administrator": False}),
        ("PATCH", f"/users/{helper.user.id}", {"is_administrator": True}),
        ("DELETE", f"/users/{id_}", None),
        ("POST", "/users/batch-delete", {"ids": [id_]}),
        ("POST", "/users/batch-enable", {"ids": [id_], "is_enabled": False}),
        ("POST", f"/users/{id_}/reset-password", {}),
        ("POST", f"/users/{id_}/unlock", None),
        ("DELETE", f"/sessions/{sessions[0]['id']}", None),
    ):
        answer = await helper.send(method, path, body)
        assert (answer.status_code, problem_code(answer)) == (403, "permission_denied"), (method, path)
    assert (await admin.get("/api/v1/users/me")).json()["display_name"] == "Grace"


async def test_nobody_gives_what_he_has_not(admin: Person, holder: Holder) -> None:
    helper = await holder("ada", *ALL_USER_LABELS)
    strong = await holder("eve", "perm:role:update")
    roles = {role["code"]: role["id"] for role in (await admin.send("GET", "/roles")).json()["items"]}
    weak_role = await add_role(admin, "clerk", "perm:user:get")
    denied = [
        ("PATCH", f"/users/{helper.user.id}", {"role_ids": [roles["role-ada"], roles["role-eve"]]}),
        ("POST", "/users", {**NEW, "role_ids": [roles["role-eve"]]}),
        # Who resets her password, or has her mail, is her.
        ("POST", f"/users/{strong.user.id}/reset-password", {}),
        ("PATCH", f"/users/{strong.user.id}", {"email": "mine@example.org"}),
        ("DELETE", f"/users/{strong.user.id}", None),
    ]
    for method, path, body in denied:
        answer = await helper.send(method, path, body)
        assert (answer.status_code, problem_code(answer)) == (403, "permission_denied"), (method, path, body)
    # A role that is switched off counts as well: somebody else may switch it on.
    await admin.send("PATCH", f"/roles/{roles['role-eve']}", {"is_enabled": False})
    assert (await helper.send(*denied[0])).status_code == 403
    made = await helper.send("POST", "/users", {**NEW, "role_ids": [weak_role]})
    assert made.status_code == 201, made.text
    assert (await helper.send("DELETE", f"/users/{made.json()['id']}")).status_code == 204


async def test_the_recycle_bin_is_no_way_round(admin: Person, holder: Holder, add_user: AddUser) -> None:
    eve = await add_user("eve", is_administrator=True, is_deleted=True)
    keeper = await holder("ada", "perm:recycle_bin:get", "perm:recycle_bin:restore", "perm:recycle_bin:purge")
    for action in ("restore", "purge"):
        answer = await keeper.send("POST", f"/recycle-bin/users/{action}", {"ids": [eve.id]})
        assert (answer.status_code, problem_code(answer)) == (403, "permission_denied")
    assert (await admin.send("POST", "/recycle-bin/users/purge", {"ids": [eve.id]})).status_code == 204


async def test_purge_takes_what_is_his_alone(admin: Person, log_in_as: SignInAs, database: Database) -> None:
    ada = await log_in_as("ada")
    assert (await admin.send("DELETE", f"/users/{ada.user.id}")).status_code == 204
    answer = await admin.send("POST", "/recycle-bin/users/purge", {"ids": [ada.user.id]})
    assert answer.status_code == 204, answer.text
    async with database.work() as work, work.reading() as session:
        assert await session.get(User, ada.user.id) is None
        assert not (await session.scalars(select(UserSession).where(UserSession.user_id == ada.user.id))).all()
    logged = (await admin.send("GET", "/login-logs?username=ada")).json()["items"]
    assert [row["user_id"] for row in logged] == [None]

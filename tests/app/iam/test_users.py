"""Administration of accounts: every route, and that nobody gets rights through somebody else's account."""

import pytest
from sqlalchemy import select

from app.core.database import Database
from app.iam.users.models import User
from tests.app.harness import PASSWORD, AddUser, Person, SignInAs, log_in, problem_code
from tests.app.iam.conftest import add_role
from tests.app.plans import recorded

NEW = {"username": "Bob", "display_name": "Bob B."}
# What would make somebody more than he is told to be.
FORBIDDEN_FIELDS = [
    {"is_system": True},
    {"password_hash": "x"},
    {"id": 1},
    {"is_deleted": False},
    {"creator_id": 1},
    {"must_change_password": False},
    {"is_locked": False},
    {"last_login_at": "2026-01-01T00:00:00Z"},
]


async def test_create_shows_a_made_password_once_and_the_person_gets_in(admin: Person) -> None:
    role_id = await add_role(admin, "clerk")
    made = await admin.send("POST", "/users", {**NEW, "email": "Bob@Example.org", "role_ids": [role_id]})
    assert made.status_code == 201, made.text
    body = made.json()
    assert made.headers["location"] == f"/api/v1/users/{body['id']}"
    assert (body["username"], body["email"], body["must_change_password"]) == ("bob", "bob@example.org", True)
    assert body["roles"] == [{"id": role_id, "code": "clerk", "name": "clerk"}]
    assert (body["creator_id"], body["creator_name"]) == (admin.user.id, "Grace")
    assert "password_hash" not in body
    answer = await admin.client.post("/api/v1/auth/login", data={"username": "bob", "password": body["password"]})
    assert answer.status_code == 200
    shown = (await admin.send("GET", f"/users/{body['id']}")).json()
    assert "password" not in shown
    assert shown["last_login_at"] is not None
    assert shown["modifier_id"] is None  # to log in is not to change the account


async def test_a_sent_password_is_not_repeated_and_must_be_good(admin: Person) -> None:
    weak = await admin.send("POST", "/users", {**NEW, "password": "password123"})
    assert (weak.status_code, weak.json()["errors"][0]["loc"]) == (422, ["body", "password"])
    made = await admin.send("POST", "/users", {**NEW, "password": PASSWORD})
    assert (made.status_code, made.json()["password"]) == (201, None)
    assert PASSWORD not in made.text


@pytest.mark.parametrize("field", FORBIDDEN_FIELDS, ids=lambda field: next(iter(field)))
async def test_mass_assignment_is_refused(admin: Person, field: dict[str, object]) -> None:
    for method, path, body in (("POST", "/users", NEW), ("PATCH", f"/users/{admin.user.id}", {})):
        answer = await admin.send(method, path, {**body, **field})
        assert (answer.status_code, problem_code(answer)) == (422, "validation_failed"), path
        assert answer.json()["errors"][0]["code"] == "extra_forbidden"


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"username": " \t"}, "username"),
        ({"username": "a\u200bb"}, "username"),
        ({"username": "x" * 65}, "username"),
        ({"display_name": ""}, "display_name"),
        ({"email": "no address"}, "email"),
        ({"role_ids": [999]}, "role_ids"),
        ({"role_ids": "1"}, "role_ids"),
        ({"is_active": "yes"}, "is_active"),
        ({"is_administrator": 1}, "is_administrator"),
    ],
)
async def test_what_is_wrong_is_named(admin: Person, body: dict[str, object], field: str) -> None:
    answer = await admin.send("POST", "/users", {**NEW, **body})
    assert (answer.status_code, problem_code(answer)) == (422, "validation_failed")
    assert answer.json()["errors"][0]["loc"][:2] == ["body", field]


async def test_names_and_addresses_are_one_each(admin: Person) -> None:
    assert (await admin.send("POST", "/users", {**NEW, "email": "b@example.org"})).status_code == 201
    for body in ({**NEW, "username": "ＢＯＢ"}, {**NEW, "username": "bob2", "email": "B@example.org"}):
        answer = await admin.send("POST", "/users", body)
        assert (answer.status_code, problem_code(answer)) == (409, "conflict")
    # A deleted account leaves both free, and cannot come back while somebody else has them.
    ids = [user["id"] for user in (await admin.send("GET", "/users?q=bob")).json()["items"]]
    assert (await admin.send("DELETE", f"/users/{ids[0]}")).status_code == 204
    assert (await admin.send("POST", "/users", {**NEW, "email": "b@example.org"})).status_code == 201
    assert (await admin.send("POST", "/users/restore", {"ids": ids})).status_code == 409


async def test_only_sent_fields_change(admin: Person, add_user: AddUser) -> None:
    user = await add_user("ada", email="ada@example.org")
    answer = await admin.send("PATCH", f"/users/{user.id}", {"display_name": "Ada L."})
    body = answer.json()
    assert (body["display_name"], body["email"], body["modifier_id"]) == ("Ada L.", "ada@example.org", admin.user.id)
    assert (await admin.send("PATCH", f"/users/{user.id}", {"email": None})).json()["email"] is None
    assert (await admin.send("PATCH", f"/users/{user.id}", {"username": "eve"})).status_code == 422
    assert (await admin.send("PATCH", f"/users/{user.id}", {"display_name": None})).status_code == 422


async def test_who_is_not_there_is_not_found(admin: Person, database: Database, add_user: AddUser) -> None:
    machine = await add_user("link-check", is_system=True)
    gone = await add_user("gone", is_deleted=True)
    for id_ in (999, machine.id, gone.id):
        for method, path, body in (
            ("GET", f"/users/{id_}", None),
            ("PATCH", f"/users/{id_}", {"display_name": "X"}),
            ("DELETE", f"/users/{id_}", None),
            ("POST", f"/users/{id_}/reset-password", {}),
            ("POST", f"/users/{id_}/unlock", None),
            ("POST", "/users/batch-delete", {"ids": [id_]}),
            ("POST", "/users/batch-enable", {"ids": [id_], "is_enabled": False}),
        ):
            answer = await admin.send(method, path, body)
            assert (answer.status_code, problem_code(answer)) == (404, "not_found"), (method, path)
    assert "link-check" not in (await admin.send("GET", "/users?page_size=200")).text
    assert "link-check" not in (await admin.send("GET", "/users/names")).text
    async with database.work() as work, work.reading() as session:
        assert await session.scalar(select(User.is_active).where(User.id == machine.id))


async def test_list_filters_and_order(admin: Person, add_user: AddUser) -> None:
    role_id = await add_role(admin, "clerk")
    for number, name in enumerate(("bea", "cleo", "dan")):
        await add_user(name, email=f"{name}@example.org", is_active=number != 1)
    bea = (await admin.send("GET", "/users?q=BEA")).json()["items"][0]
    await admin.send("PATCH", f"/users/{bea['id']}", {"role_ids": [role_id]})

    async def names(query: str) -> list[str]:
        answer = await admin.send("GET", f"/users?sort=username&{query}")
        assert answer.status_code == 200, answer.text
        return [user["username"] for user in answer.json()["items"]]

    assert await names("") == ["bea", "cleo", "dan", "grace"]
    assert await names("is_active=false") == ["cleo"]
    assert await names(f"role_id={role_id}") == ["bea"]
    assert await names("email=DAN@example.org") == ["dan"]
    assert await names("is_administrator=true") == ["grace"]
    assert await names("q=example") == ["bea", "cleo", "dan"]
    assert await names("page=2&page_size=3") == ["grace"]
    assert await names("created_from=2999-01-01T00:00:00Z") == []
    found = (await admin.send("GET", "/users/names?q=le")).json()
    assert [user["username"] for user in found] == ["cleo"]  # and nobody by his address
    by_id = (await admin.send("GET", f"/users/names?ids={bea['id']}&ids={admin.user.id}")).json()
    assert {user["username"] for user in by_id} == {"bea", "grace"}
    for wrong in ("sort=password_hash", "unknown=1", "page=0", "page_size=201", "is_active=maybe"):
        assert (await admin.send("GET", f"/users?{wrong}")).status_code == 422, wrong


@pytest.mark.parametrize(
    "query",
    ["sort=username", "sort=-created_at", "sort=-last_login_at", "sort=display_name", "email=a@example.org", "page=3"],
)
async def test_the_list_walks_indexes_and_asks_no_more_for_more_rows(
    admin: Person, add_user: AddUser, database: Database, query: str
) -> None:
    numbers = []
    assert (await admin.send("GET", f"/users?{query}")).status_code == 200  # rights are kept from here on
    for name in ("bea", "cleo"):
        await add_user(name)
        with recorded(database) as queries:
            assert (await admin.send("GET", f"/users?{query}")).status_code == 200
        numbers.append(len(queries.found))
        assert not queries.bad_plans(database.settings, {"iam_user", "iam_user_role"})
    assert numbers[0] == numbers[1]


async def test_disabling_ends_sessions_for_good(admin: Person, sign_in_as: SignInAs) -> None:
    ada = await sign_in_as("ada")
    body = {"ids": [ada.user.id], "is_enabled": False}
    assert (await admin.send("POST", "/users/batch-enable", body)).status_code == 204
    assert problem_code(await ada.get("/api/v1/users/me")) == "session_revoked"
    assert (await admin.send("POST", "/users/batch-enable", {**body, "is_enabled": True})).status_code == 204
    assert problem_code(await ada.get("/api/v1/users/me")) == "session_revoked"  # the old session stays ended
    assert (await log_in(ada.client)).status_code == 200


async def test_delete_and_undo(admin: Person, sign_in_as: SignInAs) -> None:
    ada = await sign_in_as("ada")
    role_id = await add_role(admin, "clerk")
    await admin.send("PATCH", f"/users/{ada.user.id}", {"role_ids": [role_id]})
    assert (await admin.send("POST", "/users/batch-delete", {"ids": [ada.user.id, 999]})).status_code == 404
    assert (await ada.get("/api/v1/users/me")).status_code == 200  # all or nothing
    assert (await admin.send("POST", "/users/batch-delete", {"ids": [ada.user.id]})).status_code == 204
    assert (await ada.get("/api/v1/users/me")).status_code == 401
    assert (await log_in(ada.client)).status_code == 401
    assert (await admin.send("POST", "/users/restore", {"ids": [ada.user.id]})).status_code == 204
    assert (await log_in(ada.client)).status_code == 200
    assert (await admin.send("GET", f"/users/{ada.user.id}")).json()["roles"][0]["id"] == role_id


async def test_a_reset_password_works_once_shown_and_ends_sessions(admin: Person, sign_in_as: SignInAs) -> None:
    ada = await sign_in_as("ada")
    answer = await admin.send("POST", f"/users/{ada.user.id}/reset-password", {})
    assert answer.status_code == 200, answer.text
    assert problem_code(await ada.get("/api/v1/users/me")) == "session_revoked"
    assert (await log_in(ada.client)).status_code == 401
    data = {"username": "ada", "password": answer.json()["password"]}
    again = await ada.client.post("/api/v1/auth/login", data=data)
    assert again.status_code == 200
    me = await ada.client.get("/api/v1/users/me", headers={"Authorization": f"Bearer {again.json()['access_token']}"})
    assert me.json()["must_change_password"] is True


async def test_lock_and_unlock(admin: Person, sign_in_as: SignInAs) -> None:
    ada = await sign_in_as("ada")
    for _ in range(5):
        await ada.client.post("/api/v1/auth/login", data={"username": "ada", "password": "wrong"})
    assert (await log_in(ada.client)).status_code == 429
    shown = {user["username"]: user["is_locked"] for user in (await admin.send("GET", "/users")).json()["items"]}
    assert shown == {"ada": True, "grace": False}
    assert (await admin.send("POST", f"/users/{ada.user.id}/unlock")).status_code == 204
    assert (await admin.send("GET", f"/users/{ada.user.id}")).json()["is_locked"] is False
    assert (await log_in(ada.client)).status_code == 200

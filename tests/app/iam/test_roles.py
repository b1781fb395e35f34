"""Roles: the usual routes, and that nobody hands out what he does not hold."""

import pytest

from app.core.database import Database
from tests.app.harness import Person, problem_code
from tests.app.iam.conftest import Holder, add_role
from tests.app.plans import recorded

ROLE = {"code": "clerk", "name": "Clerk"}
ROLE_LABELS = tuple(f"perm:role:{action}" for action in ("get", "create", "update", "delete"))


async def _menus(admin: Person) -> dict[str, int]:
    return {menu["permission"]: menu["id"] for menu in (await admin.send("GET", "/menus")).json()}


async def test_create_read_change_delete_restore(admin: Person, holder: Holder) -> None:
    await holder("ada", "perm:user:get")
    menu_id = (await _menus(admin))["perm:user:get"]
    made = await admin.send("POST", "/roles", {**ROLE, "menu_ids": [menu_id], "is_default": True})
    assert made.status_code == 201, made.text
    role = made.json()
    assert (role["menu_ids"], role["user_count"], role["is_default"]) == ([menu_id], 0, True)
    changed = await admin.send("PATCH", f"/roles/{role['id']}", {"name": "Clerks"})
    assert (changed.json()["name"], changed.json()["menu_ids"]) == ("Clerks", [menu_id])
    assert (await admin.send("PATCH", f"/roles/{role['id']}", {"menu_ids": []})).json()["menu_ids"] == []
    assert (await admin.send("DELETE", f"/roles/{role['id']}")).status_code == 204
    assert (await admin.send("GET", f"/roles/{role['id']}")).status_code == 404
    assert (await admin.send("POST", "/roles/restore", {"ids": [role["id"]]})).status_code == 204
    assert (await admin.send("GET", f"/roles/{role['id']}")).json()["name"] == "Clerks"


async def test_list_options_and_counts(admin: Person, holder: Holder) -> None:
    ada = await holder("ada", "perm:user:get")
    await admin.send("POST", "/roles", {**ROLE, "sort_order": 5, "is_enabled": False})
    page = (await admin.send("GET", "/roles?sort=-sort_order")).json()
    assert [(role["code"], role["user_count"]) for role in page["items"]] == [("clerk", 0), ("role-ada", 1)]
    assert [role["code"] for role in (await admin.send("GET", "/roles?is_enabled=false")).json()["items"]] == ["clerk"]
    assert [role["code"] for role in (await admin.send("GET", "/roles?q=lerk")).json()["items"]] == ["clerk"]
    options = (await ada.send("GET", "/roles/options")).json()
    assert [role["code"] for role in options] == ["role-ada", "clerk"]


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"code": "Not a code"}, "code"),
        ({"name": ""}, "name"),
        ({"menu_ids": [999]}, "menu_ids"),
        ({"sort_order": -1}, "sort_order"),
        ({"user_count": 1}, "user_count"),
        ({"is_deleted": False}, "is_deleted"),
    ],
)
async def test_what_is_wrong_is_named(admin: Person, body: dict[str, object], field: str) -> None:
    answer = await admin.send("POST", "/roles", {**ROLE, **body})
    assert (answer.status_code, problem_code(answer)) == (422, "validation_failed")
    assert answer.json()["errors"][0]["loc"][:2] == ["body", field]


async def test_codes_are_one_each(admin: Person) -> None:
    assert (await admin.send("POST", "/roles", ROLE)).status_code == 201
    answer = await admin.send("POST", "/roles", ROLE)
    assert (answer.status_code, answer.json()["errors"][0]["loc"]) == (409, ["body", "code"])


async def test_a_deleted_or_disabled_role_grants_nothing(admin: Person, holder: Holder) -> None:
    ada = await holder("ada", "perm:user:get")
    role_id = (await admin.send("GET", "/roles?q=role-ada")).json()["items"][0]["id"]
    off, on = {"ids": [role_id], "is_enabled": False}, {"ids": [role_id], "is_enabled": True}
    for take, give, body, back in (
        ("/roles/batch-enable", "/roles/batch-enable", off, on),
        ("/roles/batch-delete", "/roles/restore", {"ids": [role_id]}, {"ids": [role_id]}),
        ("/roles/batch-delete", "/recycle-bin/roles/restore", {"ids": [role_id]}, {"ids": [role_id]}),
    ):
        assert (await ada.send("GET", "/users")).status_code == 200
        assert (await admin.send("POST", take, body)).status_code == 204
        assert (await ada.send("GET", "/users")).status_code == 403
        assert (await ada.send("GET", "/users/me")).json()["roles"] == []
        assert (await admin.send("POST", give, back)).status_code == 204
    assert (await ada.send("GET", "/users/me")).json()["roles"] == [{"code": "role-ada", "name": "Role of ada"}]


async def test_purge_takes_its_links(admin: Person, holder: Holder) -> None:
    ada = await holder("ada", "perm:user:get")
    role_id = (await admin.send("GET", "/roles?q=role-ada")).json()["items"][0]["id"]
    assert (await admin.send("DELETE", f"/roles/{role_id}")).status_code == 204
    assert (await admin.send("POST", "/recycle-bin/roles/purge", {"ids": [role_id]})).status_code == 204
    assert (await admin.send("GET", f"/users/{ada.user.id}")).json()["roles"] == []


async def test_nobody_hands_out_what_he_lacks(admin: Person, holder: Holder) -> None:
    helper = await holder("ada", *ROLE_LABELS, "perm:recycle_bin:restore")
    await holder("eve", "perm:user:delete")
    menus = await _menus(admin)
    roles = {role["code"]: role["id"] for role in (await admin.send("GET", "/roles")).json()["items"]}
    own, strong = roles["role-ada"], roles["role-eve"]
    gone = await add_role(admin, "gone", "perm:user:delete")
    await admin.send("DELETE", f"/roles/{gone}")
    mine = [menus[label] for label in ROLE_LABELS]
    for method, path, body in (
        ("POST", "/roles", {**ROLE, "menu_ids": [menus["perm:user:delete"]]}),
        ("PATCH", f"/roles/{own}", {"menu_ids": [*mine, menus["perm:user:delete"]]}),
        ("PATCH", f"/roles/{strong}", {"name": "Mine now"}),
        ("PATCH", f"/roles/{strong}", {"menu_ids": []}),
        ("PATCH", f"/roles/{strong}", {"is_default": True}),
        ("DELETE", f"/roles/{strong}", None),
        ("POST", "/roles/batch-enable", {"ids": [strong], "is_enabled": True}),
        ("POST", "/roles/restore", {"ids": [gone]}),
        ("POST", "/recycle-bin/roles/restore", {"ids": [gone]}),
    ):
        answer = await helper.send(method, path, body)
        assert (answer.status_code, problem_code(answer)) == (403, "permission_denied"), (method, path, body)
    assert (await admin.send("GET", f"/roles/{own}")).json()["menu_ids"] != []
    allowed = await helper.send("POST", "/roles", {**ROLE, "menu_ids": mine})
    assert allowed.status_code == 201, allowed.text


@pytest.mark.parametrize("query", ["sort=sort_order", "sort=code", "sort=-created_at&page=2"])
async def test_the_list_asks_as_often_for_many_as_for_one(admin: Person, database: Database, query: str) -> None:
    numbers = []
    assert (await admin.send("GET", f"/roles?{query}")).status_code == 200
    for code in ("clerk", "baker", "smith"):
        await add_role(admin, code)
        assert (await admin.send("GET", f"/roles?{query}")).status_code == 200
        with recorded(database) as queries:
            assert (await admin.send("GET", f"/roles?{query}")).status_code == 200
        numbers.append(len(queries.found))
        assert not queries.bad_plans(database.settings, {"iam_user", "iam_user_role", "iam_role_menu"}, may_sort=True)
    assert len(set(numbers)) == 1

"""The tree of menus, what each person sees of it, and why somebody may (not)."""

import pytest

from app.core.permissions import all_labels
from tests.app.harness import Person, SignInAs, problem_code
from tests.app.iam.conftest import Holder, add_role

PAGE = {"kind": "page", "name": "things", "path": "/things", "title": "Things", "view": "shop/ThingsView"}
QUICK = {
    "name": "things",
    "path": "/things",
    "title": "Things",
    "view": "shop/ThingsView",
    "icon": "ticket",
    "resource": "dictionary",
    "actions": ["get", "create", "delete"],
}


async def _add(admin: Person, **fields: object) -> int:
    made = await admin.send("POST", "/menus", {"kind": "directory", "title": "T", **fields})
    assert made.status_code == 201, made.text
    id_: int = made.json()["id"]
    return id_


async def _button(admin: Person, page_id: int, label: str) -> int:
    return await _add(admin, kind="button", name=label, permission=label, parent_id=page_id)


async def test_create_read_change_delete_restore(admin: Person) -> None:
    id_ = await _add(admin, **PAGE, permission="perm:user:get")
    changed = await admin.send("PATCH", f"/menus/{id_}", {"title": "More things"})
    assert (changed.json()["title"], changed.json()["path"]) == ("More things", "/things")
    assert (await admin.send("GET", f"/menus/{id_}")).json()["title"] == "More things"
    assert (await admin.send("DELETE", f"/menus/{id_}")).status_code == 204
    assert (await admin.send("GET", "/menus")).json() == []
    assert (await admin.send("POST", "/menus/restore", {"ids": [id_]})).status_code == 204
    assert [menu["id"] for menu in (await admin.send("GET", "/menus")).json()] == [id_]


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"path": ""}, "path"),
        ({"path": "things"}, "path"),
        ({"path": "/../etc"}, "path"),
        ({"path": "javascript:alert(1)"}, "path"),
        ({"view": ""}, "view"),
        ({"view": "../../secret"}, "view"),
        ({"icon": "<svg>"}, "icon"),
        ({"name": "Not A Name"}, "name"),
        ({"title": ""}, "title"),
        ({"permission": "perm:nobody:knows"}, "permission"),
        ({"permission": "admin"}, "permission"),
        ({"parent_id": 999}, "parent_id"),
        ({"kind": "link"}, "kind"),
        ({"kind": "directory"}, "path"),
        ({"kind": "button", "path": "", "view": ""}, "parent_id"),
        ({"is_deleted": True}, "is_deleted"),
    ],
)
async def test_what_is_wrong_is_named(admin: Person, body: dict[str, object], field: str) -> None:
    answer = await admin.send("POST", "/menus", {**PAGE, **body})
    assert (answer.status_code, problem_code(answer)) == (422, "validation_failed"), answer.text
    assert answer.json()["errors"][0]["loc"][:2] == ["body", field]


async def test_names_and_paths_are_one_each_but_buttons_share_labels(admin: Person) -> None:
    first = await _add(admin, **PAGE)
    second = await _add(admin, **{**PAGE, "name": "others", "path": "/others"})
    for body in ({**PAGE, "path": "/new"}, {**PAGE, "name": "new"}):
        assert problem_code(await admin.send("POST", "/menus", body)) == "conflict"
    for page in (first, second):
        await _button(admin, page, "perm:user:create")


async def test_nothing_lies_under_itself(admin: Person) -> None:
    top = await _add(admin, name="top")
    middle = await _add(admin, name="middle", parent_id=top)
    bottom = await _add(admin, name="bottom", parent_id=middle)
    for parent in (top, middle, bottom):
        answer = await admin.send("PATCH", f"/menus/{top}", {"parent_id": parent})
        assert (answer.status_code, answer.json()["errors"][0]["code"]) == (422, "below_itself")
    page = await _add(admin, **PAGE, parent_id=bottom)
    assert (await admin.send("PATCH", f"/menus/{top}", {"parent_id": page})).status_code == 422
    assert (await admin.send("PATCH", f"/menus/{page}", {"kind": "button"})).status_code == 422


async def test_quick_add_and_quick_removal(admin: Person) -> None:
    top = await _add(admin, name="top")
    made = await admin.send("POST", "/menus/quick-add", {**QUICK, "parent_id": top})
    assert made.status_code == 201, made.text
    page, *buttons = made.json()
    assert (page["kind"], page["permission"], page["icon"]) == ("page", "perm:dictionary:get", "ticket")
    assert [(b["name"], b["title"], b["parent_id"]) for b in buttons] == [
        ("perm:dictionary:create", "permission.dictionary.create", page["id"]),
        ("perm:dictionary:delete", "permission.dictionary.delete", page["id"]),
    ]
    refused = await admin.send("DELETE", f"/menus/{top}")
    assert (refused.status_code, refused.json()["errors"][0]["code"]) == (409, "has_children")
    removed = (await admin.send("POST", f"/menus/{top}/remove-whole")).json()
    assert removed["removed"] == 4
    assert (await admin.send("GET", "/menus")).json() == []
    # A part cannot come back without what it hangs on.
    alone = await admin.send("POST", "/menus/restore", {"ids": [page["id"]]})
    assert (alone.status_code, problem_code(alone)) == (409, "conflict")
    assert (await admin.send("POST", "/menus/restore", {"ids": removed["ids"]})).status_code == 204
    assert len((await admin.send("GET", "/menus")).json()) == 4
    assert (await admin.send("POST", f"/menus/{page['id']}/remove-whole")).json()["removed"] == 3


async def test_quick_add_is_whole_or_not_at_all(admin: Person) -> None:
    answer = await admin.send("POST", "/menus/quick-add", {**QUICK, "actions": ["get", "fly"]})
    assert (answer.status_code, answer.json()["errors"][0]["loc"]) == (422, ["body", "actions"])
    await _add(admin, **PAGE)
    assert (await admin.send("POST", "/menus/quick-add", QUICK)).status_code == 409
    assert len((await admin.send("GET", "/menus")).json()) == 1


async def test_nobody_relabels_his_way_up(admin: Person, holder: Holder) -> None:
    """Everybody who ticks a menu gets what it is labelled with, also whoever labels it."""
    labels = [f"perm:menu:{action}" for action in ("get", "create", "update", "delete")]
    helper = await holder("ada", *labels)
    top = await _add(admin, name="top", is_enabled=False)
    strong = await _add(admin, **PAGE, permission="perm:user:delete", parent_id=top)
    own = next(menu["id"] for menu in (await admin.send("GET", "/menus")).json() if menu["name"] == "ada-0")
    other = await _add(admin, name="other")
    for method, path, body in (
        ("PATCH", f"/menus/{own}", {"permission": "perm:user:delete"}),
        ("POST", "/menus", {**PAGE, "name": "n", "path": "/n", "permission": "perm:user:delete"}),
        ("PATCH", f"/menus/{strong}", {"permission": "perm:menu:get"}),
        ("PATCH", f"/menus/{top}", {"is_enabled": True}),
        ("POST", "/menus/batch-enable", {"ids": [top], "is_enabled": True}),
        ("PATCH", f"/menus/{strong}", {"parent_id": other}),
        ("POST", f"/menus/{top}/remove-whole", None),
        ("POST", "/menus/quick-add", {**QUICK, "resource": "user"}),
    ):
        answer = await helper.send(method, path, body)
        assert (answer.status_code, problem_code(answer)) == (403, "permission_denied"), (method, path, body)
    assert (await helper.send("PATCH", f"/menus/{own}", {"title": "Renamed"})).status_code == 200


# What each person sees.


async def test_the_menu_is_what_is_ticked_with_what_leads_there(admin: Person, sign_in_as: SignInAs) -> None:
    dashboard = await _add(admin, **{**PAGE, "name": "dashboard", "path": "/dashboard"})
    top = await _add(admin, name="top", icon="users")
    page = await _add(admin, **PAGE, permission="perm:user:get", parent_id=top)
    await _add(admin, **{**PAGE, "name": "secret", "path": "/secret"}, permission="perm:role:get", parent_id=top)
    await _add(admin, name="empty")
    await _button(admin, page, "perm:user:create")
    ada = await sign_in_as("ada")

    async def tree(person: Person) -> list[tuple[str, list[str]]]:
        nodes = (await person.send("GET", "/users/me/menus")).json()
        return [(node["name"], [child["name"] for child in node["children"]]) for node in nodes]

    assert await tree(ada) == [("dashboard", [])]
    role_id = await add_role(admin, "clerk", "perm:user:get")
    await admin.send("PATCH", f"/users/{ada.user.id}", {"role_ids": [role_id]})
    assert await tree(ada) == [("dashboard", []), ("top", ["things"])]
    assert await tree(admin) == [("dashboard", []), ("top", ["things", "secret"])]
    await admin.send("PATCH", f"/menus/{top}", {"sort_order": 0, "is_enabled": False})
    assert await tree(ada) == await tree(admin) == [("dashboard", [])]
    await admin.send("PATCH", f"/menus/{dashboard}", {"is_enabled": False})
    assert await tree(ada) == []


# Why.


async def test_why(admin: Person, sign_in_as: SignInAs) -> None:
    top = await _add(admin, name="top", title="Top")
    page = await _add(admin, **PAGE, parent_id=top)
    button = await _button(admin, page, "perm:user:create")
    ada = await sign_in_as("ada")
    role = await add_role(admin, "clerk", "perm:user:create")

    async def why(user_id: int = ada.user.id, label: str = "perm:user:create") -> tuple[bool, list[str]]:
        answer = await admin.send("GET", f"/permissions/why?user_id={user_id}&label={label}")
        assert answer.status_code == 200, answer.text
        body = answer.json()
        held = (await ada.get("/api/v1/users/me")).json().get("permissions", [])
        if user_id == ada.user.id:
            assert body["granted"] is (label in held)
        return body["granted"], [reason["code"] for reason in body["reasons"]]

    assert await why(admin.user.id) == (True, ["administrator", "no_role"])
    assert await why() == (False, ["no_role"])
    await admin.send("PATCH", f"/users/{ada.user.id}", {"role_ids": [role]})
    assert await why() == (True, ["ticked"])
    reason = (await admin.send("GET", f"/permissions/why?user_id={ada.user.id}&label=perm:user:create")).json()[
        "reasons"
    ][0]
    assert reason["role"] == {"id": role, "name": "clerk"}
    assert [menu["id"] for menu in reason["menus"]] == [top, page, button]
    assert await why(label="perm:user:delete") == (False, ["not_ticked", "no_menu"])
    for path, code in (
        (f"/menus/{button}", "menu_disabled"),
        (f"/menus/{page}", "ancestor_disabled"),
        (f"/menus/{top}", "ancestor_disabled"),
        (f"/roles/{role}", "role_disabled"),
    ):
        await admin.send("PATCH", path, {"is_enabled": False})
        assert await why() == (False, [code])
        await admin.send("PATCH", path, {"is_enabled": True})
    await admin.send("PATCH", f"/roles/{role}", {"menu_ids": []})
    assert await why() == (False, ["not_ticked"])
    await admin.send("PATCH", f"/users/{admin.user.id}", {"display_name": "Grace"})
    assert (await admin.send("GET", "/permissions/why?user_id=999&label=perm:user:get")).status_code == 404
    assert (await admin.send("GET", f"/permissions/why?user_id={ada.user.id}&label=perm:no:no")).status_code == 422


async def test_why_tells_of_a_disabled_account(admin: Person, holder: Holder) -> None:
    ada = await holder("ada", "perm:user:get")
    await admin.send("PATCH", f"/users/{ada.user.id}", {"is_active": False})
    body = (await admin.send("GET", f"/permissions/why?user_id={ada.user.id}&label=perm:user:get")).json()
    assert (body["granted"], [reason["code"] for reason in body["reasons"]]) == (False, ["ticked", "account_disabled"])


async def test_permissions_lists_every_label_of_the_code(admin: Person, holder: Holder) -> None:
    await holder("ada", "perm:user:get")
    rows = {row["label"]: row for row in (await admin.send("GET", "/permissions")).json()}
    assert sorted(rows) == all_labels()
    assert rows["perm:user:get"]["module"] == "user"
    assert [role["name"] for role in rows["perm:user:get"]["roles"]] == ["Role of ada"]
    assert len(rows["perm:user:get"]["menus"]) == 1
    assert rows["perm:user:delete"]["menus"] == []

"""The recycle bin over every resource."""

from app.core.crud import recyclable
from tests.app.harness import Person, SignInAs, problem_code

PARAMETER = {"key": "a", "name": "Apple", "value": "1"}


async def _deleted(admin: Person, **fields: str) -> int:
    id_: int = (await admin.send("POST", "/parameters", {**PARAMETER, **fields})).json()["id"]
    assert (await admin.send("DELETE", f"/parameters/{id_}")).status_code == 204
    return id_


async def test_what_was_deleted_is_listed_latest_first(admin: Person) -> None:
    ids = [await _deleted(admin, key=key, name=key.upper()) for key in ("x", "y", "z")]
    overview = {row["resource"]: row["count"] for row in (await admin.send("GET", "/recycle-bin")).json()}
    assert overview.keys() == recyclable().keys()
    assert {"parameters", "dictionaries", "dictionary_items", "activation_codes", "users", "roles"} <= overview.keys()
    assert (overview["parameters"], overview["dictionaries"]) == (3, 0)
    page = (await admin.send("GET", "/recycle-bin/parameters?page_size=2")).json()
    assert [(row["id"], row["title"], row["deleted_by"]) for row in page["items"]] == [
        (ids[2], "Z", "Grace"),
        (ids[1], "Y", "Grace"),
    ]
    assert (page["total"], page["total_is_exact"]) == (3, True)
    assert page["items"][0]["deleted_at"] >= page["items"][1]["deleted_at"]
    for resource in ("nothing", "iam_user", "__class__"):
        for method, path, body in (
            ("GET", "", None),
            ("POST", "/restore", {"ids": [1]}),
            ("POST", "/purge", {"ids": [1]}),
        ):
            answer = await admin.send(method, f"/recycle-bin/{resource}{path}", body)
            assert (answer.status_code, problem_code(answer)) == (404, "not_found")


async def test_the_bin_shows_no_code_that_could_be_redeemed_once_restored(admin: Person) -> None:
    made = (await admin.send("POST", "/activation-codes", {"count": 1, "days": 7})).json()
    row = (await admin.send("GET", f"/activation-codes?batch={made['batch']}")).json()["items"][0]
    await admin.send("DELETE", f"/activation-codes/{row['id']}")
    (binned,) = (await admin.send("GET", "/recycle-bin/activation_codes")).json()["items"]
    assert binned["title"] == f"{row['code'][:5]}-… ({made['batch']})"


async def test_restore_is_all_or_nothing_and_never_takes_a_name(admin: Person) -> None:
    first, second = await _deleted(admin), await _deleted(admin, key="b")
    assert (await admin.send("POST", "/parameters", PARAMETER)).status_code == 201
    answer = await admin.send("POST", "/recycle-bin/parameters/restore", {"ids": [first, second]})
    assert (answer.status_code, answer.json()["detail"]) == (409, "There is another with this key.")
    assert (await admin.send("GET", f"/parameters/{second}")).status_code == 404
    assert (await admin.send("POST", "/recycle-bin/parameters/restore", {"ids": [second, 999]})).status_code == 404
    assert (await admin.send("POST", "/recycle-bin/parameters/restore", {"ids": [second]})).status_code == 204
    assert (await admin.send("GET", f"/parameters/{second}")).status_code == 200
    assert (await admin.send("POST", "/recycle-bin/parameters/restore", {"ids": [second]})).status_code == 404


async def test_purged_is_gone_for_good_and_logged(admin: Person) -> None:
    id_ = await _deleted(admin)
    assert (await admin.send("POST", "/recycle-bin/parameters/purge", {"ids": [id_]})).status_code == 204
    assert (await admin.send("GET", "/recycle-bin/parameters")).json()["total"] == 0
    assert (await admin.send("POST", "/recycle-bin/parameters/restore", {"ids": [id_]})).status_code == 404
    entry = (await admin.send("GET", "/operation-logs?action=purge_recycled")).json()["items"][0]
    changes = (await admin.send("GET", f"/operation-logs/{entry['id']}")).json()["changes"]
    assert changes == [{"table": "system_parameter", "id": id_, "field": "purged", "before": "Apple", "after": None}]
    live = (await admin.send("POST", "/parameters", PARAMETER)).json()["id"]
    assert (await admin.send("POST", "/recycle-bin/parameters/purge", {"ids": [live]})).status_code == 404


async def test_what_others_refer_to_is_not_purged_and_what_belongs_to_it_goes_along(
    admin: Person, sign_in_as: SignInAs
) -> None:
    size = (await admin.send("POST", "/dictionaries", {"code": "size", "name": "Size"})).json()["id"]
    await admin.send("POST", "/dictionary-items", {"type_id": size, "label": "S", "value": "s"})
    await admin.send("DELETE", f"/dictionaries/{size}")
    assert (await admin.send("POST", "/recycle-bin/dictionaries/purge", {"ids": [size]})).status_code == 204
    assert (await admin.send("GET", "/dictionary-items")).json()["total"] == 0
    other = await sign_in_as("eve", is_administrator=True)
    await other.send("POST", "/parameters", PARAMETER)
    assert (await admin.send("DELETE", f"/users/{other.user.id}")).status_code == 204
    answer = await admin.send("POST", "/recycle-bin/users/purge", {"ids": [other.user.id]})
    assert (answer.status_code, problem_code(answer)) == (409, "conflict")
    assert "refers to it" in answer.json()["detail"]

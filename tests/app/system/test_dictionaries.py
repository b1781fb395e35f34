"""Dictionaries: types, items, and the copy that the front end reads."""

import pytest

from app.core.database import Database
from app.system.dictionaries.service import CachedDictionaries
from app.system.seed import DICTIONARIES, ensure_dictionaries
from tests.app.harness import Person, SignInAs, problem_code


@pytest.fixture
async def size(admin: Person) -> int:
    made: int = (await admin.send("POST", "/dictionaries", {"code": "size", "name": "Size"})).json()["id"]
    return made


async def _add(admin: Person, type_id: int, value: str, **fields: object) -> int:
    body = {"type_id": type_id, "label": value.upper(), "value": value, **fields}
    answer = await admin.send("POST", "/dictionary-items", body)
    assert answer.status_code == 201, answer.text
    made: int = answer.json()["id"]
    return made


async def _by_code(person: Person, codes: str = "size") -> dict[str, list[dict[str, object]]]:
    answer: dict[str, list[dict[str, object]]] = (
        await person.send("GET", f"/dictionaries/by-code?codes={codes}")
    ).json()
    return answer


async def test_by_code_shows_enabled_items_in_order_to_all(admin: Person, size: int, sign_in_as: SignInAs) -> None:
    await _add(admin, size, "l", sort_order=2)
    await _add(admin, size, "s", sort_order=1, colour="danger", is_default=True)
    await _add(admin, size, "off", is_enabled=False)
    ordinary = await sign_in_as()
    assert await _by_code(ordinary, "size,nothing,size") == {
        "size": [
            {"label": "S", "value": "s", "colour": "danger", "is_default": True},
            {"label": "L", "value": "l", "colour": "default", "is_default": False},
        ],
        "nothing": [],
    }
    for codes in ("", ",", "A", "a,,b", "x" * 2001):
        answer = await ordinary.send("GET", f"/dictionaries/by-code?codes={codes}")
        assert (codes, answer.status_code) == (codes, 422)


async def test_every_change_shows_at_once(admin: Person, size: int, database: Database) -> None:
    elsewhere = CachedDictionaries(database, lambda: 3600)
    item = await _add(admin, size, "s")

    async def seen() -> list[str]:
        there = [entry.label for entry in (await elsewhere.by_code(["size"]))["size"]]
        assert [entry["label"] for entry in (await _by_code(admin))["size"]] == there
        return there

    assert await seen() == ["S"]
    await admin.send("PATCH", f"/dictionary-items/{item}", {"label": "Small"})
    assert await seen() == ["Small"]
    await admin.send("DELETE", f"/dictionary-items/{item}")
    assert await seen() == []
    await admin.send("POST", "/dictionary-items/restore", {"ids": [item]})
    assert await seen() == ["Small"]
    await admin.send("POST", "/dictionaries/batch-enable", {"ids": [size], "is_enabled": False})
    assert await seen() == []
    await admin.send("POST", "/dictionaries/batch-enable", {"ids": [size], "is_enabled": True})
    assert await seen() == ["Small"]
    await admin.send("DELETE", f"/dictionaries/{size}")
    assert await seen() == []


async def test_one_default_a_dictionary(admin: Person, size: int) -> None:
    first, second = await _add(admin, size, "s", is_default=True), await _add(admin, size, "m", is_default=True)
    assert (await admin.send("GET", f"/dictionary-items/{first}")).json()["is_default"] is False
    await admin.send("PATCH", f"/dictionary-items/{first}", {"is_default": True})
    assert (await admin.send("GET", f"/dictionary-items/{second}")).json()["is_default"] is False


async def test_items_of_one_dictionary_and_their_number(admin: Person, size: int) -> None:
    other = (await admin.send("POST", "/dictionaries", {"code": "other", "name": "Other"})).json()["id"]
    for value in ("s", "m"):
        await _add(admin, size, value)
    await _add(admin, other, "x")
    page = (await admin.send("GET", f"/dictionaries/{size}/items?sort=-value&is_enabled=true")).json()
    assert ([item["value"] for item in page["items"]], page["total"]) == (["s", "m"], 2)
    assert (await admin.send("GET", f"/dictionary-items?type_id={other}")).json()["total"] == 1
    rows = (await admin.send("GET", "/dictionaries")).json()["items"]
    assert {row["code"]: row["item_count"] for row in rows} == {"size": 2, "other": 1}


async def test_conflicts(admin: Person, size: int) -> None:
    item = await _add(admin, size, "s")
    for path, body, field in (
        ("/dictionaries", {"code": "size", "name": "x"}, "code"),
        ("/dictionary-items", {"type_id": size, "label": "x", "value": "s"}, "value"),
    ):
        answer = await admin.send("POST", path, body)
        assert (answer.status_code, answer.json()["errors"][0]["loc"]) == (409, ["body", field])
    answer = await admin.send("POST", "/dictionary-items", {"type_id": 99, "label": "x", "value": "x"})
    assert (answer.status_code, answer.json()["errors"][0]["loc"]) == (422, ["body", "type_id"])
    assert (await admin.send("PATCH", f"/dictionary-items/{item}", {"type_id": 1})).status_code == 422
    assert (await admin.send("PATCH", f"/dictionary-items/{item}", {"colour": "pink"})).status_code == 422
    await admin.send("DELETE", f"/dictionary-items/{item}")
    await admin.send("DELETE", f"/dictionaries/{size}")
    answer = await admin.send("POST", "/dictionary-items/restore", {"ids": [item]})
    assert (answer.status_code, problem_code(answer)) == (409, "conflict")


async def test_the_seed_adds_once_and_leaves_alone_what_people_changed(admin: Person, database: Database) -> None:
    assert len(await ensure_dictionaries(database)) == len(DICTIONARIES)
    rows = (await admin.send("GET", "/dictionaries")).json()["items"]
    await admin.send("POST", "/dictionaries/batch-delete", {"ids": [row["id"] for row in rows[:2]]})
    assert await ensure_dictionaries(database) == []
    assert (await admin.send("GET", "/dictionaries")).json()["total"] == len(DICTIONARIES) - 2
    states = (await _by_code(admin, "yes_no"))["yes_no"]
    assert [(entry["value"], entry["is_default"]) for entry in states] == [("yes", True), ("no", False)]

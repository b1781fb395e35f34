"""What goes out comes back as it was: every list that can be imported, with texts that files like to spoil."""

from typing import Any

from sqlalchemy import delete, update

from app.iam.roles.models import UserRole
from app.iam.users.models import User
from app.system.activation_codes.models import ActivationCode
from app.system.dictionaries.models import DictionaryItem, DictionaryType
from app.system.parameters.models import Parameter
from tests.app.transfer.conftest import Desk

ODD = ("=1+1", "+49 30 1", "-x", "@sum", "O'Neil", '"quoted"', "陈小明", "😀", "007", "TRUE", "1e5", "_x000D_")
ODDER = ("2026-01-02", "#N/A", "e\u0301", "\u00e9", "<b>&amp;</b>", "a,b;c", "'quoted", "1.0", "zero\u200bwidth")
ALL = ODD + ODDER
TEXTS = ("a\r\nb", "line\nbreak", "tab\there", " lead and trail ", "")


async def _items(desk: Desk, path: str, *fields: str) -> list[tuple[Any, ...]]:
    items = (await desk.person.send("GET", f"{path}?page_size=200")).json()["items"]
    return sorted(tuple(str(item[field]) for field in fields) for item in items)


async def _forget(desk: Desk, *models: Any) -> None:
    async with desk.studio.database.work() as work:
        session = await work.writing()
        for model in models:
            await session.execute(delete(model))


async def _back(desk: Desk, resource: str, content: bytes, made: int) -> None:
    found = await desk.check(resource, content)
    assert (found["create_count"], found["error_count"]) == (made, 0), await desk.issues(found["id"])
    done = await desk.go_on(found["id"], "confirm")
    assert (done["state"], done["create_count"]) == ("done", made)
    again = await desk.check(resource, content)
    assert (again["create_count"], again["update_count"], again["error_count"]) == (0, 0, 0)


async def test_users(desk: Desk) -> None:
    codes, roles = ("b", "a", "c"), []
    for code in codes:
        roles.append((await desk.person.send("POST", "/roles", {"code": code, "name": code})).json()["id"])
    fields = ("username", "display_name", "email", "is_active", "is_administrator", "roles")
    for number, text in enumerate(ALL):
        body = {
            "username": f"{text if text.isprintable() else ''}{number}",
            "display_name": text,
            "role_ids": roles[: number % 4],
        }
        more = {"email": f"u{number}@example.org" if number % 2 else None, "is_active": number % 3 > 0}
        made = await desk.person.send("POST", "/users", {**body, **more, "is_administrator": number % 5 == 0})
        assert made.status_code == 201, made.text
    before = await _items(desk, "/users", *fields)
    _, content = await desk.export("users", locale="zh-CN")
    await _forget(desk, UserRole)
    async with desk.studio.database.work() as work:
        session = await work.writing()
        await session.execute(update(User).where(User.username != "grace").values(is_deleted=True))
    await _back(desk, "users", content, len(ALL))
    assert await _items(desk, "/users", *fields) == before


async def test_parameters(desk: Desk) -> None:
    fields = ("key", "name", "value", "value_type", "is_secret", "description")
    for number, text in enumerate((*ALL, *TEXTS)):
        body = {"key": f"k.{number}", "name": f"N{number}", "value": text, "value_type": "text"}
        made = await desk.person.send("POST", "/parameters", {**body, "description": ALL[number % len(ALL)]})
        assert made.status_code == 201, made.text
    before = await _items(desk, "/parameters", *fields)
    _, content = await desk.export("parameters")
    await _forget(desk, Parameter)
    await _back(desk, "parameters", content, len(before))
    assert await _items(desk, "/parameters", *fields) == before


async def test_a_secret_value_does_not_leave_and_a_blank_cell_keeps_it(desk: Desk) -> None:
    body = {"key": "token", "name": "Token", "value": "s3cret", "is_secret": True}
    await desk.person.send("POST", "/parameters", body)
    _, content = await desk.export("parameters")
    assert "s3cret" not in str(content)
    found = await desk.check("parameters", content)
    assert (found["update_count"], found["same_count"], found["error_count"]) == (0, 1, 0)


async def test_dictionaries_and_their_items(desk: Desk) -> None:
    kinds = ("code", "name", "description", "is_enabled")
    items = ("label", "value", "colour", "sort_order", "is_enabled", "is_default")
    for code in ("one", "two"):
        made = await desk.person.send(
            "POST", "/dictionaries", {"code": code, "name": code, "is_enabled": code == "one"}
        )
        for number, text in enumerate(ALL):
            body = {"type_id": made.json()["id"], "label": text, "value": f"{text}{number}", "sort_order": number - 5}
            await desk.person.send("POST", "/dictionary-items", {**body, "colour": "danger", "is_default": number == 3})
    before = [await _items(desk, "/dictionaries", *kinds), await _items(desk, "/dictionary-items", *items)]
    contents = [(await desk.export(name))[1] for name in ("dictionaries", "dictionary_items")]
    await _forget(desk, DictionaryItem, DictionaryType)
    await _back(desk, "dictionaries", contents[0], 2)
    await _back(desk, "dictionary_items", contents[1], 2 * len(ALL))
    assert [await _items(desk, "/dictionaries", *kinds), await _items(desk, "/dictionary-items", *items)] == before


async def test_activation_codes(desk: Desk) -> None:
    fields = ("code", "days", "batch", "note", "is_enabled")
    for text in ALL:
        await desk.person.send("POST", "/activation-codes", {"count": 1, "days": 30, "note": text})
    before = await _items(desk, "/activation-codes", *fields)
    _, content = await desk.export("activation_codes")
    await _forget(desk, ActivationCode)
    await _back(desk, "activation_codes", content, len(ALL))
    assert await _items(desk, "/activation-codes", *fields) == before

"""Imports: looked at first, then done, then taken back; by the rules and rights of the forms."""

import io
from datetime import timedelta
from typing import Any

import pytest
from openpyxl import load_workbook
from sqlalchemy import select, update

from app.core.clock import utc_now
from app.iam.users.models import User
from app.jobs import JobError
from app.transfer.imports import repository, tasks
from app.transfer.imports.models import Import
from app.transfer.permissions import IMPORT
from tests.app.harness import AddUser, log_in, problem_code
from tests.app.iam.conftest import Holder
from tests.app.transfer.conftest import Desk, rows_of, workbook

USERS = ("User name", "Name", "E-mail", "Roles", "Active")


async def _users(desk: Desk) -> dict[str, User]:
    async with desk.studio.database.work() as work, work.reading() as session:
        rows = await session.scalars(select(User).where(User.is_deleted.is_(False)))
        return {row.username: row for row in rows}


async def test_nothing_happens_before_it_is_confirmed_and_then_all_of_it(desk: Desk, add_user: AddUser) -> None:
    await add_user("old", email="old@example.org")
    role = (await desk.person.send("POST", "/roles", {"code": "clerk", "name": "Clerk"})).json()["id"]
    rows = [
        USERS,
        ("Ann", "Ann A", "ann@example.org", "clerk", "Yes"),
        ("old", "New name", "new@example.org", "", "否"),
        ("", "", "", "", ""),
        (7.0, "Seven", "", None, True),
    ]
    found = await desk.check("users", workbook(rows))
    assert (found["state"], found["may_confirm"], found["may_undo"]) == ("checked", True, False)
    counts = ("create_count", "update_count", "same_count", "error_count")
    assert [found[name] for name in counts] == [2, 1, 0, 0]
    assert set(await _users(desk)) == {"grace", "old"}
    found = await desk.go_on(found["id"], "confirm")
    assert (found["state"], found["may_confirm"], found["may_undo"]) == ("done", False, True)
    assert [found[name] for name in counts] == [2, 1, 0, 0]
    users = await _users(desk)
    assert (users["old"].display_name, users["old"].email, users["old"].is_active) == (
        "New name", "new@example.org", False,
    )  # fmt: skip
    assert (users["7"].display_name, users["7"].email, users["ann"].email) == ("Seven", None, "ann@example.org")
    assert users["ann"].creator_id == users["old"].modifier_id == desk.person.user.id
    given = (await desk.person.send("GET", f"/users/{users['ann'].id}")).json()["roles"]
    assert [each["id"] for each in given] == [role]


async def test_who_is_imported_has_a_password_that_nobody_knows(desk: Desk) -> None:
    await desk.do("users", [USERS[:2], ("ann", "Ann"), ("bob", "Bob")])
    users = await _users(desk)
    assert all(users[name].must_change_password for name in ("ann", "bob"))
    assert users["ann"].password_hash.startswith("$argon2id$")
    for guess in ("", "ann", "None"):
        assert (await log_in(desk.person.client, "ann", password=guess)).status_code in (401, 422)
    made = await desk.person.send("POST", f"/users/{users['ann'].id}/reset-password", {})
    assert (await log_in(desk.person.client, "ann", password=made.json()["password"])).status_code == 200


async def test_the_same_again_changes_nothing(desk: Desk) -> None:
    rows = [USERS, ("ann", "Ann", "ann@example.org", "", "Yes")]
    await desk.do("users", rows)
    found = await desk.do("users", rows)
    assert (found["create_count"], found["update_count"], found["same_count"]) == (0, 0, 1)


async def test_a_blank_cell_empties_what_may_be_empty_and_a_column_left_out_stays(desk: Desk) -> None:
    await desk.do("users", [USERS, ("ann", "Ann", "ann@example.org", "", "Yes")])
    await desk.do("users", [("User name", "E-mail", "Name", "Active"), ("ann", "", "", "")])
    ann = (await _users(desk))["ann"]
    assert (ann.email, ann.display_name, ann.is_active) == (None, "Ann", True)


async def test_nobody_imports_what_he_may_not(desk: Desk, holder: Holder, add_user: AddUser) -> None:
    """Neither an administrator, nor a role with rights that he lacks, nor a change when he may only create."""
    await add_user("boss", is_administrator=True)
    await add_user("old")
    await holder("strong", "perm:user:get", "perm:parameter:delete")
    clerk = Desk(await holder("clerk", IMPORT, "perm:user:create"), desk.studio)
    rows = [
        ("User name", "Name", "Administrator", "Roles"),
        ("eve", "Eve", "Yes", ""),
        ("mal", "Mal", "No", "role-strong"),
        ("old", "Other", "No", ""),
        ("boss", "Other", "Yes", ""),
        ("fine", "Fine", "No", ""),
    ]
    found = await clerk.check("users", workbook(rows))
    assert (found["create_count"], found["update_count"], found["may_confirm"]) == (1, 0, False)
    assert [place for place, _ in await clerk.issues(found["id"])] == ["row 2", "row 3", "row 4", "row 5"]
    assert set(await _users(desk)) >= {"boss", "old"}
    refused = await clerk.person.send("POST", f"/imports/{found['id']}/confirm")
    assert (refused.status_code, problem_code(refused)) == (409, "conflict")
    nobody = Desk(await holder("nobody", IMPORT, "perm:user:get"), desk.studio)
    for answer in (
        await nobody.send("users", workbook(rows)),
        await nobody.person.send("GET", "/sheets/users/template"),
    ):
        assert (answer.status_code, problem_code(answer)) == (403, "permission_denied")


async def test_rights_are_asked_again_when_it_is_done(desk: Desk, holder: Holder) -> None:
    clerk = Desk(await holder("clerk", IMPORT, "perm:user:create"), desk.studio)
    found = await clerk.check("users", workbook([USERS[:2], ("ann", "Ann")]))
    answer = await clerk.person.send("POST", f"/imports/{found['id']}/confirm")
    async with desk.studio.database.work() as work:
        session = await work.writing()
        await session.execute(update(User).where(User.username == "clerk").values(is_active=False))
    await desk.studio.run(answer.json()["id"])
    async with desk.studio.database.work() as work, work.reading() as session:
        row = await session.get_one(Import, found["id"])
    assert (row.state, row.failure and row.failure["code"]) == ("broken_off", "permission_denied")
    assert "ann" not in await _users(desk)


async def test_another_persons_imports_are_not_there(desk: Desk, holder: Holder) -> None:
    found = await desk.check("users", workbook([USERS[:2], ("ann", "Ann")]))
    other = await holder("bob", IMPORT, "perm:user:create", "perm:user:update")
    assert (await other.send("GET", "/imports")).json()["items"] == []
    for method, path in (("GET", ""), ("GET", "/issues"), ("POST", "/confirm"), ("POST", "/undo")):
        answer = await other.send(method, f"/imports/{found['id']}{path}")
        assert (answer.status_code, problem_code(answer)) == (404, "not_found")
    assert [row["id"] for row in (await desk.person.send("GET", "/imports")).json()["items"]] == [found["id"]]


async def test_taken_back_as_it_was(desk: Desk, add_user: AddUser) -> None:
    await add_user("old", email="old@example.org")
    rows = [
        USERS,
        ("ann", "Ann", "", "", ""),
        ("old", "Other", "other@example.org", "", "No"),
        ("bob", "Bob", "", "", ""),
    ]
    done = await desk.do("users", rows)
    found = await desk.go_on(done["id"], "undo")
    assert (found["state"], found["undone_count"], found["kept_count"]) == ("undone", 3, 0)
    users = await _users(desk)
    assert set(users) == {"grace", "old"}
    assert (users["old"].display_name, users["old"].email, users["old"].is_active) == ("Old", "old@example.org", True)
    answer = await desk.person.send("POST", f"/imports/{done['id']}/undo")
    assert (answer.status_code, problem_code(answer)) == (409, "conflict")


async def test_what_was_changed_since_is_left_alone_and_named(desk: Desk, add_user: AddUser) -> None:
    await add_user("old")
    role = (await desk.person.send("POST", "/roles", {"code": "clerk", "name": "Clerk"})).json()["id"]
    names = ("ann", "bob", "cid", "dan")
    done = await desk.do("users", [USERS[:2], *((name, name) for name in names), ("old", "Other")])
    users = await _users(desk)
    await desk.person.send("PATCH", f"/users/{users['bob'].id}", {"display_name": "Changed"})
    await desk.person.send("PATCH", f"/users/{users['cid'].id}", {"role_ids": [role]})
    await desk.person.send("DELETE", f"/users/{users['dan'].id}")
    await desk.person.send("PATCH", f"/users/{users['old'].id}", {"email": "x@example.org"})
    found = await desk.go_on(done["id"], "undo")
    assert (found["undone_count"], found["kept_count"]) == (1, 4)
    assert sorted(await desk.issues(done["id"])) == [
        ("row 3", "changed_since"), ("row 4", "changed_since"), ("row 5", "gone"), ("row 6", "changed_since"),
    ]  # fmt: skip
    assert set(await _users(desk)) == {"grace", "bob", "cid", "old"}


async def test_the_time_for_it_ends(desk: Desk) -> None:
    done = await desk.do("users", [USERS[:2], ("ann", "Ann")])
    waiting = await desk.check("users", workbook([USERS[:2], ("bob", "Bob")]))
    async with desk.studio.database.work() as work:
        await (await work.writing()).execute(update(Import).values(kept_until=utc_now() - timedelta(seconds=1)))
    for import_id, verb in ((done["id"], "undo"), (waiting["id"], "confirm")):
        answer = await desk.person.send("POST", f"/imports/{import_id}/{verb}")
        assert (answer.status_code, problem_code(answer)) == (409, "conflict")
    assert (await desk.get(done["id"]))["may_undo"] is False


async def test_it_goes_on_where_it_was_interrupted(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tasks, "ROWS_AT_ONCE", 2)
    rows = [USERS[:2], *((f"u{number}", "U") for number in range(7))]
    found = await desk.check("users", workbook(rows))
    real, calls = repository.set_counts, 0

    async def dies(*arguments: Any) -> None:
        nonlocal calls
        calls += 1
        if calls == 3:
            raise JobError("test", "Killed.")
        await real(*arguments)

    monkeypatch.setattr(repository, "set_counts", dies)
    broken = await desk.go_on(found["id"], "confirm")
    assert (broken["state"], broken["create_count"], broken["may_undo"]) == ("broken_off", 4, True)
    assert len(await _users(desk)) == 1 + 4
    monkeypatch.undo()
    done = await desk.go_on(found["id"], "confirm")
    assert (done["state"], done["create_count"], len(await _users(desk))) == ("done", 7, 1 + 7)
    assert (await desk.go_on(found["id"], "undo"))["undone_count"] == 7
    assert len(await _users(desk)) == 1


async def test_a_template_explains_itself_and_can_be_filled_in(desk: Desk) -> None:
    await desk.person.send("POST", "/roles", {"code": "clerk", "name": "Clerk"})
    for locale, first in (("en", "User name"), ("zh-CN", "用户名")):
        answer = await desk.person.send("GET", f"/sheets/users/template?locale={locale}")
        assert answer.status_code == 200
        book = load_workbook(io.BytesIO(answer.content))
        page: Any = book.worksheets[0]
        assert page["A1"].value == first
        assert page["A1"].comment is not None
        rules = {str(rule.sqref).partition("2:")[0]: rule for rule in page.data_validations.dataValidation}
        assert rules["E"].formula1 == "choices!$E$1:$E$2"
        assert next(cell.value for cell in book["choices"]["D"]) == "clerk"
        assert book["choices"].sheet_state == "hidden"
        for position, value in enumerate(("ann", "Ann", "", "clerk", page.parent["choices"]["E1"].value), 1):
            page.cell(2, position, value)
        filled = io.BytesIO()
        book.save(filled)
        found = await desk.check("users", filled.getvalue())
        assert (found["create_count"], found["error_count"]) == (1, 0), await desk.issues(found["id"])


async def test_the_marked_workbook_says_what_is_wrong_where(desk: Desk) -> None:
    rows = [USERS, ("ann", "Ann", "=nonsense", "", "perhaps"), ("", "Bob", "", "", ""), ("cid", "Cid", "", "", "")]
    found = await desk.check("users", workbook(rows), locale="zh-CN")
    content = (await desk.person.client.get(found["annotated_url"])).content
    page: Any = load_workbook(io.BytesIO(content)).active
    marked = {
        cell.coordinate: cell.comment.text for row in page.iter_rows() for cell in row if cell.comment is not None
    }
    assert marked == {"C2": "不是有效的邮箱地址。", "E2": "不在可选项中。", "A3": "此项必填。"}
    assert page["C2"].fill.fgColor.rgb == "00F8D0CC"
    assert (page["C2"].value, page["C2"].data_type, page["C2"].quotePrefix) == ("=nonsense", "s", True)
    assert rows_of(content)[3][:2] == ["cid", "Cid"]
    assert rows_of(content)[1][-1] == "E-mail: 不是有效的邮箱地址。; Active: 不在可选项中。"


async def test_what_no_import_needs_is_swept(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    done = await desk.do("users", [USERS[:2], ("ann", "Ann")])
    await desk.export("users")
    folder = desk.studio.app.state.settings.output_path / "sheets"
    assert len(list(folder.iterdir())) == 2
    context = desk.studio.context(await desk.studio.job(done["job_id"]))
    assert await tasks.sweep(context, tasks.Sweep()) == {"files": 0, "changes": 0}
    monkeypatch.setattr("app.core.files.time.time", lambda: utc_now().timestamp() + 25 * 3600)
    assert await tasks.sweep(context, tasks.Sweep()) == {"files": 1, "changes": 0}
    async with desk.studio.database.work() as work:
        await (await work.writing()).execute(update(Import).values(kept_until=utc_now() - timedelta(seconds=1)))
    assert await tasks.sweep(context, tasks.Sweep()) == {"files": 1, "changes": 1}
    assert list(folder.iterdir()) == []

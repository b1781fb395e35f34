"""Lists as workbooks: the rows and the order of the page, words of the reader, nothing that runs."""

import io
import re
from datetime import timedelta
from typing import Any

import pytest
from openpyxl import load_workbook
from sqlalchemy import update

from app.core.clock import utc_now
from app.core.crud import Place
from app.core.database import Database
from app.iam.users.models import User
from app.iam.users.repository import users
from app.iam.users.schemas import UserQuery
from app.jobs import JobError
from app.system.seed import ensure_dictionaries
from app.transfer import workbook as books
from app.transfer.exports import service, tasks
from tests.app.harness import AddUser, problem_code
from tests.app.iam.conftest import Holder
from tests.app.transfer.conftest import Desk, rows_of

FORMULAS = ("=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "#N/A", "plain")


async def test_rows_order_and_columns_as_they_were_asked_for(desk: Desk, add_user: AddUser) -> None:
    for number in range(7):
        await add_user(f"u{number}", is_active=number % 2 == 0)
    query = {"sort": "-username", "is_active": "true"}
    job, content = await desk.export("users", query=query, columns=["display_name", "username"], locale="zh-CN")
    rows = rows_of(content)
    assert rows == [["姓名", "用户名"], *([f"U{n}", f"u{n}"] for n in (6, 4, 2, 0)), ["Grace", "grace"]]
    assert (job.title, job.result and job.result["rows"]) == ("用户 → Excel", 5)


async def test_values_are_in_words_and_times_in_the_readers_zone(desk: Desk) -> None:
    await ensure_dictionaries(desk.studio.database)
    await desk.person.send("POST", "/activation-codes", {"count": 1, "days": 30})
    wanted = ["days", "is_enabled", "state", "created_at", "deadline"]
    _, english = await desk.export("activation_codes", columns=wanted, time_zone="Asia/Shanghai")
    _, chinese = await desk.export("activation_codes", columns=wanted, locale="zh-CN")
    (row,) = rows_of(english)[1:]
    assert (row[:3], row[4]) == ([30, "Yes", "Unused"], None)
    assert abs(row[3] - (utc_now().replace(tzinfo=None) + timedelta(hours=8))) < timedelta(minutes=5)
    assert rows_of(chinese)[1][1:3] == ["是", "未使用"]
    items = (await desk.person.send("GET", "/dictionary-items?q=unused")).json()["items"]
    await desk.person.send("PATCH", f"/dictionary-items/{items[0]['id']}", {"label": "Fresh"})
    _, renamed = await desk.export("activation_codes", columns=wanted, locale="zh-CN")
    assert rows_of(renamed)[1][2] == "Fresh"


async def test_no_cell_is_taken_for_a_formula_and_none_gets_another_character(desk: Desk) -> None:
    async with desk.studio.database.work() as work:
        session = await work.writing()
        for number, text in enumerate(FORMULAS):
            session.add(User(username=f"u{number}", display_name=text, password_hash="x"))
    _, content = await desk.export("users", query={"sort": "username"}, columns=["display_name"])
    page: Any = load_workbook(io.BytesIO(content)).active
    cells = [row[0] for row in page.iter_rows(min_row=3)]
    assert [cell.value for cell in cells] == list(FORMULAS)
    assert {cell.data_type for cell in cells} == {"s"}
    assert [cell.quotePrefix for cell in cells] == [True] * 5 + [False] * 2


async def test_a_list_longer_than_a_sheet_goes_on_in_the_next(
    desk: Desk, add_user: AddUser, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(books, "MOST_ROWS", 4)
    for number in range(7):
        await add_user(f"u{number}")
    _, content = await desk.export("users", query={"sort": "username"}, columns=["username"])
    assert load_workbook(io.BytesIO(content)).sheetnames == ["Users", "Users (2)", "Users (3)"]
    sheets = [[row[0] for row in rows_of(content, number)] for number in range(3)]
    assert sheets == [["User name", "grace", "u0", "u1"], ["User name", "u2", "u3", "u4"], ["User name", "u5", "u6"]]


@pytest.mark.parametrize("sort", ["last_login_at", "-last_login_at", "display_name", "-created_at"])
async def test_a_walk_meets_every_row_once_in_the_order_of_the_list(
    database: Database, add_user: AddUser, sort: str
) -> None:
    now = utc_now()
    for number in range(11):
        login = None if number % 3 == 0 else now - timedelta(hours=number // 2)
        await add_user(f"u{number}", last_login_at=login)
    async with database.work() as work:
        await (await work.writing()).execute(update(User).where(User.id > 6).values(display_name="Same"))
    query = UserQuery.model_validate({"sort": sort, "page_size": 100})
    place: Place | None = Place()
    found: list[User] = []
    async with database.work() as work, work.reading() as session:
        page = await users.page(session, query)
        while place is not None:
            rows, place = await users.stretch(session, query, place, 2)
            found += rows
    assert [row.id for row in found] == [row.id for row in page]
    assert len(found) == 11


async def test_what_is_asked_wrong_is_refused_by_name(desk: Desk) -> None:
    for body, place in (
        ({"query": {"sort": "password_hash"}}, ["body", "query", "sort"]),
        ({"query": {"colour": "red"}}, ["body", "query", "colour"]),
        ({"columns": ["password_hash"]}, ["body", "columns"]),
        ({"time_zone": "Mars"}, ["body", "time_zone"]),
        ({"locale": "tlh"}, ["body", "locale"]),
    ):
        answer = await desk.person.send("POST", "/exports", {"resource": "users", **body})
        assert (answer.status_code, answer.json()["errors"][0]["loc"]) == (422, place), body
    assert (await desk.person.send("POST", "/exports", {"resource": "secrets"})).status_code == 404


async def test_each_list_takes_its_own_right_and_it_is_asked_again(
    desk: Desk, holder: Holder, database: Database
) -> None:
    ada = await holder("ada", "perm:parameter:get")
    for resource, status in (("parameters", 202), ("users", 403), ("activation_codes", 403)):
        assert (await ada.send("POST", "/exports", {"resource": resource})).status_code == status, resource
    (shown,) = (await ada.send("GET", "/sheets")).json()
    assert (shown["resource"], shown["may_export"], shown["may_import"]) == ("parameters", True, False)
    job = (await ada.send("POST", "/exports", {"resource": "parameters"})).json()["id"]
    async with database.work() as work:
        await (await work.writing()).execute(update(User).where(User.username == "ada").values(is_active=False))
    ended = await desk.studio.run(job)
    assert (ended.state, ended.error_code) == ("failed", "permission_denied")


async def test_the_link_opens_one_file_and_ends(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    job, _ = await desk.export("users")
    assert job.result is not None
    link = job.result["download_url"]
    name = (await desk.person.client.get(link)).headers["content-disposition"]
    assert re.search(r"Users%20\d{4}-\d\d-\d\d\.xlsx", name)
    key = link.partition("?")[0].rpartition("/")[2]
    for wrong in (link.replace(key, "0" * 32), re.sub("signature=....", "signature=0000", link)):
        answer = await desk.person.client.get(wrong)
        assert (answer.status_code, problem_code(answer)) == (410, "link_invalid")
    monkeypatch.setattr("app.core.links.time", lambda: utc_now().timestamp() + 24 * 3600 + 5)
    assert (await desk.person.client.get(link)).status_code == 410


async def test_what_fails_leaves_nothing_behind(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    async def ask() -> str | None:
        job = (await desk.person.send("POST", "/exports", {"resource": "users"})).json()["id"]
        return (await desk.studio.run(job)).error_code

    with monkeypatch.context() as patch:
        patch.setattr(tasks, "KEPT_FREE", 10**18)
        assert await ask() == "disk_full"
    real, calls = service.shown, 0

    async def breaks(*arguments: Any) -> Any:
        nonlocal calls
        calls += 1
        if calls > 15:  # in the second batch
            raise JobError("test", "Half-way.")
        return await real(*arguments)

    monkeypatch.setattr(service, "shown", breaks)
    monkeypatch.setattr(service, "ROWS_AT_ONCE", 1)
    async with desk.studio.database.work() as work:
        (await work.writing()).add(User(username="b", display_name="B", password_hash="x"))
    assert await ask() == "test"
    assert list((desk.studio.app.state.settings.output_path / books.FOLDER).iterdir()) == []


async def test_every_list_exports_every_column(desk: Desk) -> None:
    await ensure_dictionaries(desk.studio.database)
    sheets = (await desk.person.send("GET", "/sheets?locale=zh-CN")).json()
    assert len(sheets) == 8
    for sheet in sheets:
        _, content = await desk.export(sheet["resource"], locale="zh-CN")
        assert rows_of(content)[0] == [column["heading"] for column in sheet["columns"]], sheet["resource"]

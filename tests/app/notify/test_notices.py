"""Notices: who is told, in which words and language, and what each person does with them."""

import pytest
from fastapi import FastAPI
from sqlalchemy import select

from app.core.database import Database
from app.core.events.models import Event
from app.core.notices import ADMINISTRATORS, ALERT, alert, find_notice, notify
from app.core.notices.wording import WordingError, check_wording, fill_in
from app.jobs import JobError, JobState
from app.jobs.models import Job
from app.jobs.service import JOB_FAILED, end
from app.notify.inbox.models import InboxNotice
from tests.app.harness import AddUser, Person, SignInAs, problem_code
from tests.app.iam.conftest import Holder
from tests.app.notify.conftest import AddChannel, rows
from tests.app.smtp import Catcher, html_of, text_of

EVIL = "<img src=x onerror=alert(1)>\r\nBcc: victim@example.test\u2028${details} @all"


async def tell(database: Database, to: object, title: str = "Report", link: str = "/jobs?job=7") -> None:
    async with database.work() as work:
        values = {"title": title, "reason": "Because."}
        await notify(await work.writing(), JOB_FAILED, to=to, values=values, link=link)  # type: ignore[arg-type]


async def inbox_of(person: Person, query: str = "") -> list[dict[str, object]]:
    answer = await person.send("GET", f"/inbox{query}")
    assert answer.status_code == 200, answer.text
    items: list[dict[str, object]] = answer.json()["items"]
    return items


async def unread(person: Person) -> int:
    number: int = (await person.send("GET", "/inbox/unread")).json()["unread"]
    return number


async def test_who_is_told(
    app: FastAPI, database: Database, admin: Person, holder: Holder, sign_in_as: SignInAs, add_user: AddUser
) -> None:
    ada, ben = await holder("ada", "perm:job:get"), await sign_in_as("ben")
    gone = await add_user("gone", is_active=False, is_administrator=True)
    await add_user("probe", is_system=True, is_administrator=True)
    for to, told in (
        (ADMINISTRATORS, {admin.user.id}),
        ("perm:job:get", {admin.user.id, ada.user.id}),
        ([ben.user.id, gone.id, 999], {ben.user.id}),
        ([], set()),
    ):
        async with database.work() as work, work.reading() as session:
            before = set(await session.scalars(select(InboxNotice.id)))
        await tell(database, to)
        async with database.work() as work, work.reading() as session:
            found = await session.scalars(select(InboxNotice).where(InboxNotice.id.not_in(before)))
            assert {row.user_id for row in found} == told, to
    with pytest.raises(ValueError, match="no audience"):
        await tell(database, "perm:no_such:label")


async def test_a_notice_stands_in_both_languages_and_links(database: Database, admin: Person) -> None:
    await tell(database, [admin.user.id])
    (item,) = await inbox_of(admin)
    assert item["texts"] == [
        {"locale": "en", "subject": "Failed: Report", "body": "The job “Report” failed.\n\nBecause."},
        {"locale": "zh-CN", "subject": "任务失败：Report", "body": "任务“Report”执行失败。打开任务可查看原因并重试。"},
    ]
    assert (item["link"], item["read_at"]) == ("/jobs?job=7", None)


@pytest.mark.parametrize("link", ["//evil.test", "https://evil.test", "javascript:alert(1)", "/\\evil", "x", "/a b"])
async def test_a_notice_leads_nowhere_else(database: Database, admin: Person, link: str) -> None:
    with pytest.raises(ValueError, match="path of the front end"):
        await tell(database, [admin.user.id], link=link)


async def test_what_is_taken_back_tells_nobody(database: Database, admin: Person) -> None:
    async def fail() -> None:
        async with database.work() as work:
            await alert(await work.writing(), "x.y", {})
            raise RuntimeError("taken back")

    with pytest.raises(RuntimeError, match="taken back"):
        await fail()
    assert await inbox_of(admin) == []
    assert await rows(database) == []


async def test_reading_and_deleting(database: Database, admin: Person, sign_in_as: SignInAs) -> None:
    ben = await sign_in_as("ben")
    for _ in range(3):
        await tell(database, [admin.user.id])
    ids = [item["id"] for item in await inbox_of(admin)]
    assert await unread(admin) == 3
    assert (await admin.send("POST", "/inbox/mark", {"ids": ids[:1], "is_read": True})).status_code == 204
    assert len(await inbox_of(admin, "?is_read=false")) == await unread(admin) == 2
    assert [item["id"] for item in await inbox_of(admin, "?is_read=true")] == ids[:1]
    await admin.send("POST", "/inbox/mark", {"ids": ids[:1], "is_read": False})
    await admin.send("POST", "/inbox/batch-delete", {"ids": ids[:2]})
    assert await unread(admin) == 1
    await admin.send("POST", "/inbox/restore", {"ids": ids[:2]})
    await admin.send("POST", "/inbox/mark-all")
    assert await unread(admin) == 0
    for path, body in (("mark", {"is_read": True}), ("batch-delete", {}), ("restore", {})):
        answer = await ben.send("POST", f"/inbox/{path}", {"ids": ids, **body})
        assert problem_code(answer) == "not_found"
    assert await inbox_of(ben) == []
    async with database.work() as work, work.reading() as session:
        told = list(await session.scalars(select(Event).where(Event.name == "inbox").order_by(Event.id)))
    assert len(told) == 8  # three notices, two marks, a deletion, its undoing, all
    assert {event.user_id for event in told} == {admin.user.id}


async def test_wishes(database: Database, admin: Person, smtp: Catcher) -> None:
    kept = (await admin.send("GET", "/inbox/preferences")).json()
    assert kept["can_mail"] is True
    wishes = {item["kind"]: (item["inbox"], item["mail"], item["is_default"]) for item in kept["items"]}
    assert (wishes["job.failed"], wishes["system.alert"]) == ((True, False, True), (True, True, True))
    wish = {"kind": "job.failed", "inbox": False, "mail": True}
    assert (await admin.send("PUT", "/inbox/preferences", wish)).status_code == 204
    await tell(database, [admin.user.id])
    (letter,) = await smtp.wait(1)
    assert (letter["To"], letter["Subject"]) == ("grace@example.test", "Failed: Report")
    assert "https://groundwork.test/jobs?job=7" in text_of(letter)
    assert await inbox_of(admin) == []
    assert (await admin.send("PUT", "/inbox/preferences", {**wish, "kind": "no.such"})).status_code == 422


async def test_mail_speaks_the_persons_language(database: Database, sign_in_as: SignInAs, smtp: Catcher) -> None:
    await sign_in_as("mei", is_administrator=True, email="mei@example.test", locale="zh-CN")
    async with database.work() as work:
        await alert(await work.writing(), "disk.full", {"host": "web-1"})
    (letter,) = await smtp.wait(1)
    assert letter["Subject"] == "Groundwork：disk.full"


async def test_nothing_is_smuggled(
    app: FastAPI, database: Database, admin: Person, smtp: Catcher, add_channel: AddChannel
) -> None:
    wish = {"kind": "job.failed", "inbox": True, "mail": True}
    await admin.send("PUT", "/inbox/preferences", wish)
    await tell(database, [admin.user.id], EVIL)
    (letter,) = await smtp.wait(1)
    assert letter["Bcc"] is None
    assert "\n" not in letter["Subject"]
    assert "${details}" in letter["Subject"]  # a value is not looked into again
    assert "<img" not in html_of(letter)
    assert "&lt;img src=x onerror=alert(1)&gt;" in html_of(letter)


async def test_texts_can_be_changed_and_put_back(database: Database, admin: Person) -> None:
    path = "/notice-templates/job.failed/en"
    text = {"subject": "${title}: $$5 lost", "body": "Oh no.\n\n${reason} (${product})"}
    shown = await admin.send("POST", "/notice-templates/job.failed/preview", {**text, "locale": "en"})
    assert shown.json()["subject"] == "Monthly report: $5 lost"
    assert "The file could not be written. (Groundwork)" in shown.json()["text"]
    assert (await admin.send("PUT", path, text)).status_code == 204
    await tell(database, [admin.user.id])
    assert (await admin.send("PUT", path, {**text, "body": "Changed again."})).status_code == 204
    assert (await admin.send("DELETE", path)).status_code == 204
    await tell(database, [admin.user.id])
    subjects = [item["texts"][0]["subject"] for item in await inbox_of(admin)]  # type: ignore[index]
    assert subjects == ["Failed: Report", "Report: $5 lost"]
    (kind,) = [row for row in (await admin.send("GET", "/notice-templates")).json() if row["kind"] == "job.failed"]
    assert [row["is_changed"] for row in kind["texts"]] == [False, False]
    assert (await admin.send("PUT", "/notice-templates/no.such/en", text)).status_code == 404
    assert (await admin.send("PUT", "/notice-templates/job.failed/tlh", text)).status_code == 422


@pytest.mark.parametrize(
    ("text", "rule"),
    [
        ("${nobody}", "unknown_variable"),
        ("$title", "wording_invalid"),
        ("${title.__class__}", "wording_invalid"),
        ("${title", "wording_invalid"),
        ("5 $", "wording_invalid"),
        ("${}", "wording_invalid"),
    ],
)
async def test_a_text_that_cannot_be_filled_in_is_refused(admin: Person, text: str, rule: str) -> None:
    for body in ({"subject": text, "body": "x"}, {"subject": "x", "body": text}):
        answer = await admin.send("PUT", "/notice-templates/job.failed/en", body)
        assert answer.json()["errors"][0]["code"] == rule
    with pytest.raises(WordingError):
        check_wording(text, ["title"])


def test_values_are_put_in_as_they_are() -> None:
    assert fill_in("$$ ${a} {b} %s", {"a": "${b} $$ {0}"}) == "$ ${b} $$ {0} {b} %s"


async def test_rules_say_what_goes_where(admin: Person, add_channel: AddChannel, database: Database) -> None:
    await add_channel("wecom", name="Alerts")
    await add_channel("generic", name="Jobs", all_alerts=False, notices=["job.failed"])
    await add_channel("feishu", name="Off", is_enabled=False)
    kinds = {row["kind"]: row["channels"] for row in (await admin.send("GET", "/notice-templates")).json()}
    assert (kinds["system.alert"], kinds["job.failed"]) == (["Alerts"], ["Jobs"])
    await tell(database, [admin.user.id])
    async with database.work() as work:
        await alert(await work.writing(), "x.y", {})
    assert {(row.recipient, row.kind) for row in await rows(database) if row.medium != "mail"} == {
        ("Jobs", "job.failed"),
        ("Alerts", "system.alert"),
    }


async def test_an_alert_takes_the_words_of_its_own_kind(database: Database, admin: Person) -> None:
    assert find_notice(ALERT.code) is ALERT
    async with database.work() as work:
        session = await work.writing()
        await alert(session, "job.failed", {"title": "x", "reason": "y"})  # no alert, so in general words
        await alert(session, "system.alert", {"code": "a.b", "details": "own words"})
    subjects = {item["texts"][0]["subject"] for item in await inbox_of(admin)}  # type: ignore[index]
    assert subjects == {"Groundwork: job.failed", "Groundwork: a.b"}


async def test_values_are_checked(database: Database) -> None:
    for values in ({}, {"title": "x"}, {"title": "x", "reason": 1}, {"title": "x", "reason": "y", "more": "z"}):
        with pytest.raises(ValueError, match=r"takes|must be"):
            async with database.work() as work:
                await notify(await work.writing(), JOB_FAILED, to=[], values=values)  # type: ignore[arg-type]


@pytest.mark.parametrize(("queue", "told"), [("images", 1), ("chat", 0)])
async def test_the_owner_of_a_job_hears_that_it_failed(
    database: Database, sign_in_as: SignInAs, queue: str, told: int
) -> None:
    ada = await sign_in_as("ada")
    async with database.work() as work:
        session = await work.writing()
        job = Job(kind="test.made", queue=queue, title="Cats", payload={}, user_id=ada.user.id, attempts=0)
        session.add(job)
        await session.flush()
        await end(session, job, JobState.FAILED, error=JobError("x", "The paint ran out."))
    items = await inbox_of(ada)
    assert len(items) == told
    assert all(item["link"] == f"/jobs?job={job.id}" and "The paint ran out." in str(item["texts"]) for item in items)

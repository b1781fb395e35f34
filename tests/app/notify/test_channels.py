"""Channels against simulators that check signatures: what arrives, how it fails in words, and what is never told."""

from datetime import timedelta
from typing import Any

import pytest
from fastapi import FastAPI

from app.core.clock import utc_now
from app.core.database import Database
from app.core.notices import alert
from app.jobs import JobState
from app.notify import tasks
from app.notify.models import OutboxMessage, OutboxState
from tests.app.harness import Person, problem_code
from tests.app.iam.conftest import Holder
from tests.app.images.studio import Studio
from tests.app.notify.conftest import URLS, AddChannel, jobs, rows
from tests.app.notify.test_outbox import due_now
from tests.app.smtp import Catcher
from tests.simulators import robots

ROBOTS = ("dingtalk", "feishu", "wecom", "generic")


async def send_one(app: FastAPI, studio: Studio) -> OutboxMessage:
    """Raise an alert, let its message be tried once, and see how that went."""
    database: Database = app.state.database
    async with database.work() as work:
        await alert(await work.writing(), "disk.full", {"host": "web-1"}, "/system")
    while not await studio.run_all(tasks.DELIVER):
        await app.state.delivery.deliver_due()
    return (await rows(database))[-1]


def words_of(kind: str, message: dict[str, Any]) -> str:
    if kind == "feishu":
        (post,) = message["content"]["post"].values()
        return str(post["title"]) + "".join(piece["text"] for line in post["content"] for piece in line)
    if kind == "generic":
        return "".join((message["subject"], message["text"], message["link"]))
    return str(message["text"]["content"])


@pytest.mark.parametrize("kind", ROBOTS)
async def test_a_signed_message_arrives(
    app: FastAPI, studio: Studio, group: robots.Group, add_channel: AddChannel, kind: str
) -> None:
    channel = await add_channel(kind)
    row = await send_one(app, studio)
    assert (row.state, row.attempts, row.medium, row.recipient) == (OutboxState.SENT, 1, kind, channel.name)
    assert (row.text, row.link) == ("", "")
    (message,) = group.messages
    words = words_of(kind, message)
    assert "disk.full" in words
    assert "host: web-1" in words
    assert "https://groundwork.test/system" in words
    (job,) = await jobs(app.state.database)
    assert (job.kind, job.state, job.user_id) == (tasks.DELIVER, JobState.DONE, None)


async def test_a_channel_speaks_its_language(
    app: FastAPI, studio: Studio, group: robots.Group, add_channel: AddChannel
) -> None:
    await add_channel("feishu", locale="zh-CN")
    await send_one(app, studio)
    assert "有情况需要处理" in words_of("feishu", group.messages[0])
    assert set(group.messages[0]["content"]["post"]) == {"zh_cn"}


FAILURES = [
    # kind, what is different at the robot, code, whether it is tried again
    ("dingtalk", {"secret": "another"}, "channel_signature", False),
    ("dingtalk", {"keyword": "magic"}, "channel_keyword", False),
    ("dingtalk", {"fate": ["rate"]}, "channel_rate_limited", True),
    ("feishu", {"secret": "another"}, "channel_signature", False),
    ("feishu", {"keyword": "magic"}, "channel_keyword", False),
    ("feishu", {"fate": ["rate"]}, "channel_rate_limited", True),
    ("wecom", {"fate": ["rate"]}, "channel_rate_limited", True),
    ("generic", {"secret": "another"}, "channel_signature", False),
    *((kind, {"fate": ["500"]}, "channel_broken", True) for kind in ROBOTS),
    *((kind, {"fate": ["429"]}, "channel_rate_limited", True) for kind in ROBOTS),
    *((kind, {"fate": ["elsewhere"]}, "channel_moved", False) for kind in ("dingtalk", "generic")),
    *(("feishu", {"fate": [fate]}, "channel_broken", True) for fate in ("html", "array", "numberless", "giant")),
]


@pytest.mark.parametrize(("kind", "change", "code", "again"), FAILURES)
async def test_a_failure_is_told_in_words(
    app: FastAPI,
    studio: Studio,
    group: robots.Group,
    add_channel: AddChannel,
    kind: str,
    change: dict[str, Any],
    code: str,
    again: bool,
) -> None:
    await add_channel(kind)
    for name, value in change.items():
        setattr(group, name, value)
    row = await send_one(app, studio)
    assert (row.error_code, row.state) == (code, OutboxState.WAITING if again else OutboxState.FAILED)
    assert f"Ops {kind}" in (row.last_error or "")
    assert row.text  # kept, so that it can be sent again
    for secret in (robots.SECRET, robots.TOKEN, "access_token"):
        assert secret not in (row.last_error or "")
    assert group.messages == []


async def test_a_removed_robot(
    app: FastAPI, studio: Studio, robot: tuple[str, robots.Group], add_channel: AddChannel
) -> None:
    for number, url in enumerate((f"{robots.DINGTALK}?access_token=gone", "/nowhere")):
        await add_channel("dingtalk", name=f"Gone {number}", url=robot[0] + url)
    await send_one(app, studio)
    await app.state.delivery.deliver_due()
    await studio.run_all(tasks.DELIVER)
    assert {(row.error_code, row.state) for row in await rows(app.state.database)} == {("channel_unknown", "failed")}


async def test_a_mute_service_is_left(
    app: FastAPI, studio: Studio, group: robots.Group, add_channel: AddChannel, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("app.notify.channels.sending.send.__kwdefaults__", {"seconds": 0.1})
    await add_channel("wecom")
    group.fate = ["mute"]
    row = await send_one(app, studio)
    assert (row.error_code, row.state) == ("channel_timeout", OutboxState.WAITING)


async def test_it_is_tried_again_when_the_service_says_so(
    app: FastAPI, studio: Studio, group: robots.Group, add_channel: AddChannel, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tasks, "BACKOFF_SECONDS", (0, 3600))  # or the app's own delivery is quicker than the test
    await add_channel("generic")
    group.fate = ["429", "500"]
    row = await send_one(app, studio)
    wait = row.next_attempt_at - utc_now()
    assert timedelta(seconds=5) < wait <= timedelta(seconds=7)  # Retry-After: 7
    await app.state.delivery.deliver_due()
    assert await studio.run_all(tasks.DELIVER) == []
    for attempts, state in ((2, OutboxState.WAITING), (3, OutboxState.SENT)):
        await due_now(app.state.database)
        await app.state.delivery.deliver_due()
        await studio.run_all(tasks.DELIVER)
        (row,) = await rows(app.state.database)
        assert (row.attempts, row.state) == (attempts, state)
    assert len({headers["X-Webhook-Id"] for headers in group.headers}) == len(group.messages) == 1
    assert [job.state for job in await jobs(app.state.database)] == ["failed", "failed", "done"]


async def test_a_limit_of_dingtalk_is_waited_out(
    app: FastAPI, studio: Studio, group: robots.Group, add_channel: AddChannel
) -> None:
    await add_channel("dingtalk")
    group.fate = ["rate"]
    row = await send_one(app, studio)
    assert row.next_attempt_at > utc_now() + timedelta(minutes=9)


async def test_attempts_are_bounded(
    app: FastAPI, studio: Studio, group: robots.Group, add_channel: AddChannel, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tasks, "BACKOFF_SECONDS", (0, 0))
    await add_channel("generic")
    group.fate = ["500"] * 9
    await send_one(app, studio)
    for _ in range(4):
        await app.state.delivery.deliver_due()
        await studio.run_all(tasks.DELIVER)
    (row,) = await rows(app.state.database)
    assert (row.state, row.attempts, group.asked) == (OutboxState.FAILED, 3, 3)


async def test_a_message_whose_words_are_long_is_cut(
    app: FastAPI, studio: Studio, group: robots.Group, add_channel: AddChannel
) -> None:
    await add_channel("wecom")
    async with app.state.database.work() as work:
        await alert(await work.writing(), "x.y", {f"k{number}": "字" * 400 for number in range(4)}, "/system")
    await app.state.delivery.deliver_due()
    await studio.run_all(tasks.DELIVER)
    assert group.messages[0]["text"]["content"].endswith("…\n\nhttps://groundwork.test/system")


async def test_a_channel_by_mail(app: FastAPI, smtp: Catcher, add_channel: AddChannel, database: Database) -> None:
    await add_channel("email", address="ops@example.test")
    async with database.work() as work:
        await alert(await work.writing(), "disk.full", {"host": "web-1"})
    (letter,) = await smtp.wait(1)
    assert (letter["To"], letter["Subject"]) == ("ops@example.test", "Groundwork: disk.full")


async def test_a_channel_that_went_meanwhile(
    app: FastAPI, studio: Studio, group: robots.Group, add_channel: AddChannel, admin: Person
) -> None:
    channel = await add_channel("wecom")
    async with app.state.database.work() as work:
        await alert(await work.writing(), "disk.full", {"host": "web-1"})
    await admin.send("POST", "/notice-channels/batch-enable", {"ids": [channel.id], "is_enabled": False})
    await app.state.delivery.deliver_due()
    await studio.run_all(tasks.DELIVER)
    (row,) = [row for row in await rows(app.state.database) if row.medium == "wecom"]
    assert (row.error_code, row.state, group.asked) == ("channel_gone", OutboxState.FAILED, 0)


async def test_the_test_button(admin: Person, group: robots.Group, add_channel: AddChannel, smtp: Catcher) -> None:
    for kind in (*ROBOTS, "email"):
        channel = await add_channel(kind, **({"address": "ops@example.test"} if kind == "email" else {}))
        answer = await admin.send("POST", f"/notice-channels/{channel.id}/test")
        assert answer.json() | {"ms": 0} == {"ok": True, "ms": 0, "error_code": None, "error": None, "said": None}
    assert (len(group.messages), len(smtp.letters)) == (4, 1)
    group.secret = "another"
    answer = (await admin.send("POST", "/notice-channels/1/test")).json()
    assert (answer["ok"], answer["error_code"]) == (False, "channel_signature")
    assert "sign not match" in answer["said"]
    smtp.recipient_answers = ["550 no such mailbox"]
    assert (await admin.send("POST", "/notice-channels/5/test")).json()["error_code"] == "mail_refused"


async def test_no_secret_is_told(admin: Person, database: Database, robot: tuple[str, robots.Group]) -> None:
    url = robot[0] + URLS["dingtalk"]
    body = {"name": "Ops", "kind": "dingtalk", "url": url, "secret": robots.SECRET, "allow_private": True}
    made = await admin.send("POST", "/notice-channels", body)
    assert made.status_code == 201, made.text
    assert made.json()["host"] == robot[0].removeprefix("http://")
    assert made.json()["has_secret"] is True
    changed = await admin.send("PATCH", f"/notice-channels/{made.json()['id']}", {"secret": f"{robots.SECRET}2"})
    logged = await admin.send("GET", "/operation-logs")
    details = [await admin.send("GET", f"/operation-logs/{item['id']}") for item in logged.json()["items"]]
    told = "".join(answer.text for answer in (made, changed, logged, *details))
    kept = database.settings.database_path.read_bytes()
    wal = database.settings.database_path.with_name(f"{database.settings.database_path.name}-wal")
    kept += wal.read_bytes() if wal.exists() else b""
    for secret in (robots.SECRET, robots.TOKEN):
        assert secret not in told
        assert secret.encode() not in kept


REFUSED = [
    ({"url": "ftp://x.test/"}, "url"),
    ({"url": "http://user@x.test/"}, "url"),
    ({"url": "http://127.0.0.1/hook"}, "url"),
    ({"url": "http://169.254.169.254/latest", "allow_private": True}, "url"),
    ({"url": None}, "url"),
    ({"kind": "email"}, "address"),
    ({"kind": "email", "address": "a@b"}, "address"),
    ({"notices": ["no.such"]}, "notices"),
    ({"locale": "tlh"}, "locale"),
]


@pytest.mark.parametrize(("change", "field"), REFUSED)
async def test_what_makes_no_channel(admin: Person, change: dict[str, Any], field: str) -> None:
    body = {"name": "Ops", "kind": "generic", "url": "https://hooks.example.org/x", **change}
    answer = await admin.send("POST", "/notice-channels", body)
    assert problem_code(answer) == "validation_failed"
    assert field in answer.json()["errors"][0]["loc"]


async def test_a_name_that_leads_inside_is_refused_when_it_is_asked(admin: Person) -> None:
    body = {"name": "Ops", "kind": "generic", "url": "http://localhost:9/hook"}
    made = (await admin.send("POST", "/notice-channels", body)).json()
    answer = (await admin.send("POST", f"/notice-channels/{made['id']}/test")).json()
    assert answer["error_code"] == "channel_address_refused"


async def test_the_secret_does_not_follow_to_another_address(admin: Person, add_channel: AddChannel) -> None:
    channel = await add_channel("generic")
    path = f"/notice-channels/{channel.id}"
    answer = await admin.send("PATCH", path, {"url": "https://elsewhere.example.org/"})
    assert answer.json()["errors"][0]["code"] == "key_needed"
    assert (await admin.send("PATCH", path, {"url": "https://elsewhere.example.org/", "secret": "new"})).is_success
    assert (await admin.send("PATCH", path, {"name": "Other", "all_alerts": False})).is_success


async def test_only_an_administrator_may_point_inside(holder: Holder) -> None:
    ada = await holder("ada", "perm:notice_channel:create")
    body = {"name": "Ops", "kind": "generic", "url": "http://127.0.0.1/hook", "allow_private": True}
    answer = await ada.send("POST", "/notice-channels", body)
    assert answer.status_code == 403
    assert answer.json()["errors"][0]["code"] == "administrator_only"

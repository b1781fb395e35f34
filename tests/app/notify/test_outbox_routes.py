"""The outbox as a page shows it: what went out, why not, again, and called off."""

from datetime import timedelta

import pytest
from fastapi import FastAPI
from sqlalchemy import update

from app.core.clock import utc_now
from app.core.database import Database
from app.core.notices import alert
from app.jobs import JobState
from app.notify import tasks
from app.notify.models import OutboxMessage, OutboxState
from tests.app.harness import Person, problem_code
from tests.app.images.studio import Studio
from tests.app.notify.conftest import AddChannel, jobs, rows
from tests.app.notify.test_outbox import a_letter, post, settled
from tests.app.smtp import Catcher
from tests.simulators import robots


async def put(database: Database, **columns: object) -> OutboxMessage:
    values = {"message_id": "0" * 32, "recipient": "a@b.test", "subject": "S", "text": "T", "html": "", **columns}
    row = OutboxMessage(next_attempt_at=utc_now(), **values)
    async with database.work() as work:
        (await work.writing()).add(row)
    return row


async def listed(admin: Person, query: str = "") -> list[dict[str, object]]:
    answer = await admin.send("GET", f"/outbox{query}")
    assert answer.status_code == 200, answer.text
    items: list[dict[str, object]] = answer.json()["items"]
    return items


async def test_it_is_searched_and_filtered(database: Database, admin: Person) -> None:
    await put(
        database, state="failed", medium="feishu", recipient="Ops", subject="Disk", kind="system.alert", channel_id=7
    )
    await put(database, state="sent", subject="Welcome")
    for query, subjects in {
        "": {"Disk", "Welcome"},
        "?q=Ops": {"Disk"},
        "?q=elc": {"Welcome"},
        "?state=failed": {"Disk"},
        "?medium=mail": {"Welcome"},
        "?kind=system.alert": {"Disk"},
        "?channel_id=7": {"Disk"},
        "?created_to=2020-01-01T00:00:00Z": set(),
    }.items():
        assert {item["subject"] for item in await listed(admin, query)} == subjects, query
    for query in ("?state=x", "?sort=text", "?colour=red"):
        assert (await admin.send("GET", f"/outbox{query}")).status_code == 422


async def test_words_of_a_letter_are_not_shown(app: FastAPI, smtp: Catcher, admin: Person) -> None:
    smtp.data_answers = ["550 no"]
    await post(app, a_letter(subject="Reset"))
    await settled(app.state.database, OutboxState.FAILED)
    answer = await admin.send("GET", "/outbox")
    assert "token" not in answer.text
    (item,) = answer.json()["items"]
    assert (item["may_retry"], item["may_cancel"], item["error_code"]) == (False, False, "mail_refused")
    assert problem_code(await admin.send("POST", "/outbox/retry", {"ids": [item["id"]]})) == "conflict"


async def test_what_failed_is_sent_again(
    app: FastAPI, admin: Person, studio: Studio, group: robots.Group, add_channel: AddChannel
) -> None:
    await add_channel("dingtalk")
    group.secret = "another"
    async with app.state.database.work() as work:
        await alert(await work.writing(), "disk.full", {"host": "web-1"})
    await app.state.delivery.deliver_due()
    await studio.run_all(tasks.DELIVER)
    (item,) = await listed(admin, "?state=failed")
    assert (item["may_retry"], item["error_code"]) == (True, "channel_signature")
    group.secret = robots.SECRET
    assert (await admin.send("POST", "/outbox/retry", {"ids": [item["id"]]})).status_code == 204
    await app.state.delivery.deliver_due()
    await studio.run_all(tasks.DELIVER)
    (item,) = await listed(admin, "?medium=dingtalk")
    assert (item["state"], item["error_code"], len(group.messages)) == ("sent", None, 1)


@pytest.mark.parametrize("when", ["waiting", "in line"])
async def test_what_waits_is_called_off(
    app: FastAPI, admin: Person, studio: Studio, group: robots.Group, add_channel: AddChannel, when: str
) -> None:
    await add_channel("wecom")
    async with app.state.database.work() as work:
        session = await work.writing()
        await alert(session, "disk.full", {"host": "web-1"})
        if when == "waiting":
            later = utc_now() + timedelta(hours=1)
            await session.execute(update(OutboxMessage).values(next_attempt_at=later))
    if when == "in line":
        await app.state.delivery.deliver_due()
    (item,) = await listed(admin, "?medium=wecom")
    assert (await admin.send("POST", "/outbox/cancel", {"ids": [item["id"]]})).status_code == 204
    await app.state.delivery.deliver_due()
    await studio.run_all(tasks.DELIVER)
    (row,) = [row for row in await rows(app.state.database) if row.medium == "wecom"]
    assert (row.state, row.text, group.asked) == (OutboxState.CANCELLED, "", 0)
    assert [job.state for job in await jobs(app.state.database)] == [JobState.CANCELLED] * (when == "in line")
    assert problem_code(await admin.send("POST", "/outbox/cancel", {"ids": [row.id]})) == "conflict"

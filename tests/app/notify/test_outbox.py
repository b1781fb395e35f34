"""Letters: said in a transaction, sent after it, once, whatever happens in between."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from email.message import EmailMessage

import pytest
from fastapi import FastAPI
from sqlalchemy import select, update

from app.core.clock import utc_now
from app.core.database import Database
from app.core.mail import Letter, Link
from app.core.settings import Settings
from app.jobs import enqueue
from app.notify import repository, tasks
from app.notify.channels.port import SendError
from app.notify.models import OutboxMessage, OutboxState
from app.notify.schemas import Nothing
from app.notify.tasks import Delivery
from tests.app.harness import served
from tests.app.images.studio import Studio
from tests.app.notify.conftest import rows, working
from tests.app.plans import point_plan
from tests.app.smtp import Catcher, html_of, smtp_server, text_of

TOKEN = "live-token-canary"


def a_letter(expires_at: datetime | None = None, **changes: object) -> Letter:
    values: dict[str, object] = {
        "recipient": "ada@example.test",
        "locale": "en",
        "subject": "Hello",
        "paragraphs": ("One.", "Two."),
        "link": Link("Open", f"https://groundwork.test/x#token={TOKEN}"),
        "expires_at": expires_at,
        **changes,
    }
    return Letter(**values)  # type: ignore[arg-type]  # each is of its field's type


async def post(app: FastAPI, letter: Letter | None = None) -> None:
    async with app.state.database.work() as work:
        app.state.mailer.post(await work.writing(), letter or a_letter())


async def until(holds: Callable[[], Awaitable[bool]]) -> None:
    async with asyncio.timeout(10):
        while not await holds():  # noqa: ASYNC110 - another task's work in the database tells nobody
            await asyncio.sleep(0.02)


async def settled(database: Database, state: OutboxState = OutboxState.SENT) -> list[OutboxMessage]:
    async def all_are() -> bool:
        return all(row.state == state for row in await rows(database))

    await until(all_are)
    return await rows(database)


async def due_now(database: Database) -> None:
    async with database.work() as work:
        await (await work.writing()).execute(update(OutboxMessage).values(next_attempt_at=utc_now()))


async def test_a_letter_arrives_whole(app: FastAPI, smtp: Catcher, database: Database) -> None:
    await post(app)
    (letter,) = await smtp.wait(1)
    assert letter["From"] == "Groundwork <hello@groundwork.test>"
    assert (letter["To"], letter["X-Envelope-To"], letter["Subject"]) == (
        "ada@example.test",
        "ada@example.test",
        "Hello",
    )
    assert letter["Message-ID"].endswith("@groundwork.test>")
    assert text_of(letter).split("\n\n")[:3] == ["One.", "Two.", f"Open:\nhttps://groundwork.test/x#token={TOKEN}"]
    assert f'href="https://groundwork.test/x#token={TOKEN}"' in html_of(letter)
    (row,) = await settled(database)
    assert (row.attempts, row.last_error) == (1, None)
    assert row.finished_at is not None


async def test_no_live_link_stays_behind(app: FastAPI, settings: Settings, smtp: Catcher, database: Database) -> None:
    await post(app)
    await settled(database)
    assert all(row.text == row.html == "" for row in await rows(database))


async def test_what_is_taken_back_is_not_sent(app: FastAPI, smtp: Catcher, database: Database) -> None:
    async def post_and_fail() -> None:
        async with database.work() as work:
            app.state.mailer.post(await work.writing(), a_letter(subject="never"))
            raise RuntimeError("taken back")

    with pytest.raises(RuntimeError, match="taken back"):
        await post_and_fail()
    await post(app, a_letter(subject="sent"))
    assert [letter["Subject"] for letter in await smtp.wait(1)] == ["sent"]
    await settled(database)
    assert [row.subject for row in await rows(database)] == ["sent"]


@pytest.mark.slow
async def test_several_workers_send_each_once(settings: Settings, app: FastAPI, smtp: Catcher) -> None:
    async with served(settings), served(settings):
        for number in range(12):
            await post(app, a_letter(subject=str(number)))
        await smtp.wait(12)
        await settled(app.state.database)
        await asyncio.sleep(0.2)
    assert sorted(int(letter["Subject"]) for letter in smtp.letters) == list(range(12))
    assert {row.attempts for row in await rows(app.state.database)} == {1}


async def test_a_server_that_is_down_is_tried_again(
    app: FastAPI, smtp: Catcher, database: Database, worker: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tasks, "BACKOFF_SECONDS", (0, 3600))
    smtp.data_answers = ["451 later", "451 later"]
    await post(app)

    async def tried_twice() -> bool:
        return (await rows(database))[0].attempts == 2 and not smtp.data_answers

    await until(tried_twice)
    await asyncio.sleep(0.2)
    (row,) = await rows(database)
    assert (row.state, row.attempts, smtp.letters) == (OutboxState.WAITING, 2, [])
    assert row.next_attempt_at > utc_now() + timedelta(minutes=50)  # and not before its time
    assert "451" in (row.last_error or "")
    assert TOKEN in row.text
    await due_now(database)
    assert len(await smtp.wait(1)) == 1
    assert [row.attempts for row in await settled(database)] == [3]


async def test_nobody_listening_and_then_somebody(
    settings: Settings, smtp: Catcher, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with smtp_server() as other:
        port = other.port  # free again below
    monkeypatch.setattr(tasks, "BACKOFF_SECONDS", (0,) * 200)
    async with served(settings.model_copy(update={"mail_port": port})) as app, working(Studio(app)):
        await post(app)

        async def has_failed() -> bool:
            return bool((await rows(app.state.database))[0].last_error)

        await until(has_failed)
        async with smtp_server(port) as up:
            await up.wait(1)
            await settled(app.state.database)
            await asyncio.sleep(0.1)
            assert len(up.letters) == 1


async def test_attempts_are_bounded(
    app: FastAPI, smtp: Catcher, database: Database, worker: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tasks, "BACKOFF_SECONDS", (0, 0))
    smtp.data_answers = ["451 later"] * 50
    await post(app)
    (row,) = await settled(database, OutboxState.FAILED)
    assert (row.attempts, row.text, smtp.letters) == (3, "", [])


@pytest.mark.parametrize("where", ["recipient_answers", "data_answers"])
async def test_a_refusal_for_good_is_taken_at_its_word(
    app: FastAPI, smtp: Catcher, database: Database, where: str
) -> None:
    setattr(smtp, where, ["550 no such mailbox"])
    await post(app)
    (row,) = await settled(database, OutboxState.FAILED)
    assert (row.attempts, row.text, row.html, smtp.letters) == (1, "", "", [])
    assert "no such mailbox" in (row.last_error or "")


async def test_a_letter_that_came_too_late_is_not_sent(app: FastAPI, smtp: Catcher, database: Database) -> None:
    await post(app, a_letter(expires_at=utc_now() - timedelta(seconds=1)))
    (row,) = await settled(database, OutboxState.EXPIRED)
    assert (row.text, row.html, smtp.connections) == ("", "", 0)


@pytest.mark.slow
async def test_a_crash_while_sending_is_picked_up_when_the_lease_ends(
    settings: Settings, smtp: Catcher, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A worker that was killed after its claim: its row waits for the lease, then another worker's start sends it."""
    async with served(settings.model_copy(update={"mail_host": ""})) as quiet:
        quiet.state.mailer = quiet.state.mailer.__class__(settings)
        await post(quiet)
        database: Database = quiet.state.database
        async with database.work() as work:
            assert await repository.claim(await work.writing(), utc_now(), tasks.LEASE) is not None
        async with served(settings) as app, working(Studio(app)):
            await asyncio.sleep(0.3)
            assert smtp.letters == []
            await due_now(database)
            await smtp.wait(1)
            (row,) = await settled(database)
            assert row.attempts == 2


async def test_a_claim_that_ran_out_has_no_say(app: FastAPI, smtp: Catcher, database: Database) -> None:
    delivery = Delivery(database, app.state.settings)
    late = SendError("mail_refused", "late word of the first claim", retry=False)
    await post(app)
    await settled(database)
    async with database.work() as work:
        session = await work.writing()
        row = (await session.scalars(select(OutboxMessage))).one()
        row.state, row.attempts, row.next_attempt_at = OutboxState.WAITING, 2, utc_now() + timedelta(hours=1)
    stale = (await rows(database))[0]
    stale.attempts = 1
    await delivery._note(stale, OutboxState.FAILED, late)
    assert [(row.state, row.attempts) for row in await rows(database)] == [(OutboxState.WAITING, 2)]


@pytest.mark.slow
async def test_stopping_lets_a_letter_arrive(settings: Settings, smtp: Catcher) -> None:
    slow = asyncio.Event()

    async def handle_data(server: object, session: object, envelope: object) -> str:
        slow.set()
        await asyncio.sleep(0.5)
        smtp.letters.append(EmailMessage())
        return "250 OK"

    smtp.handle_DATA = handle_data  # type: ignore[method-assign]  # only this one is slow
    async with served(settings) as app:
        await post(app)
        async with asyncio.timeout(10):
            await slow.wait()
    async with served(settings.model_copy(update={"mail_host": ""})) as check:
        assert [row.state for row in await rows(check.state.database)] == [OutboxState.SENT]
    assert len(smtp.letters) == 1


async def test_nothing_is_smuggled_into_headers_or_html(app: FastAPI, smtp: Catcher) -> None:
    evil = "<img src=x onerror=alert(1)>\r\nBcc: victim@example.test"
    await post(app, a_letter(subject=f"Hi {evil}", paragraphs=(evil,), link=Link(evil, 'https://x/"><script>')))
    (letter,) = await smtp.wait(1)
    assert letter["Bcc"] is None
    assert letter["X-Envelope-To"] == "ada@example.test"
    assert "Bcc: victim" in letter["Subject"]  # as words, on the one line
    assert "<img" not in html_of(letter)
    assert "<script" not in html_of(letter)
    assert "&lt;img src=x onerror=alert(1)&gt;" in html_of(letter)


async def test_old_rows_go(app: FastAPI, smtp: Catcher, database: Database, studio: Studio) -> None:
    for subject in ("old", "newer"):
        await post(app, a_letter(subject=subject))
    await settled(database)
    old = OutboxMessage.subject == "old"
    async with database.work() as work:
        statement = update(OutboxMessage).where(old).values(finished_at=utc_now() - timedelta(days=31))
        await (await work.writing()).execute(statement)
    async with database.work() as work:
        await enqueue(await work.writing(), tasks.PRUNE, Nothing(), user_id=None)
    (job,) = await studio.run_all(tasks.PRUNE)
    assert job.result == {"outbox": 1, "inbox": 0}
    assert [row.subject for row in await rows(database)] == ["newer"]


@pytest.mark.sqlite
def test_looking_for_work_uses_the_index(settings: Settings) -> None:
    for query in (repository._DUE, repository._DUE_WITHOUT_MAIL):
        plan = point_plan(settings, query, {"now": "2026-01-01"})
        assert any("ix_notify_outbox_due" in step for step in plan), plan

"""What listeners to a job hear: everything once, in order, to the end; and who may listen."""

import asyncio
import json
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest

from app.core.database import Database
from app.core.errors import ErrorCode, ProblemError
from app.core.principal import Principal
from app.jobs import service, stream
from app.jobs.repository import EventRow
from app.jobs.schemas import Ping
from app.jobs.stream import JobFeed
from tests.app.harness import SignInAs
from tests.app.jobs.conftest import Work
from tests.app.jobs.kinds import STARTED, Nothing, Sleep

PATIENCE = 5
WHO = Principal(1, "session", "ada", "Ada", is_administrator=False)


@pytest.fixture
async def feed(database: Database) -> AsyncIterator[JobFeed]:
    feed = JobFeed(database.points, None)
    watching = asyncio.create_task(feed.watch())
    yield feed
    watching.cancel()


class Page:
    """An open page that listens to one job."""

    def __init__(self, feed: JobFeed, job_id: int, last_seen: int | None = None) -> None:
        self.signed_in = True
        self.stream: AsyncGenerator[bytes, None] = feed.stream(job_id, last_seen, self._still_in)
        self.heard: list[tuple[str, int, dict[str, Any]]] = []

    async def _still_in(self) -> Principal:
        if not self.signed_in:
            raise ProblemError(ErrorCode.SESSION_REVOKED)
        return WHO

    async def more(self) -> bool:
        """Hear the next piece; False at the end of the stream."""
        async with asyncio.timeout(PATIENCE):
            chunk = await anext(self.stream, b"")
        for block in chunk.decode().split("\n\n"):
            fields = dict(line.split(": ", 1) for line in block.splitlines() if line and not line.startswith(":"))
            if "event" in fields:
                self.heard.append((fields["event"], int(fields["id"]), json.loads(fields["data"])))
        return bool(chunk)

    async def all(self) -> list[tuple[str, int, dict[str, Any]]]:
        while await self.more():
            pass
        return self.heard


@asynccontextmanager
async def listening(page: Page) -> AsyncIterator[Page]:
    yield page
    await page.stream.aclose()


def texts(heard: list[tuple[str, int, dict[str, Any]]]) -> str:
    return "".join(data.get("text", "") for name, _, data in heard if name == "delta")


async def test_from_the_line_to_the_end(jobs: Work, feed: JobFeed) -> None:
    job_id = await jobs.ask("test.joined", Nothing(words="hello"))
    page = Page(feed, job_id)
    await page.more()
    assert [(name, data["state"], data["place_in_line"]) for name, _, data in page.heard] == [("state", "queued", 1)]
    async with jobs.worker():
        heard = await page.all()
    assert texts(heard) == "hello."
    assert [name for name, _, _ in heard if name != "delta"] == ["state", "state", "usage", "end"]
    assert heard[1][2]["place_in_line"] is None
    name, number, data = heard[-1]
    assert (name, data["state"], data["error"]) == ("end", "done", None)
    assert [event_id for _, event_id, _ in heard] == sorted(event_id for _, event_id, _ in heard)
    assert number == heard[-1][1]


async def test_who_comes_late_hears_it_all_and_who_comes_back_the_rest(jobs: Work, feed: JobFeed) -> None:
    job_id = await jobs.ask("test.joined", Nothing(words="hello"))
    async with jobs.worker():
        await jobs.until(job_id)
    late = await Page(feed, job_id).all()
    assert [name for name, _, _ in late] == ["state", "state", "delta", "usage", "delta", "end"]
    assert texts(late) == "hello."
    usage = next(number for name, number, _ in late if name == "usage")
    back = await Page(feed, job_id, usage).all()
    assert [name for name, _, _ in back] == ["state", "delta", "end"]
    again = await Page(feed, job_id, late[-1][1]).all()
    assert [name for name, _, _ in again] == ["state", "end"], "a page that lost the last words is told of the end"


async def test_a_failure_says_why(jobs: Work, feed: JobFeed) -> None:
    job_id = await jobs.ask("test.refuses", Nothing(words="Not there."))
    async with jobs.worker():
        heard = await Page(feed, job_id).all()
    error = {"code": "model_unreachable", "message": "Not there.", "details": {"where": "here"}}
    assert heard[-1][2]["error"] == error


async def test_many_listeners_each_hear_their_own(jobs: Work, feed: JobFeed) -> None:
    words = [f"job {number}" for number in range(6)]
    ids = [await jobs.ask("test.joined", Nothing(words=text)) for text in words]
    pages = [Page(feed, job_id) for job_id in ids for _ in range(2)]
    hearing = [asyncio.create_task(page.all()) for page in pages]
    await asyncio.sleep(0.05)
    async with jobs.worker():
        heard = await asyncio.gather(*hearing)
    assert [texts(each) for each in heard] == [f"{text}." for text in words for _ in range(2)]
    assert feed._inboxes == {}


async def test_a_slow_listener_misses_nothing(jobs: Work, feed: JobFeed, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stream, "MOST_UNREAD", 2)
    monkeypatch.setattr(stream, "BATCH", 3)
    job_id = await jobs.ask("test.many", Nothing(words="abcdefghijklmnopqrst"))
    page = Page(feed, job_id)
    await page.more()
    async with jobs.worker():
        await jobs.until(job_id)
        await asyncio.sleep(0.1)
        assert texts(await page.all()) == "abcdefghijklmnopqrst"


async def test_the_place_in_line_moves(jobs: Work, database: Database, feed: JobFeed) -> None:
    first, second = await jobs.ask("system.ping", Ping()), await jobs.ask("system.ping", Ping())
    async with listening(Page(feed, second)) as page:
        await page.more()
        async with database.work() as work:
            await service.cancel(await work.writing(), first)
        while len(page.heard) < 2:
            await page.more()
        assert [data["place_in_line"] for _, _, data in page.heard] == [2, 1]


async def test_a_stream_ends_with_its_session_and_with_the_process(
    jobs: Work, feed: JobFeed, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(stream, "ASK_SECONDS", 0.0)
    monkeypatch.setattr(stream, "LINE_SECONDS", 0.05)
    job_id = await jobs.ask("test.sleep", Sleep())
    async with listening(Page(feed, job_id)) as page:
        await page.more()
        await page.more()
        page.signed_in = False
        assert not await page.more()
    async with listening(Page(feed, job_id)) as page:
        await page.more()
        feed.stop()
        while await page.more():
            pass
        assert [name for name, _, _ in page.heard] == ["state"]


async def test_over_http(jobs: Work, sign_in_as: SignInAs) -> None:
    ada, eve = await sign_in_as("ada"), await sign_in_as("eve")
    job_id = await jobs.ask("test.joined", Nothing(words="hello"), user_id=ada.user.id)
    path = f"/api/v1/jobs/{job_id}/events"
    assert (await eve.get(path)).status_code == 404
    assert (await eve.client.get(path)).status_code == 401
    async with jobs.worker():
        await jobs.until(job_id)
        answer = await ada.get(path)
    assert answer.headers["content-type"].startswith("text/event-stream")
    assert answer.headers["x-accel-buffering"] == "no"
    assert answer.text.startswith("retry: 500\n\nevent: state\n")
    assert "event: end\n" in answer.text
    back = await ada.client.get(path, headers={**ada.headers, "Last-Event-ID": "999999"})
    assert [line for line in back.text.splitlines() if line.startswith("event")] == ["event: state", "event: end"]
    assert STARTED == {}


async def test_an_end_that_is_known_early_takes_nothing_away(
    jobs: Work, feed: JobFeed, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The row says that it has ended before the look has found what it told last."""
    monkeypatch.setattr(stream, "LINE_SECONDS", 0.05)
    job_id = await jobs.ask("test.joined", Nothing(words="hello"))
    page = Page(feed, job_id)
    await page.more()
    await page.more()  # it waits for its place to move now
    monkeypatch.setattr(feed, "_look", lambda: None)
    async with jobs.worker():
        await jobs.until(job_id)
    assert texts(await page.all()) == "hello."
    assert page.heard[-1][0] == "end"


async def test_what_was_read_from_the_table_is_not_heard_again(
    jobs: Work, database: Database, feed: JobFeed, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(stream, "LINE_SECONDS", 0.05)
    job_id = await jobs.ask("test.sleep", Sleep())
    page = Page(feed, job_id, last_seen=5)
    await page.more()
    await page.more()
    (inbox,) = feed._inboxes[job_id]
    inbox.put(EventRow(5, job_id, "delta", '{"text": "twice"}'))
    inbox.put(EventRow(6, job_id, "delta", '{"text": "once"}'))
    async with database.work() as work:
        await service.cancel(await work.writing(), job_id)
    assert texts(await page.all()) == "once"

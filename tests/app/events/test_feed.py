"""The feed of events: who is told what, in which order, and when a stream ends."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from fastapi.sse import ServerSentEvent

from app.core import lookout
from app.core.database import Database
from app.core.errors import ErrorCode, ProblemError
from app.core.events import publish, repository
from app.core.principal import Principal
from app.core.release import read_release
from app.core.settings import Settings
from app.events import service
from app.events.service import Feed, Listener
from tests.app.harness import AddUser
from tests.app.plans import point_plan

PATIENCE = 5


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(service, "LOOK_SECONDS", 0.01)


@pytest.fixture
async def feed(database: Database, settings: Settings, tmp_path: Path) -> AsyncIterator[Feed]:
    (tmp_path / "current.sock").symlink_to("blue.sock")
    feed = Feed(database.points, read_release(settings.manifest), tmp_path / "blue.sock")
    watching = asyncio.create_task(feed.watch())
    yield feed
    watching.cancel()


class Page:
    """One open page."""

    def __init__(self, feed: Feed, user_id: int, last_seen: int | None = None) -> None:
        self.signed_in = True
        self.principal = Principal(user_id, "0" * 32, "ada", "Ada", False, frozenset())
        self.stream = feed.stream(Listener(self._still_in, last_seen))

    async def _still_in(self) -> Principal:
        if not self.signed_in:
            raise ProblemError(ErrorCode.SESSION_REVOKED)
        return self.principal

    async def next(self) -> ServerSentEvent:
        async with asyncio.timeout(PATIENCE):
            return await anext(self.stream)

    async def names(self, count: int) -> list[str | None]:
        return [(await self.next()).event for _ in range(count)]

    async def ends(self) -> bool:
        try:
            await self.next()
        except StopAsyncIteration:
            return True
        return False


async def tell(database: Database, *names: str, user_id: int | None = None) -> None:
    async with database.work() as work:
        session = await work.writing()
        for name in names:
            await publish(session, name, {"of": name}, user_id=user_id)


async def test_a_page_hears_what_comes_after_it_opened(feed: Feed, database: Database) -> None:
    await tell(database, "before")
    page = Page(feed, 1)
    hello = await page.next()
    assert (hello.event, hello.data["release"]) == ("hello", read_release(Path("none")).id)
    await tell(database, "one", "two")
    assert await page.names(2) == ["one", "two"]


async def test_a_page_that_opens_just_then_keeps_no_news_from_the_others(
    database: Database, settings: Settings, tmp_path: Path
) -> None:
    """It finds the event first; whoever waits already is told all the same, though the watch finds nothing new."""
    feed = Feed(database.points, read_release(settings.manifest), tmp_path / "blue.sock")
    page = Page(feed, 1)
    await page.next()
    waiting = asyncio.create_task(page.next())
    await asyncio.sleep(0)
    await tell(database, "one")
    newcomer = Page(feed, 2)
    await newcomer.next()
    assert (await waiting).event == "one"


async def test_nobody_hears_of_what_was_rolled_back(feed: Feed, database: Database) -> None:
    page = Page(feed, 1)
    await page.next()

    async def fail() -> None:
        async with database.work() as work:
            await publish(await work.writing(), "never")
            raise ProblemError(ErrorCode.CONFLICT)

    with pytest.raises(ProblemError):
        await fail()
    await tell(database, "after")
    assert await page.names(1) == ["after"]


async def test_what_is_for_one_person_reaches_nobody_else(feed: Feed, database: Database, add_user: AddUser) -> None:
    ada, bob = await add_user("ada"), await add_user("bob")
    for_ada, for_bob = Page(feed, ada.id), Page(feed, bob.id)
    await for_ada.next()
    await for_bob.next()
    await tell(database, "secret", user_id=ada.id)
    await tell(database, "open")
    assert await for_ada.names(2) == ["secret", "open"]
    assert await for_bob.names(1) == ["open"]


async def test_a_page_that_comes_back_misses_nothing_and_hears_nothing_twice(feed: Feed, database: Database) -> None:
    page = Page(feed, 1)
    await page.next()
    await tell(database, "one")
    last = (await page.next()).id
    await tell(database, *(f"missed {number}" for number in range(2 * service.BATCH + 1)))
    again = Page(feed, 1, int(last or 0))
    assert (await again.next()).event == "hello"
    assert await again.names(2 * service.BATCH + 1) == [f"missed {number}" for number in range(2 * service.BATCH + 1)]


async def test_a_page_that_was_away_too_long_is_told_to_look_again(
    feed: Feed, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(repository, "PRUNE_EVERY", 5)
    monkeypatch.setattr(repository, "KEPT", 2)
    await tell(database, *("abcde"))
    assert await repository.first_and_last(database.points) == (4, 5)
    assert await Page(feed, 1, last_seen=1).names(2) == ["hello", "reset"]
    assert await Page(feed, 1, last_seen=9).names(2) == ["hello", "reset"], "an older database was put back"
    assert await Page(feed, 1, last_seen=3).names(3) == ["hello", "d", "e"]


async def test_a_stream_ends_with_its_session(feed: Feed, database: Database) -> None:
    page = Page(feed, 1)
    await page.next()
    page.signed_in = False
    await tell(database, "too late")
    assert await page.ends()


async def test_a_stream_ends_when_another_instance_has_taken_over(feed: Feed, tmp_path: Path) -> None:
    page = Page(feed, 1)
    await page.next()
    waiting = asyncio.create_task(page.ends())
    await asyncio.sleep(0.05)
    assert not waiting.done()
    (tmp_path / "new").symlink_to("green.sock")
    (tmp_path / "new").replace(tmp_path / "current.sock")
    assert await waiting


async def test_a_stream_to_an_instance_that_is_not_live_yet_goes_on(
    feed: Feed, database: Database, tmp_path: Path
) -> None:
    (tmp_path / "current.sock").unlink()
    (tmp_path / "current.sock").symlink_to("green.sock")
    page = Page(feed, 1)
    await page.next()
    await tell(database, "one")
    assert await page.names(1) == ["one"]


async def test_streams_end_when_the_process_is_asked_to_stop(feed: Feed) -> None:
    page = Page(feed, 1)
    await page.next()
    feed.stop()
    assert await page.ends()


async def test_the_next_one_is_refused_when_there_are_too_many(feed: Feed, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lookout, "MOST_LISTENERS", 1)
    feed.refuse_if_full()
    page = Page(feed, 1)
    await page.next()
    with pytest.raises(ProblemError):
        feed.refuse_if_full()
    await page.stream.aclose()
    feed.refuse_if_full()


@pytest.mark.sqlite
async def test_the_feed_looks_along_the_key_only(settings: Settings) -> None:
    for query, parameters in (
        (repository._FIRST_AND_LAST, {}),
        (repository._NEWS, {"after": 0, "until": 1, "user": 1}),
    ):
        plan = " ".join(point_plan(settings, query, parameters))
        assert "SCAN core_event" not in plan, plan

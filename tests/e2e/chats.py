"""What every test of the chat does: choose the built-in provider, ask, wait for the answer, tidy up."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from playwright.sync_api import Locator, Page, expect

from tests.e2e.administrator import Administrator
from tests.e2e.conftest import Visit, Watched

# The built-in provider repeats the question word by word, so that this one keeps it busy for seconds.
SLOW = " ".join("abcdefghij" * 22)
ENDED = "[data-testid=message-assistant]:not([data-state=running])"


def chats(administrator: Administrator, **query: Any) -> list[dict[str, Any]]:
    """Those of the person who runs the tests."""
    page = administrator.ask("GET", "/conversations", params={"page_size": 100, **query})
    found: list[dict[str, Any]] = page["items"]
    return found


def use_builtin(tab: Watched) -> None:
    """Choose the provider that every installation has."""
    tab.page.get_by_test_id("model-picker").click()
    tab.page.locator("[data-testid=provider][data-kind=builtin] [data-testid=model]").first.click()


def answers(page: Page) -> Locator:
    """All answers of the chosen branch."""
    return page.get_by_test_id("message-assistant")


def ask(tab: Watched, text: str) -> None:
    """Send a question and see it arrive."""
    tab.page.get_by_test_id("composer").fill(text)
    tab.page.get_by_test_id("send").click()
    expect(tab.page.get_by_test_id("message-user").last).to_contain_text(text[:40])


def answered(page: Page) -> Locator:
    """Wait for the last answer to end."""
    """The last answer, once it has ended."""
    expect(page.get_by_test_id("stop")).to_have_count(0, timeout=30_000)
    last = page.locator(ENDED).last
    expect(last).to_be_visible()
    return last


def opened(visit: Visit, **look: Any) -> Watched:
    """Log in and begin a chat with the built-in provider."""
    tab = visit(**look)
    tab.log_in("/chat")
    use_builtin(tab)
    return tab


@contextmanager
def tidied(administrator: Administrator) -> Iterator[None]:
    """Every chat that is begun in between is gone afterwards."""
    before = {row["id"] for row in chats(administrator)}
    yield
    made = [row["id"] for row in chats(administrator) if row["id"] not in before]
    if made:
        administrator.ask("POST", "/conversations/batch-delete", json={"ids": made})

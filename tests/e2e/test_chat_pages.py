"""The pages of the chat: how they look, that they are accessible, by keys alone, and with very much in them."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any
from uuid import uuid4

import pytest
from playwright.sync_api import expect

from tests.e2e.administrator import Administrator
from tests.e2e.axe import violations
from tests.e2e.chats import answered, ask, chats, opened, tidied
from tests.e2e.conftest import DESKTOP, PHONE, Visit

LOOKS: dict[str, dict[str, Any]] = {
    "desktop": {"size": DESKTOP},
    "desktop-dark": {"size": DESKTOP, "dark": True},
    "phone": {"size": PHONE},
    "phone-dark-zh": {"size": PHONE, "dark": True, "locale": "zh-CN"},
    "desktop-zh": {"size": DESKTOP, "locale": "zh-CN"},
}


@pytest.fixture(autouse=True)
def tidy(administrator: Administrator) -> Iterator[None]:
    with tidied(administrator):
        yield


def test_a_thousand_messages_are_windowed(visit: Visit, administrator: Administrator) -> None:
    moment = "2026-01-01T00:00:00Z"
    messages = [
        {
            "id": at,
            "parent_id": at - 1 or None,
            "role": "user" if at % 2 else "assistant",
            "content": f"Message number {at}.\n\n- one\n- `two`",
            "created_at": moment,
        }
        for at in range(1, 1001)
    ]
    title = f"Long {uuid4().hex[:6]}"
    times = {"created_at": moment, "updated_at": moment}
    file = {"format": "groundwork.chat", "version": 1, "exported_at": moment}
    body = {
        **file,
        "conversations": [{"title": title, "is_titled": True, "leaf_id": 1000, "messages": messages, **times}],
    }
    administrator.ask(
        "POST", "/conversations/import", files={"file": ("long.json", json.dumps(body), "application/json")}
    )
    chat = chats(administrator, q=title)[0]
    tab = visit()
    tab.log_in("/chat")
    tab.goto(f"/chat?c={chat['id']}")
    expect(tab.page.get_by_text("Message number 1000.")).to_be_in_viewport()
    assert tab.page.locator("[data-message]").count() < 40
    tab.page.get_by_test_id("messages").evaluate("element => { element.scrollTop = 0 }")
    first = tab.page.get_by_test_id("message-user").first
    expect(first).to_contain_text(re.compile(r"Message number 1\."))
    expect(first).to_be_in_viewport()
    assert tab.page.locator("[data-message]").count() < 40
    tab.page.get_by_test_id("to-end").click()
    expect(tab.page.get_by_text("Message number 1000.")).to_be_in_viewport()
    administrator.ask("POST", "/conversations/batch-delete", json={"ids": [chat["id"]]})


@pytest.mark.parametrize("look", LOOKS)
def test_the_chat_shows_itself(visit: Visit, look: str) -> None:
    tab = opened(visit, **LOOKS[look])
    expect(tab.page.get_by_test_id("welcome")).to_be_visible()
    tab.shot(f"chat-welcome-{look}", whole=False)
    assert violations(tab.page) == []
    ask(tab, "如何部署 nginx? " + "Donaudampfschifffahrt" * 6)
    answered(tab.page)
    tab.settle()
    assert tab.page.evaluate("document.scrollingElement.scrollWidth <= window.innerWidth")
    tab.shot(f"chat-{look}", whole=False)
    assert violations(tab.page) == []
    if LOOKS[look]["size"] == PHONE:
        tab.page.get_by_test_id("open-chats").click()
    expect(tab.page.get_by_test_id("conversation").first).to_be_visible()
    tab.page.wait_for_timeout(400)
    tab.shot(f"chat-list-{look}", whole=False)
    assert violations(tab.page) == []


def test_it_is_used_by_keys_alone(visit: Visit) -> None:
    tab = opened(visit)
    keys = tab.page.keyboard
    tab.page.get_by_test_id("composer").focus()
    keys.type("First line")
    keys.press("Shift+Enter")
    keys.type("second line")
    keys.press("Enter")
    expect(tab.page.get_by_test_id("message-user")).to_contain_text("First line\nsecond line", use_inner_text=True)
    answered(tab.page)
    keys.press("ArrowUp")
    expect(tab.page.get_by_test_id("edit-text")).to_be_focused()
    keys.press("Escape")
    expect(tab.page.get_by_test_id("composer")).to_be_focused()
    keys.press("Control+k")
    expect(tab.page.get_by_test_id("search-chats")).to_be_focused()
    keys.press("Control+Shift+O")
    expect(tab.page.get_by_test_id("welcome")).to_be_visible()
    tab.page.get_by_test_id("open-shortcuts").click()
    expect(tab.page.get_by_test_id("shortcut-help")).to_be_visible()
    assert violations(tab.page) == []


def test_an_administrator_adds_a_provider_and_its_key_is_never_shown(
    visit: Visit, administrator: Administrator
) -> None:
    tab = visit()
    tab.log_in("/chat-providers")
    name = f"Far away {uuid4().hex[:6]}"
    page = tab.page
    page.get_by_test_id("create").click()
    page.get_by_test_id("field-name").get_by_role("textbox").fill(name)
    page.get_by_test_id("field-base_url").get_by_role("textbox").fill("http://127.0.0.1:9")
    page.get_by_test_id("secret").fill("sk-very-secret")
    page.get_by_test_id("field-allow_private").locator(".el-switch").click()
    page.get_by_test_id("save-form").click()
    row = page.get_by_role("row").filter(has_text=name)
    expect(row).to_contain_text("Has a key")
    row.get_by_test_id("row-test").click()
    expect(page.get_by_test_id("provider-test").get_by_test_id("job-failure")).to_be_visible()
    page.keyboard.press("Escape")
    row.get_by_test_id("row-edit").click()
    expect(page.get_by_test_id("secret")).to_have_value("")
    assert "sk-very-secret" not in page.content()
    page.get_by_test_id("close-form").click()
    row.get_by_test_id("row-delete").click()
    expect(row).to_have_count(0)
    assert violations(page) == []

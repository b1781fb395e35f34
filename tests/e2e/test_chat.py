"""Chat in a real browser, with the built-in provider: from a question to its answer, and whatever may come between."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from uuid import uuid4

import pytest
from playwright.sync_api import Route, expect

from tests.e2e.administrator import Administrator
from tests.e2e.chats import SLOW, answered, answers, ask, opened, tidied, use_builtin
from tests.e2e.conftest import Visit


@pytest.fixture(autouse=True)
def tidy(administrator: Administrator) -> Iterator[None]:
    with tidied(administrator):
        yield


def test_a_question_is_answered_and_kept(visit: Visit) -> None:
    tab = opened(visit)
    word = uuid4().hex[:8]
    ask(tab, f"What is {word}?")
    answer = answered(tab.page)
    expect(answer).to_have_attribute("data-state", "done")
    expect(answer.locator("blockquote")).to_contain_text(word)
    expect(answer.locator("pre .hljs-keyword").first).to_be_visible()
    expect(answer.locator(".katex-html")).to_be_visible()
    expect(answer.get_by_test_id("facts")).to_contain_text("tokens/s")
    expect(tab.page).to_have_url(re.compile(r"/chat\?c=\d+$"))
    expect(tab.page.locator("[data-testid=open-conversation][aria-current]")).to_contain_text(word)

    tab.page.reload()
    expect(answered(tab.page).locator("blockquote")).to_contain_text(word)

    tab.page.get_by_test_id("search-chats").fill(word)
    expect(tab.page.get_by_test_id("conversation")).to_have_count(1)
    expect(tab.page.get_by_test_id("snippet").locator("mark").first).to_have_text(word)


def test_code_is_copied_by_its_button(visit: Visit) -> None:
    tab = opened(visit)
    tab.page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    ask(tab, "Show code")
    button = answered(tab.page).locator("[data-copy]")
    button.click()
    expect(button).to_have_text("Copied")


def test_an_answer_is_stopped_and_what_there_is_of_it_is_kept(visit: Visit) -> None:
    tab = opened(visit)
    ask(tab, SLOW)
    running = answers(tab.page).last.get_by_test_id("message-text")
    expect(running).to_contain_text("a b c d")
    tab.page.get_by_test_id("stop").click()
    answer = answered(tab.page)
    expect(answer).to_have_attribute("data-state", "stopped")
    text = answer.get_by_test_id("message-text").inner_text()
    tab.page.reload()
    expect(answered(tab.page).get_by_test_id("message-text")).to_have_text(text, use_inner_text=True)
    assert "a formula" not in text


def test_an_answer_is_made_anew_and_both_versions_stay(visit: Visit) -> None:
    tab = opened(visit)
    ask(tab, "Once more, please")
    answered(tab.page).hover()
    tab.page.get_by_test_id("regenerate").click()
    expect(tab.page.get_by_test_id("version")).to_have_text("2 / 2")
    answered(tab.page)
    tab.page.get_by_test_id("previous-version").click()
    expect(tab.page.get_by_test_id("version")).to_have_text("1 / 2")
    tab.page.reload()
    expect(tab.page.get_by_test_id("version")).to_have_text("1 / 2")
    tab.page.get_by_test_id("next-version").click()
    expect(tab.page.get_by_test_id("version")).to_have_text("2 / 2")


def test_a_question_is_put_again_and_the_arrows_lead_back(visit: Visit) -> None:
    tab = opened(visit)
    ask(tab, "The first way to ask")
    answered(tab.page)
    tab.page.get_by_test_id("message-user").hover()
    tab.page.get_by_test_id("edit").click()
    expect(tab.page.get_by_test_id("edit-text")).to_have_value("The first way to ask")
    tab.shot("chat-edit-desktop", whole=False)
    tab.page.get_by_test_id("edit-text").fill("The second way to ask")
    tab.page.get_by_test_id("edit-text").press("Enter")
    expect(tab.page.get_by_test_id("message-user")).to_contain_text("The second way to ask")
    expect(answered(tab.page).locator("blockquote")).to_contain_text("The second way")
    tab.page.get_by_test_id("message-user").hover()
    tab.page.get_by_test_id("previous-version").click()
    expect(tab.page.get_by_test_id("message-user")).to_contain_text("The first way to ask")
    expect(answers(tab.page).last.locator("blockquote")).to_contain_text("The first way")


def test_a_reload_in_mid_answer_loses_nothing(visit: Visit) -> None:
    tab = opened(visit)
    ask(tab, SLOW)
    expect(answers(tab.page).last.get_by_test_id("message-text")).to_contain_text("a b c d")
    tab.page.reload()
    expect(tab.page.get_by_test_id("stop")).to_be_visible()
    answer = answered(tab.page)
    expect(answer).to_have_attribute("data-state", "done")
    expect(answer.locator("blockquote")).to_contain_text(SLOW)
    expect(answer.locator(".katex-html")).to_be_visible()


def test_a_second_tab_follows(visit: Visit) -> None:
    tab = opened(visit)
    ask(tab, "Are you there?")
    answered(tab.page)
    second = tab.page.context.new_page()
    second.goto(tab.page.url)
    expect(answers(second)).to_have_count(1)
    ask(tab, SLOW)
    second.bring_to_front()
    expect(second.get_by_test_id("stop")).to_be_visible()
    expect(answers(second).last.get_by_test_id("message-text")).to_contain_text("a b c d")
    second.get_by_test_id("stop").click()
    expect(answered(second)).to_have_attribute("data-state", "stopped")
    tab.page.bring_to_front()
    expect(answered(tab.page)).to_have_attribute("data-state", "stopped")


def test_what_was_typed_stays_over_reloads_and_errors(visit: Visit) -> None:
    tab = opened(visit)
    box = tab.page.get_by_test_id("composer")
    box.fill("Typed, and not sent")
    tab.page.reload()
    expect(box).to_have_value("Typed, and not sent")

    def refuse(route: Route) -> None:
        if route.request.method == "POST":
            route.fulfill(status=503, body="busy")
        else:
            route.continue_()

    tab.allow(503, "/api/v1/conversations")
    tab.page.route("**/api/v1/conversations", refuse)
    tab.page.get_by_test_id("send").click()
    expect(tab.page.get_by_test_id("send-error")).to_be_visible()
    expect(box).to_have_value("Typed, and not sent")
    tab.page.unroute("**/api/v1/conversations")
    tab.page.get_by_test_id("send-again").click()
    expect(tab.page.get_by_test_id("message-user")).to_contain_text("Typed, and not sent")
    expect(box).to_have_value("")
    answered(tab.page)


@contextmanager
def unreachable_provider(administrator: Administrator) -> Iterator[int]:
    """A provider whose server nobody has started."""
    body = {"name": f"Off {uuid4().hex[:6]}", "kind": "ollama", "base_url": "http://127.0.0.1:9", "allow_private": True}
    made = administrator.ask("POST", "/chat-providers", json={**body, "sort_order": 900_000})
    try:
        yield made["id"]
    finally:
        administrator.ask("POST", "/chat-providers/batch-delete", json={"ids": [made["id"]]})


def test_a_server_that_is_off_is_said_in_words_with_a_way_on(visit: Visit, administrator: Administrator) -> None:
    with unreachable_provider(administrator) as provider_id:
        chat = administrator.ask("POST", "/conversations", json={"provider_id": provider_id, "model": "llama"})
        tab = visit()
        tab.log_in("/chat")
        tab.goto(f"/chat?c={chat['id']}")
        ask(tab, "Anybody there?")
        error = tab.page.get_by_test_id("answer-error")
        expect(error).to_contain_text("The model service does not answer.")
        tab.shot("chat-error-desktop", whole=False)
        use_builtin(tab)
        tab.page.get_by_test_id("retry-answer").click()
        expect(answered(tab.page)).to_have_attribute("data-state", "done")
        expect(tab.page.get_by_test_id("version")).to_have_text("2 / 2")


def test_chats_are_renamed_pinned_archived_and_deleted_with_a_way_back(visit: Visit) -> None:
    tab = opened(visit)
    ask(tab, "To be tidied up")
    answered(tab.page)
    row = tab.page.locator(f"[data-conversation='{tab.page.url.split('c=')[1]}']")

    def choose(action: str) -> None:
        row.hover()
        row.get_by_test_id("row-more").click()
        tab.page.get_by_test_id(f"row-{action}").click()

    choose("rename")
    name = f"Kept {uuid4().hex[:6]}"
    tab.page.get_by_test_id("rename").fill(name)
    tab.page.get_by_test_id("rename").press("Enter")
    expect(row).to_contain_text(name)
    choose("pin")
    expect(tab.page.get_by_role("heading", name="Pinned")).to_be_visible()
    choose("archive")
    expect(row).to_have_count(0)
    expect(tab.page.get_by_test_id("welcome")).to_be_visible()
    tab.page.get_by_test_id("undo").click()
    expect(row).to_contain_text(name)
    choose("delete")
    expect(row).to_have_count(0)
    tab.page.get_by_test_id("undo").click()
    expect(row).to_contain_text(name)
    with tab.page.expect_download() as download:
        choose("markdown")
    assert download.value.suggested_filename == f"{name}.md"

"""A person asks a real model, and reads along."""

from __future__ import annotations

from playwright.sync_api import expect

from tests.e2e.conftest import Visit

GROWTHS = 8


def test_a_real_answer_grows_in_the_page(visit: Visit) -> None:
    tab = visit()
    tab.log_in("/chat")
    tab.page.get_by_test_id("composer").fill("Write a long story about a lighthouse, a storm and a cat.")
    tab.page.get_by_test_id("send").click()
    answer = tab.page.get_by_test_id("message-assistant").get_by_test_id("message-text")
    expect(answer).not_to_be_empty(timeout=30_000)
    stop = tab.page.get_by_test_id("stop")
    lengths = {len(answer.inner_text())}
    while stop.is_visible() and len(lengths) < GROWTHS:
        lengths.add(len(answer.inner_text()))
        tab.page.wait_for_timeout(100)
    assert len(lengths) >= GROWTHS, f"it did not grow, it appeared: {sorted(lengths)}"
    stop.click()  # a base model goes on for as long as it may
    facts = tab.page.get_by_test_id("message-assistant").get_by_test_id("facts")
    expect(facts).to_contain_text("gemma3-270m")
    tab.shot("chat-with-a-real-model")
    before = answer.inner_text()
    tab.page.reload()
    expect(answer).to_have_text(before, use_inner_text=True)

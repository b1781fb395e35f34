"""Notices: the bell rings by itself, texts are changed and put back, channels tested, and the outbox says why not."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from uuid import uuid4

import pytest
from playwright.sync_api import Page, expect

from tests.e2e.administrator import Account, Administrator
from tests.e2e.conftest import Visit
from tests.e2e.looks import FULL, LOOKS, is_fine

SOON = 60_000
PAGES = ("notice-channels", "notice-templates", "outbox", "inbox")
# Nobody listens there, which is quickly known.
NOBODY = "http://127.0.0.1:9/robot/send?access_token=e2e"


@contextmanager
def channel(administrator: Administrator, **columns: object) -> Iterator[int]:
    """A robot that is not there, gone again afterwards."""
    body = {"name": f"E2E {uuid4().hex[:8]}", "kind": "dingtalk", "url": NOBODY, "allow_private": True, **columns}
    made = administrator.ask("POST", "/notice-channels", json=body)
    try:
        yield made["id"]
    finally:
        administrator.ask("POST", "/notice-channels/batch-delete", json={"ids": [made["id"]]})


def provoke(administrator: Administrator) -> None:
    """Let a job of the administrator fail: nobody answers there, or its provider is gone."""
    body = {"name": f"Gone {uuid4().hex[:8]}", "kind": "openai_images", "base_url": "http://127.0.0.1:9"}
    more = {"default_model": "none", "allow_private": True, "sizes": ["512x512"]}
    made = administrator.ask("POST", "/image-providers", json=body | more)
    try:
        wish = {"prompt": "Never painted", "provider_id": made["id"], "model": "none", "size": "512x512"}
        administrator.ask("POST", "/generate/text2image", json=wish)
    finally:
        administrator.ask("POST", "/image-providers/batch-delete", json={"ids": [made["id"]]})


def field(page: Page, name: str) -> str:
    return f"[data-testid=field-{name}] input"


def test_the_bell_rings_and_leads_to_what_happened(visit: Visit, administrator: Administrator) -> None:
    administrator.ask("POST", "/inbox/mark-all")
    tab = visit()
    tab.log_in("/inbox")
    page = tab.page
    expect(page.get_by_test_id("bell")).to_be_visible()
    expect(page.get_by_test_id("unread")).to_have_count(0)
    provoke(administrator)
    expect(page.get_by_test_id("unread")).to_have_text("1", timeout=SOON)  # nobody reloaded
    page.get_by_test_id("bell").click()
    expect(page.get_by_test_id("notice-text").first).to_contain_text("Never painted")
    tab.shot("inbox", whole=False)
    page.get_by_test_id("open-notice").first.click()
    expect(page.get_by_test_id("job-detail")).to_contain_text("Never painted")
    expect(page.get_by_test_id("unread")).to_have_count(0)
    tab.goto("/inbox")
    page.get_by_test_id("row-delete").first.click()
    page.get_by_role("button", name="Undo").click()
    expect(page.get_by_test_id("notice-text").first).to_contain_text("Never painted")


def test_wishes_are_kept(visit: Visit, member: Account) -> None:
    tab = visit()
    tab.log_in("/inbox", member)
    page = tab.page
    expect(page.get_by_test_id("empty")).to_be_visible()
    page.get_by_test_id("wishes").click()
    wish = page.get_by_test_id("wish-job.failed").get_by_role("switch").first
    expect(wish).to_be_checked()
    with page.expect_response("**/api/v1/inbox/preferences"):
        page.get_by_test_id("wish-job.failed").locator(".el-switch").first.click()
    is_fine(tab, "wishes")
    tab.goto("/inbox")
    page.get_by_test_id("wishes").click()
    expect(wish).not_to_be_checked()


def test_a_channel_is_made_tested_and_told_of_in_words(visit: Visit, administrator: Administrator) -> None:
    tab = visit()
    tab.log_in("/notice-channels")
    page = tab.page
    name = f"E2E {uuid4().hex[:8]}"
    page.get_by_test_id("create").click()
    page.get_by_test_id("save-form").click()
    expect(page.get_by_text("This is needed.").first).to_be_visible()
    page.locator(field(page, "name")).fill(name)
    page.locator(field(page, "url")).fill(NOBODY)
    page.locator(field(page, "secret")).fill("SECe2e")
    page.get_by_test_id("field-allow_private").locator(".el-switch").click()
    is_fine(tab, "the form of a channel")
    tab.shot("channel-form", whole=False)
    page.get_by_test_id("save-form").click()
    row = page.locator("tbody tr", has_text=name)
    expect(row).to_contain_text("127.0.0.1:9")
    expect(row).not_to_contain_text("access_token")
    row.get_by_test_id("row-test").click()
    expect(row.get_by_test_id("test-result")).to_contain_text("does not answer", timeout=SOON)
    tab.shot("channel-tested", whole=False)
    row.get_by_test_id("row-delete").click()
    expect(row).to_have_count(0)


def test_a_text_is_changed_previewed_and_put_back(visit: Visit) -> None:
    tab = visit()
    tab.allow(422, "/api/v1/notice-templates/job.failed/preview")
    tab.log_in("/notice-templates")
    page = tab.page
    page.get_by_test_id("edit-job.failed").click()
    page.get_by_test_id("text-en").click()
    subject = page.get_by_test_id("text-subject")
    subject.fill("Oh no ")
    subject.blur()
    page.get_by_test_id("variable-title").click()
    expect(page.get_by_test_id("preview-subject")).to_have_text("Oh no Monthly report")
    subject.fill("Oh no ${nobody}")
    expect(page.get_by_test_id("complaint")).to_contain_text("no such variable")
    expect(page.get_by_test_id("save-text")).to_be_disabled()
    subject.fill("Oh no ${title}")
    expect(page.get_by_test_id("complaint")).to_have_count(0)
    page.get_by_test_id("save-text").click()
    expect(page.get_by_test_id("text-state")).to_contain_text("Changed by")
    is_fine(tab, "the editor of a text")
    tab.shot("notice-text", whole=False)
    page.get_by_test_id("reset-text").click()
    expect(page.get_by_test_id("text-state")).to_contain_text("As delivered")
    expect(subject).to_have_value("Failed: ${title}")


def test_the_outbox_says_why_not(visit: Visit, administrator: Administrator) -> None:
    with channel(administrator, all_alerts=False, notices=["job.failed"]):
        tab = visit()
        tab.log_in("/outbox")
        page = tab.page
        provoke(administrator)
        tab.goto("/outbox?medium=dingtalk&q=Never+painted")
        row = page.locator("tbody tr").first
        expect(row).to_contain_text("does not answer", timeout=SOON)
        tab.shot("outbox", whole=False)
        is_fine(tab, "outbox")
        row.get_by_test_id("row-cancel").click()
        expect(row.get_by_test_id("outbox-state")).to_have_attribute("data-state", "cancelled")


@pytest.mark.parametrize("look", LOOKS if FULL else ["desktop", "phone-dark"])
def test_every_page_of_notices_is_accessible(visit: Visit, administrator: Administrator, look: str) -> None:
    with channel(administrator, name=f"E2E {'long name ' * 10}"[:128]):
        tab = visit(**LOOKS[look])
        tab.log_in("/inbox")
        for name in PAGES:
            tab.goto(f"/{name}")
            expect(tab.page.get_by_test_id(name)).to_be_visible()
            expect(tab.page.locator("h1")).to_have_count(1)
            is_fine(tab, name)
            tab.shot(f"{name}-{look}", whole=False)


def test_pages_of_notices_speak_chinese(visit: Visit) -> None:
    tab = visit(locale="zh-CN")
    tab.log_in("/inbox")
    titles = {"notice-channels": "通知渠道", "notice-templates": "通知文案", "outbox": "发件箱", "inbox": "我的通知"}
    for name, title in titles.items():
        tab.goto(f"/{name}")
        expect(tab.page.get_by_role("heading", level=1)).to_have_text(title)
        tab.shot(f"{name}-zh", whole=False)

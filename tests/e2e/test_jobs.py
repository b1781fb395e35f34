"""Jobs: one's own, with place in line, cancel and retry; everybody's, queues and workers for whoever may see them."""

from __future__ import annotations

import re
import time

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.e2e.administrator import Account, Administrator
from tests.e2e.conftest import Visit, Watched
from tests.e2e.looks import FULL, LOOKS, is_fine

SOON = 60_000
ENDED = re.compile("done|cancelled")


def ask_for_pictures(tab: Watched, names: list[str]) -> None:
    """More work than the worker does at once, so that some of it waits."""
    page = tab.page
    page.get_by_test_id("count").locator("label").nth(3).click()
    for name in names:
        page.get_by_test_id("prompt").fill(name)
        with page.expect_response("**/api/v1/generate/text2image"):
            page.get_by_test_id("generate").click()
        expect(page.get_by_test_id("generate")).to_be_enabled()


def row_of(page: Page, title: str) -> Locator:
    return page.locator("tbody tr", has_text=title)


def state_of(row: Locator) -> Locator:
    return row.get_by_test_id("job-state")


def test_work_is_listed_cancelled_and_done_again(visit: Visit, member: Account) -> None:
    tab = visit()
    tab.log_in("/images", member)
    page = tab.page
    names = [f"Picture {number:02}" for number in range(1, 17)]
    ask_for_pictures(tab, names)
    expect(page.get_by_test_id("running-sign")).to_be_visible()
    page.get_by_test_id("running-sign").click()
    expect(page.get_by_test_id("running-panel")).to_contain_text(names[-1])
    page.get_by_role("link", name="All jobs").click()
    last = row_of(page, names[-1])
    expect(last).to_have_count(1)
    last.get_by_test_id("row-cancel").click()
    expect(state_of(last)).to_have_attribute("data-state", "cancelled")
    tab.shot("jobs", whole=False)

    last.get_by_test_id("row-retry").click()
    both = row_of(page, names[-1])
    expect(both).to_have_count(2)
    expect(state_of(both.first)).to_have_attribute("data-state", "done", timeout=SOON)
    expect(state_of(both.last)).to_have_attribute("data-state", "cancelled")
    for name in names[:-1]:
        expect(state_of(row_of(page, name))).to_have_attribute("data-state", "done", timeout=SOON)
    expect(page.get_by_test_id("running-sign")).to_have_count(0)

    both.last.get_by_test_id("open-job").click()
    expect(page.get_by_test_id("job-log")).to_contain_text("Cancelled")
    page.get_by_test_id("show-retry").click()
    expect(page.get_by_test_id("job-log")).to_contain_text("Picture ready")
    expect(page.get_by_test_id("show-original")).to_be_visible()
    expect(page.get_by_test_id("job-result")).to_contain_text("image_ids")
    is_fine(tab, "a job's details")


def test_a_job_is_followed_while_it_runs(visit: Visit, member: Account) -> None:
    tab = visit()
    tab.log_in("/images", member)
    page = tab.page
    ask_for_pictures(tab, ["Followed"])
    tab.goto("/jobs")
    page.get_by_test_id("open-job").first.click()
    detail = page.get_by_test_id("job-detail")
    expect(detail.get_by_test_id("job-state")).to_have_attribute("data-state", "done", timeout=SOON)
    expect(detail.get_by_test_id("job-log")).to_contain_text("Done")
    # The list behind has followed too, without being loaded anew.
    expect(state_of(row_of(page, "Followed"))).to_have_attribute("data-state", "done")


def test_a_removed_job_comes_back(visit: Visit, member: Account) -> None:
    tab = visit()
    tab.log_in("/images", member)
    page = tab.page
    ask_for_pictures(tab, ["Removed"])
    tab.goto("/jobs")
    row = row_of(page, "Removed")
    expect(state_of(row)).to_have_attribute("data-state", "done", timeout=SOON)
    row.get_by_test_id("row-delete").click()
    expect(page.get_by_test_id("empty")).to_be_visible()
    page.get_by_test_id("undo").click()
    expect(row).to_have_count(1)


def test_everybody_s_jobs_are_for_those_who_may_see_them(visit: Visit, member: Account) -> None:
    tab = visit()
    tab.log_in("/images", member)
    page = tab.page
    ask_for_pictures(tab, ["Of a member"])
    tab.goto("/jobs?scope=all")
    expect(row_of(page, "Of a member")).to_have_count(1)
    expect(page.get_by_test_id("scope")).to_have_count(0)
    expect(page.get_by_test_id("job-queues")).to_have_count(0)

    chief = visit()
    chief.log_in("/jobs")
    expect(row_of(chief.page, "Of a member")).to_have_count(0)
    chief.page.get_by_test_id("scope").get_by_text("Everybody").click()
    expect(row_of(chief.page, "Of a member").first).to_contain_text("Mei Lin")
    expect(chief.page).to_have_url(re.compile("scope=all"))
    expect(chief.page.get_by_test_id("job-workers")).to_contain_text("Alive")
    expect(chief.page.get_by_test_id("queue-images")).to_be_visible()
    chief.shot("jobs-everybody", whole=False)


@pytest.mark.parametrize("look", LOOKS if FULL else ["desktop", "phone-dark"])
def test_the_jobs_page_is_accessible(visit: Visit, administrator: Administrator, look: str) -> None:
    asked = administrator.ask("POST", "/jobs/ping", json={"text": "accessible?"})["id"]
    until = time.monotonic() + SOON / 1000
    while administrator.ask("GET", f"/jobs/{asked}")["state"] != "done":
        assert time.monotonic() < until, "the worker did not answer"
        time.sleep(0.2)
    tab = visit(**LOOKS[look])
    tab.log_in("/jobs?scope=all")
    # Not the first of the list, which may be a letter whose server another test has taken away.
    expect(tab.page.locator("[data-testid=job-state][data-state=done]").first).to_be_visible()
    expect(tab.page.locator("h1")).to_have_count(1)
    is_fine(tab, "jobs")
    tab.shot(f"jobs-{look}", whole=False)
    tab.page.get_by_test_id("open-job").first.click()
    expect(tab.page.get_by_test_id("job-log")).to_be_visible()
    is_fine(tab, "a job's details")
    tab.shot(f"job-{look}", whole=False)


def test_the_jobs_page_speaks_chinese(visit: Visit) -> None:
    tab = visit(locale="zh-CN")
    tab.log_in("/jobs")
    expect(tab.page.get_by_role("heading", level=1)).to_have_text("任务")
    tab.shot("jobs-zh", whole=False)

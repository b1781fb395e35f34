"""Schedules: made from a task's own form, with the next ten times; run at once, paused, and looked up in the log."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from uuid import uuid4

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.e2e.administrator import Account, Administrator
from tests.e2e.conftest import Visit
from tests.e2e.looks import FULL, LOOKS, is_fine

SOON = 60_000
NEW_YORK = "America/New_York"


@contextmanager
def schedule(administrator: Administrator, name: str, **fields: object) -> Iterator[int]:
    """A schedule that is gone again afterwards."""
    body = {"name": name, "kind": "system.ping", "payload": {"text": "hello"}, "cron": "0 3 * * *", **fields}
    made = administrator.ask("POST", "/schedules", json=body)
    try:
        yield made["id"]
    finally:
        administrator.ask("POST", "/schedules/batch-delete", json={"ids": [made["id"]]})


def row_of(page: Page, name: str) -> Locator:
    return page.locator("tbody tr", has_text=name)


def choose(page: Page, test_id: str, word: str) -> None:
    page.get_by_test_id(test_id).click()
    page.get_by_role("option", name=word).click()


def test_a_schedule_is_made_from_the_form_of_its_task(visit: Visit, administrator: Administrator) -> None:
    tab, name = visit(), f"Tidy {uuid4().hex[:6]}"
    tab.log_in("/schedules")
    page = tab.page
    page.get_by_test_id("create").click()
    choose(page, "choose-task", "Removal of finished jobs")
    page.get_by_test_id("field-name").get_by_role("textbox").fill(name)
    days = page.get_by_test_id("argument-days").get_by_role("spinbutton")
    days.fill("99999")
    days.press("Tab")
    expect(days).to_have_value("3650")
    choose(page, "cron-mode", "On days of the week")
    page.get_by_test_id("cron-weekdays").get_by_text("Fri").click()
    page.get_by_test_id("cron-time").fill("18:30")
    expect(page.get_by_test_id("cron-text")).to_have_value("30 18 * * 1,5")
    expect(page.get_by_test_id("cron-words")).to_contain_text("18:30")
    expect(page.get_by_test_id("next-runs").locator("li")).to_have_count(10)
    tab.shot("schedule-form", whole=False)
    is_fine(tab, "the form of a schedule")

    choose(page, "cron-mode", "Cron expression")
    page.get_by_test_id("cron-text").fill("61 * * * *")
    tab.allow(422, "/api/v1/schedules/preview")
    expect(page.get_by_test_id("field-cron")).to_contain_text("cannot be kept")
    page.get_by_test_id("cron-text").fill("30 18 * * 5")
    expect(page.get_by_test_id("next-runs").locator("li")).to_have_count(10)
    page.get_by_test_id("save-form").click()
    row = row_of(page, name)
    expect(row).to_contain_text("Friday")
    (made,) = administrator.ask("GET", "/schedules", params={"q": name})["items"]
    assert (made["payload"]["days"], made["cron"]) == (3650, "30 18 * * 5")
    row.get_by_test_id("row-more").click()
    page.get_by_role("menuitem", name="Delete").click()
    expect(row).to_have_count(0)


def test_run_now_and_pause(visit: Visit, administrator: Administrator) -> None:
    tab, name = visit(), f"Ping {uuid4().hex[:6]}"
    with schedule(administrator, name) as id_:
        before = administrator.ask("GET", f"/schedules/{id_}")["next_run_at"]
        tab.log_in(f"/schedules?schedule={id_}")
        page = tab.page
        detail = page.get_by_test_id("schedule-detail")
        expect(detail.get_by_test_id("next-runs").locator("li")).to_have_count(10)
        detail.get_by_test_id("run-now").click()
        state = detail.get_by_test_id("run-state").first
        expect(state).to_have_attribute("data-state", "done", timeout=SOON)
        tab.shot("schedule-detail", whole=False)
        detail.get_by_test_id("row-open-run").first.click()
        expect(page.get_by_test_id("run-detail").get_by_test_id("job-result")).to_contain_text("hello")
        page.get_by_test_id("close-run").click()
        page.get_by_test_id("close-schedule").click()
        assert administrator.ask("GET", f"/schedules/{id_}")["next_run_at"] == before
        row = row_of(page, name)
        row.locator("input[type=checkbox]").check()
        page.get_by_test_id("batch-pause").click()
        expect(row).to_contain_text("Paused")
        page.get_by_test_id("undo").click()
        expect(row).not_to_contain_text("Paused")


def test_the_page_shows_what_the_change_of_the_clocks_does(visit: Visit, administrator: Administrator) -> None:
    """The next ten first Sundays reach over one change of the clocks at least."""
    with schedule(administrator, f"Sundays {uuid4().hex[:6]}", cron="30 2 * * SUN#1", time_zone=NEW_YORK) as id_:
        tab = visit()
        tab.log_in(f"/schedules?schedule={id_}")
        runs = tab.page.get_by_test_id("schedule-detail").get_by_test_id("next-runs")
        expect(runs).to_contain_text("GMT-4")
        expect(runs).to_contain_text("GMT-5")
        expect(runs).to_contain_text("clocks have changed")


def test_schedules_are_for_those_who_may_see_them(visit: Visit, member: Account, administrator: Administrator) -> None:
    tab = visit()
    tab.log_in("/dashboard", member)
    expect(tab.page.get_by_role("link", name="Schedules")).to_have_count(0)
    with (
        administrator.role("perm:schedule:get") as role,
        administrator.account(role) as reader,
        schedule(administrator, f"Seen {uuid4().hex[:6]}"),
    ):
        other = visit()
        other.log_in("/schedules", reader)
        expect(other.page.get_by_test_id("open-schedule").first).to_be_visible()
        expect(other.page.get_by_test_id("create")).to_be_hidden()
        for button in ("row-run", "row-edit"):
            expect(other.page.get_by_test_id(button)).to_have_count(0)


@pytest.mark.parametrize("look", LOOKS if FULL else ["desktop", "phone-dark"])
def test_the_schedules_page_is_accessible(visit: Visit, administrator: Administrator, look: str) -> None:
    long = "A very long name of a schedule that tidies up everything there is, every night"
    with schedule(administrator, f"{long} {look}"[:128]), schedule(administrator, f"Paused {look}", is_enabled=False):
        tab = visit(**LOOKS[look])
        tab.log_in("/schedules")
        expect(tab.page.get_by_test_id("open-schedule").first).to_be_visible()
        expect(tab.page.locator("h1")).to_have_count(1)
        is_fine(tab, "schedules")
        tab.shot(f"schedules-{look}", whole=False)
        tab.page.get_by_test_id("open-schedule").first.click()
        expect(tab.page.get_by_test_id("next-runs")).to_be_visible()
        is_fine(tab, "a schedule's details")
        tab.shot(f"schedule-{look}", whole=False)
        tab.page.get_by_test_id("close-schedule").click()
        tab.page.get_by_test_id("part").get_by_text("Runs").click()
        expect(tab.page.get_by_test_id("run-log")).to_be_visible()
        is_fine(tab, "the runs")
        tab.shot(f"schedule-runs-{look}", whole=False)
        tab.page.get_by_test_id("part").get_by_text("Built in").click()
        expect(tab.page.get_by_test_id("built-in")).to_contain_text("Tidying up of pictures")
        is_fine(tab, "what is built in")


def test_the_schedules_page_speaks_chinese(visit: Visit, administrator: Administrator) -> None:
    with schedule(administrator, f"每晚清理 {uuid4().hex[:6]}", cron="*/15 * * * *", time_zone="Asia/Shanghai"):
        tab = visit(locale="zh-CN")
        tab.log_in("/schedules")
        expect(tab.page.get_by_role("heading", level=1)).to_have_text("定时任务")
        expect(tab.page.locator("tbody")).to_contain_text(re.compile("每隔? ?15 ?分钟"))
        tab.shot("schedules-zh", whole=False)
        tab.page.get_by_test_id("create").click()
        choose(tab.page, "choose-task", "清理已结束的任务")
        expect(tab.page.get_by_test_id("next-runs").locator("li")).to_have_count(10)
        tab.shot("schedule-form-zh", whole=False)

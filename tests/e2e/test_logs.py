"""Log files searched and followed in the browser, and all data exported as one file."""

from __future__ import annotations

import json
import re
import zipfile
from pathlib import Path
from uuid import uuid4

import pytest
from playwright.sync_api import expect

from tests.e2e.administrator import Account, Administrator
from tests.e2e.conftest import Visit, Watched
from tests.e2e.looks import FULL, LOOKS, is_fine

SOON = 60_000


def ask_for_nothing(administrator: Administrator) -> tuple[str, str]:
    """A path that is written into the log once, and the id of its request."""
    name = f"nothing-{uuid4().hex[:12]}"
    return name, administrator.miss(f"/{name}")


def without_reports(tab: Watched) -> None:
    """A machine that was never compared, or a site without a machine, answers that nothing is there yet."""
    for report in ("drift", "link-check"):
        tab.allow(404, f"/api/v1/system/{report}")


def test_a_record_is_found_opened_and_leads_to_its_request(visit: Visit, administrator: Administrator) -> None:
    name, request_id = ask_for_nothing(administrator)
    tab = visit()
    tab.log_in("/logs")
    page = tab.page
    page.get_by_test_id("search").fill(name.upper())
    expect(page.get_by_test_id("log-record")).to_have_count(1)
    page.get_by_test_id("open-record").click()
    expect(page.get_by_test_id("log-whole")).to_contain_text(f"/api/v1/{name} 404")
    page.get_by_test_id("same-request").click()
    expect(page.get_by_test_id("request-filter")).to_contain_text(request_id)
    expect(page.get_by_test_id("log-record")).to_have_count(1)
    assert f"request_id={request_id}" in page.url
    page.get_by_test_id("all-requests").click()
    expect(page.get_by_test_id("log-record").nth(5)).to_be_visible()
    page.get_by_test_id("level-debug").click()
    expect(page.get_by_test_id("log-record").or_(page.get_by_test_id("empty")).first).to_be_visible()
    page.get_by_test_id("clear-filters").click()
    tab.shot("logs", whole=False)


def test_new_records_come_by_themselves(visit: Visit, administrator: Administrator) -> None:
    tab = visit()
    tab.log_in("/logs")
    page = tab.page
    expect(page.get_by_test_id("log-record").first).to_be_visible()
    page.get_by_test_id("follow").click()
    name, _ = ask_for_nothing(administrator)
    expect(page.get_by_test_id("log-record").filter(has_text=name)).to_have_count(1)
    page.get_by_test_id("follow").click()
    expect(page.get_by_test_id("follow")).to_have_attribute("aria-pressed", "false")


def test_an_operation_leads_to_its_log(visit: Visit, administrator: Administrator) -> None:
    administrator.ask("POST", "/jobs/ping", json={"text": "written down"})
    tab = visit()
    tab.log_in("/operation-logs")
    tab.page.get_by_test_id("open-operation").first.click()
    tab.page.get_by_test_id("operation-detail").get_by_test_id("request-log").click()
    expect(tab.page).to_have_url(re.compile(r"/logs\?request_id=[0-9a-f]{32}$"))
    expect(tab.page.get_by_test_id("log-record").first).to_be_visible()


def test_logs_are_for_those_who_may_read_them(visit: Visit, member: Account) -> None:
    tab = visit()
    tab.log_in("/logs", member)
    expect(tab.page.get_by_test_id("logs")).to_have_count(0)
    expect(tab.page.locator("h1")).to_have_count(1)
    tab.goto("/dashboard")
    expect(tab.page.get_by_role("link", name="Logs", exact=True)).to_have_count(0)


def test_all_data_is_exported_as_one_file(visit: Visit, tmp_path: Path) -> None:
    tab = visit()
    without_reports(tab)
    tab.log_in("/system")
    card = tab.page.get_by_test_id("data-export")
    card.get_by_test_id("export-data").click()
    expect(card.get_by_test_id("export-made")).to_be_visible(timeout=SOON)
    with tab.page.expect_download() as waiting:
        card.get_by_test_id("export-link").click()
    waiting.value.save_as(tmp_path / "data.zip")
    with zipfile.ZipFile(tmp_path / "data.zip") as archive:
        manifest = json.loads(archive.read("manifest.json"))
        assert archive.testzip() is None
    rows = {table["name"]: table["rows"] for table in manifest["tables"]}
    assert rows["iam_user"] >= 1
    assert manifest["files"] is None
    tab.page.reload()
    expect(card.get_by_test_id("export-made")).to_be_visible()
    card.scroll_into_view_if_needed()
    tab.shot("data-export", whole=False)


@pytest.mark.parametrize("look", LOOKS if FULL else ["desktop-dark", "phone"])
def test_the_page_of_logs_is_accessible(visit: Visit, administrator: Administrator, look: str) -> None:
    ask_for_nothing(administrator)
    tab = visit(**LOOKS[look])
    tab.log_in("/logs")
    tab.page.get_by_test_id("open-record").first.click()
    is_fine(tab, "logs")
    tab.shot(f"logs-{look}", whole=False)
    without_reports(tab)
    tab.goto("/system")
    is_fine(tab, "system")
    tab.page.get_by_test_id("data-export").scroll_into_view_if_needed()
    tab.shot(f"data-export-{look}", whole=False)


def test_the_page_of_logs_speaks_chinese(visit: Visit) -> None:
    tab = visit(locale="zh-CN")
    tab.log_in("/logs")
    expect(tab.page.get_by_role("heading", level=1)).to_have_text("运行日志")
    tab.page.get_by_test_id("open-record").first.click()
    tab.shot("logs-zh", whole=False)
    without_reports(tab)
    tab.goto("/system")
    tab.page.get_by_test_id("data-export").scroll_into_view_if_needed()
    tab.shot("data-export-zh", whole=False)

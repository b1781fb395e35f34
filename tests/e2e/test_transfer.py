"""Workbooks: a list goes out as it is filtered, rows come in, mistakes are shown, an import is taken back."""

from __future__ import annotations

import io
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from openpyxl import Workbook, load_workbook
from playwright.sync_api import Download, Page, expect

from tests.e2e.administrator import Administrator
from tests.e2e.conftest import Visit
from tests.e2e.looks import FULL, LOOKS, is_fine

SOON = 60_000
HEADINGS = ["Key", "Name", "Type", "Value"]


@pytest.fixture
def prefix(administrator: Administrator) -> Iterator[str]:
    """What the parameters of a test begin with; none of them is left."""
    prefix = f"e2e.{uuid4().hex[:8]}"
    yield prefix
    left = administrator.ask("GET", "/parameters", params={"q": prefix, "page_size": 100})["items"]
    if left:
        administrator.ask("POST", "/parameters/batch-delete", json={"ids": [row["id"] for row in left]})


def workbook(path: Path, rows: Sequence[Sequence[Any]]) -> Path:
    book = Workbook()
    page: Any = book.active
    for row in (HEADINGS, *rows):
        page.append(row)
    book.save(path)
    return path


def rows_of(download: Download) -> list[list[Any]]:
    book = load_workbook(io.BytesIO(download.path().read_bytes()))
    return [list(row) for row in book.worksheets[0].iter_rows(values_only=True)]


def give(page: Page, path: Path) -> None:
    page.get_by_test_id("import-file").set_input_files(path)


def expect_state(page: Page, state: str) -> None:
    expect(page.get_by_test_id("import-card")).to_have_attribute("data-state", state, timeout=SOON)


def test_a_list_goes_out_as_it_is_filtered(visit: Visit) -> None:
    tab = visit()
    tab.log_in("/parameters?q=log.retention")
    page = tab.page
    page.get_by_test_id("export").click()
    expect(page.get_by_test_id("rows-filtered")).to_be_visible()
    page.get_by_test_id("column-description").click()
    tab.shot("export-dialog", whole=False)
    page.get_by_test_id("start-export").click()
    link = page.get_by_test_id("export-link")
    expect(link).to_be_visible(timeout=SOON)
    with page.expect_download() as downloading:
        link.click()
    headings, *rows = rows_of(downloading.value)
    assert headings[:3] == HEADINGS[:3]
    assert "Description" not in headings
    assert [row[0] for row in rows] == ["log.retention_days"]


def test_rows_come_in_and_are_taken_back(visit: Visit, prefix: str, tmp_path: Path) -> None:
    tab = visit()
    tab.log_in("/imports?resource=parameters")
    page = tab.page
    with page.expect_download() as downloading:
        page.get_by_test_id("template").click()
    assert rows_of(downloading.value)[0][:4] == HEADINGS

    wrong: list[list[Any]] = [
        [f"{prefix}.good", "Good", "Whole number", 7],
        [f"{prefix}.bad", "Bad", "Whole number", "seven"],
    ]
    give(page, workbook(tmp_path / "wrong.xlsx", wrong))
    expect_state(page, "checked")
    expect(page.get_by_test_id("count-error")).to_contain_text("1")
    expect(page.get_by_test_id("import-issues")).to_contain_text("D3")
    is_fine(tab, "mistakes")
    tab.shot("import-mistakes")
    with page.expect_download() as downloading:
        page.get_by_test_id("annotated").click()
    marked = load_workbook(io.BytesIO(downloading.value.path().read_bytes())).worksheets[0]["D3"]
    assert marked.comment is not None

    page.get_by_test_id("close-import").click()
    give(
        page,
        workbook(tmp_path / "right.xlsx", [[f"{prefix}.{n}", f"Number {n}", "Whole number", n] for n in range(30)]),
    )
    expect_state(page, "checked")
    expect(page.get_by_test_id("count-create")).to_contain_text("30")
    page.get_by_test_id("confirm-import").click()
    expect_state(page, "done")
    tab.shot("import-done")
    tab.goto(page.url.removeprefix(tab.site.url))  # a reload goes on with it
    page.get_by_test_id("undo-import").click()
    expect_state(page, "undone")
    expect(page.get_by_test_id("count-undone")).to_contain_text("30")
    tab.goto(f"/parameters?q={prefix}")
    expect(page.get_by_test_id("no-match")).to_be_visible()


def test_what_is_no_workbook_is_refused_in_words(visit: Visit, tmp_path: Path) -> None:
    tab = visit()
    tab.log_in("/imports")
    tab.allow(400, "/api/v1/imports")
    tab.allow(422, "/api/v1/imports")
    path = tmp_path / "notes.xlsx"
    path.write_text("not a workbook", encoding="utf-8")
    give(tab.page, path)
    refused = tab.page.get_by_test_id("import-refused").or_(tab.page.locator("[data-state=refused]"))
    expect(refused).to_be_visible(timeout=SOON)
    expect(tab.page.get_by_test_id("imports")).to_contain_text("no .xlsx workbook")


@pytest.mark.parametrize("look", list(LOOKS) if FULL else ["phone-dark"])
def test_the_page_is_accessible(visit: Visit, look: str) -> None:
    tab = visit(**LOOKS[look])
    tab.log_in("/imports")
    is_fine(tab, look)
    tab.shot(f"imports-{look}")

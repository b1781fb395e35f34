"""Images: from words to pictures, the gallery, the viewer, the archive. The built-in provider needs no model."""

from __future__ import annotations

import json
import re
from zipfile import ZipFile

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.e2e.administrator import Account, Administrator
from tests.e2e.conftest import Visit
from tests.e2e.looks import FULL, LOOKS, is_fine

# A slow machine paints slowly.
PAINTED = 60_000
HAS_PIXELS = "element => element.complete && element.naturalWidth > 0"


def generate(page: Page, prompt: str, count: int) -> None:
    """Ask for pictures and wait until they hang in the gallery."""
    before = page.get_by_test_id("open-picture").count()
    page.get_by_test_id("prompt").fill(prompt)
    page.get_by_test_id("count").locator("label").nth(count - 1).click()
    page.get_by_test_id("generate").click()
    expect(page.get_by_test_id("generation")).to_have_count(1)
    expect(page.get_by_test_id("open-picture")).to_have_count(before + count, timeout=PAINTED)
    expect(page.get_by_test_id("generation")).to_have_count(0, timeout=PAINTED)


def is_seen(picture: Locator) -> None:
    """Not only there: its pixels have come."""
    picture.scroll_into_view_if_needed()
    handle = picture.element_handle()
    picture.page.wait_for_function(HAS_PIXELS, arg=handle)


def test_from_words_to_a_picture_to_the_gallery_to_an_archive(
    visit: Visit, member: Account, tmp_path_factory: pytest.TempPathFactory
) -> None:
    tab = visit()
    tab.log_in("/images", member)
    page = tab.page
    expect(page.get_by_test_id("empty")).to_be_visible()
    expect(page.get_by_test_id("generate")).to_be_disabled()
    generate(page, "A lighthouse in a storm", 2)
    for picture in page.get_by_test_id("open-picture").locator("img").all():
        is_seen(picture)
    expect(page.get_by_test_id("usage-quota")).to_contain_text("2 of")
    tab.shot("images-gallery")

    page.get_by_test_id("select-all").check()
    page.get_by_test_id("batch-zip").click()
    link = page.get_by_test_id("zip-link")
    expect(link).to_be_visible(timeout=PAINTED)
    is_fine(tab, "an archive")
    with page.expect_download() as download:
        link.click()
    archive = tmp_path_factory.mktemp("archive") / "pictures.zip"
    download.value.save_as(archive)
    with ZipFile(archive) as file:
        assert file.testzip() is None
        assert len([name for name in file.namelist() if name.endswith(".png")]) == 2
        about = json.loads(file.read("images.json"))
    assert "A lighthouse in a storm" in json.dumps(about)


def test_the_viewer_and_its_settings_again(visit: Visit, member: Account) -> None:
    tab = visit()
    tab.log_in("/images", member)
    page = tab.page
    generate(page, "Two boats on a lake", 2)
    generate(page, "One mountain", 1)
    page.get_by_test_id("open-picture").first.click()
    is_seen(page.get_by_test_id("viewer-picture"))
    expect(page.get_by_test_id("picture-prompt")).to_have_text("One mountain")
    expect(page.get_by_test_id("viewer-previous")).to_have_count(0)
    is_fine(tab, "the viewer")
    tab.shot("images-viewer", whole=False)
    page.keyboard.press("ArrowRight")
    expect(page.get_by_test_id("picture-prompt")).to_have_text("Two boats on a lake")
    page.keyboard.press("s")
    expect(page.get_by_test_id("viewer-star")).to_have_attribute("aria-pressed", "true")
    with page.expect_download() as download:
        page.get_by_test_id("download").click()
    assert download.value.suggested_filename.endswith(".png")
    page.reload()
    tab.settle()
    expect(page.get_by_test_id("picture-prompt")).to_have_text("Two boats on a lake")
    page.get_by_test_id("reuse").click()
    expect(page.get_by_test_id("viewer")).to_be_hidden()
    expect(page.get_by_test_id("prompt")).to_have_value("Two boats on a lake")
    expect(page.get_by_test_id("prompt")).to_be_focused()
    expect(page).to_have_url(re.compile(r"/images$"))

    page.get_by_test_id("open-picture").first.click()
    page.keyboard.press("Escape")
    expect(page.get_by_test_id("viewer")).to_be_hidden()
    tab.goto("/images?is_starred=true")
    expect(page.get_by_test_id("open-picture")).to_have_count(1)
    tab.goto("/images?q=mountain")
    expect(page.get_by_test_id("open-picture")).to_have_count(1)
    tab.goto("/images?q=nothing+like+it")
    expect(page.get_by_test_id("no-match")).to_be_visible()


def test_a_deleted_picture_comes_back(visit: Visit, member: Account) -> None:
    tab = visit()
    tab.log_in("/images", member)
    page = tab.page
    generate(page, "A picture by mistake", 1)
    page.get_by_test_id("open-picture").first.click()
    page.get_by_test_id("viewer-delete").click()
    expect(page.get_by_test_id("viewer")).to_be_hidden()
    expect(page.get_by_test_id("empty")).to_be_visible()
    page.get_by_test_id("undo").click()
    expect(page.get_by_test_id("open-picture")).to_have_count(1)


def test_what_was_typed_survives_a_reload(visit: Visit, member: Account) -> None:
    tab = visit()
    tab.log_in("/images", member)
    page = tab.page
    page.get_by_test_id("prompt").fill("A thought that is not finished")
    page.get_by_test_id("count").locator("label").nth(2).click()
    page.wait_for_timeout(600)
    page.reload()
    tab.settle()
    expect(page.get_by_test_id("prompt")).to_have_value("A thought that is not finished")
    expect(page.get_by_test_id("count").locator("input").nth(2)).to_be_checked()


def test_pictures_go_on_being_made_without_the_page(visit: Visit, member: Account) -> None:
    tab = visit()
    tab.log_in("/images", member)
    page = tab.page
    page.get_by_test_id("prompt").fill("Made while nobody looked")
    page.get_by_test_id("count").locator("label").nth(3).click()
    page.get_by_test_id("generate").click()
    expect(page.get_by_test_id("generation")).to_have_count(1)
    tab.goto("/dashboard")
    tab.goto("/images")
    expect(page.get_by_test_id("open-picture")).to_have_count(4, timeout=PAINTED)


def test_the_day_s_pictures_come_to_an_end(visit: Visit, member: Account, administrator: Administrator) -> None:
    with administrator.parameter("images.daily_quota", "1"):
        tab = visit()
        tab.allow(429, "/api/v1/generate/text2image")
        tab.log_in("/images", member)
        page = tab.page
        generate(page, "The only one today", 1)
        page.get_by_test_id("generate").click()
        expect(page.get_by_test_id("composer-error")).to_contain_text("used up")
        expect(page.get_by_test_id("prompt")).to_have_value("The only one today")
        is_fine(tab, "a refusal")
        tab.shot("images-refused", whole=False)


@pytest.mark.parametrize("look", LOOKS if FULL else ["desktop", "phone-dark"])
def test_the_pages_of_images_are_accessible(visit: Visit, member: Account, look: str) -> None:
    tab = visit(**LOOKS[look])
    tab.log_in("/images", member)
    page = tab.page
    is_fine(tab, "no pictures")
    page.get_by_test_id("more-options").click()
    is_fine(tab, "more options")
    generate(page, "An island " * 60, 1)
    is_fine(tab, "a gallery")
    tab.shot(f"images-{look}")
    page.get_by_test_id("open-picture").first.click()
    is_seen(page.get_by_test_id("viewer-picture"))
    is_fine(tab, "the viewer")
    tab.shot(f"images-viewer-{look}", whole=False)

    own = visit(**LOOKS[look])
    own.log_in("/image-providers")
    expect(own.page.locator("tbody tr").first).to_be_visible()
    own.page.get_by_test_id("row-test").first.click()
    expect(own.page.get_by_test_id("test-result")).to_be_visible()
    is_fine(own, "providers")
    own.shot(f"image-providers-{look}", whole=False)
    own.page.get_by_test_id("create").click()
    own.page.get_by_test_id("save-form").click()
    expect(own.page.get_by_text("This is needed.").first).to_be_visible()
    is_fine(own, "a provider's form")


def test_the_pages_of_images_speak_chinese(visit: Visit) -> None:
    tab = visit(locale="zh-CN")
    tab.log_in("/images")
    expect(tab.page.get_by_role("heading", level=1)).to_have_text("图片")
    tab.shot("images-zh")
    tab.goto("/image-providers")
    expect(tab.page.get_by_role("heading", level=1)).to_have_text("图片服务")


def test_a_key_is_never_shown_again(visit: Visit, administrator: Administrator) -> None:
    body = {"name": "E2E provider", "kind": "openai_images", "base_url": "https://images.example.org/v1"}
    made = administrator.ask("POST", "/image-providers", json={**body, "key": "sk-very-secret", "is_enabled": False})
    try:
        tab = visit()
        tab.log_in("/image-providers")
        row = tab.page.get_by_test_id(f"item-{made['id']}")
        row.get_by_test_id("row-edit").click()
        expect(
            tab.page.get_by_test_id("secret").locator("input").or_(tab.page.locator("input[type=password]")).first
        ).to_have_value("")
        assert "sk-very-secret" not in tab.page.content()
        tab.page.get_by_test_id("field-name").locator("input").fill("E2E provider, renamed")
        tab.page.get_by_test_id("save-form").click()
        expect(row).to_contain_text("renamed")
        assert administrator.ask("GET", f"/image-providers/{made['id']}")["has_key"] is True
        row.get_by_test_id("row-edit").click()
        tab.page.get_by_test_id("remove-secret").click()
        tab.page.get_by_test_id("save-form").click()
        expect(tab.page.get_by_test_id("form-drawer")).to_have_count(0)
        assert administrator.ask("GET", f"/image-providers/{made['id']}")["has_key"] is False
    finally:
        administrator.ask("POST", "/image-providers/batch-delete", json={"ids": [made["id"]]})

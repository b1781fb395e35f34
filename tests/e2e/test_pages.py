"""Every page, on a desk and on a phone, in both languages, light and dark; people look at the screenshots."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.sync_api import expect

from tests.e2e.conftest import DESKTOP, PHONE, Visit, Watched

PAGES = {"/dashboard": "dashboard", "/system": "system", "/no/such/page": "not-found"}
LOOKS: dict[str, dict[str, Any]] = {
    "desktop": {"size": DESKTOP},
    "desktop-dark": {"size": DESKTOP, "dark": True},
    "phone": {"size": PHONE},
    "phone-dark-zh": {"size": PHONE, "dark": True, "locale": "zh-CN"},
    "desktop-zh": {"size": DESKTOP, "locale": "zh-CN"},
}


def fits_the_screen(tab: Watched) -> bool:
    """Whether nothing sticks out at the side."""
    return bool(tab.page.evaluate("document.scrollingElement.scrollWidth <= window.innerWidth"))


@pytest.mark.parametrize("look", LOOKS)
def test_every_page_shows_itself(visit: Visit, look: str) -> None:
    tab = visit(**LOOKS[look])
    tab.goto("/login")
    expect(tab.page.get_by_test_id("submit")).to_be_visible()
    assert fits_the_screen(tab)
    tab.shot(f"login-{look}")
    tab.log_in()
    for path, name in PAGES.items():
        tab.goto(path)
        expect(tab.page.get_by_test_id(name)).to_be_visible()
        expect(tab.page.locator("h1")).to_have_count(1)
        assert fits_the_screen(tab), f"{path} is wider than the screen"
        tab.shot(f"{name}-{look}")


@pytest.mark.parametrize(("size", "menu"), [(DESKTOP, False), (PHONE, True)], ids=["desktop", "phone"])
def test_the_menu_leads_to_every_page(visit: Visit, size: tuple[int, int], menu: bool) -> None:
    tab = visit(size=size)
    tab.log_in()
    for name in ("system", "dashboard"):
        if menu:
            tab.page.get_by_test_id("open-menu").click()
            tab.page.get_by_test_id(f"menu-{name}").scroll_into_view_if_needed()
            expect(tab.page.get_by_test_id(f"menu-{name}")).to_be_in_viewport(ratio=1)
            tab.shot("menu-phone", whole=False)
        tab.page.get_by_test_id(f"menu-{name}").click()
        expect(tab.page.get_by_test_id(name)).to_be_visible()
        expect(tab.page).to_have_url(f"{tab.site.url}/{name}")


def test_the_dashboard_says_that_all_is_well(visit: Visit) -> None:
    tab = visit()
    tab.log_in()
    expect(tab.page.get_by_text("Everything that was checked works.")).to_be_visible()
    expect(tab.page.get_by_test_id("readiness-database")).to_be_visible()
    expect(tab.page.get_by_test_id("readiness-migrations")).to_be_visible()


def test_the_link_check_table_is_green(visit: Visit) -> None:
    tab = visit()
    tab.log_in("/system")
    rows = tab.page.locator("[data-testid^='row-']")
    expect(rows.first).to_be_visible()
    assert rows.count() >= 16
    assert tab.page.locator("[data-testid^='row-']:not([data-ok='true'])").count() == 0
    expect(tab.page.get_by_text(f"All {rows.count()} checks passed")).to_be_visible()


def test_front_and_back_are_the_same_release(visit: Visit) -> None:
    tab = visit()
    tab.log_in("/system")
    expect(tab.page.get_by_test_id("web-release")).to_have_attribute("data-state", "same")


def test_the_language_is_switched_and_remembered(visit: Visit) -> None:
    tab = visit(locale="en-GB")
    tab.goto("/login")
    expect(tab.page.get_by_role("heading", name="Log in")).to_be_visible()
    tab.page.get_by_test_id("switch-locale").click()
    expect(tab.page.locator("html")).to_have_attribute("lang", "zh-CN")
    expect(tab.page.get_by_role("heading", name="登录")).to_be_visible()
    tab.page.reload()
    tab.settle()
    expect(tab.page.locator("html")).to_have_attribute("lang", "zh-CN")

    tab.log_in()
    tab.page.get_by_test_id("user-menu").click()
    expect(tab.page.get_by_test_id("locale-en")).to_be_visible()
    tab.shot("user-menu-zh-desktop", whole=False)
    tab.page.get_by_test_id("locale-en").click()
    expect(tab.page.locator("html")).to_have_attribute("lang", "en")


def test_the_theme_is_switched_and_remembered(visit: Visit) -> None:
    tab = visit()
    tab.log_in()
    is_dark = "document.documentElement.classList.contains('dark')"
    background = "getComputedStyle(document.body).backgroundColor"
    light = tab.page.evaluate(background)
    assert tab.page.evaluate(is_dark) is False
    tab.page.get_by_test_id("user-menu").click()
    tab.page.get_by_test_id("theme-dark").click()
    tab.page.wait_for_function(is_dark)
    assert tab.page.evaluate(background) != light
    tab.page.reload()
    tab.settle()
    assert tab.page.evaluate(is_dark) is True


def test_an_unknown_page_is_said_to_be_unknown(visit: Visit) -> None:
    tab = visit()
    tab.goto("/no/such/page")
    expect(tab.page.get_by_role("heading", name="This page does not exist")).to_be_visible()
    tab.shot("not-found-logged-out-desktop")
    tab.page.get_by_role("button", name="Log in and try again").click()
    tab.fill_login(tab.site.username, tab.site.password)
    expect(tab.page).to_have_url(tab.site.url + "/no/such/page")
    tab.page.get_by_role("button", name="Go to the dashboard").click()
    expect(tab.page.get_by_test_id("dashboard")).to_be_visible()

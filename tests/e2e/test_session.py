"""Getting in, staying in, getting out."""

from __future__ import annotations

import re

from playwright.sync_api import expect

from tests.e2e.conftest import Visit


def test_the_way_in_leads_to_the_dashboard(visit: Visit) -> None:
    tab = visit()
    tab.goto("/")
    expect(tab.page).to_have_url(re.compile(r"/login"))
    tab.fill_login(tab.site.username, tab.site.password)
    expect(tab.page).to_have_url(tab.site.url + "/dashboard")
    expect(tab.page.get_by_test_id("dashboard")).to_be_visible()


def test_a_deep_link_is_reached_after_log_in(visit: Visit) -> None:
    tab = visit()
    tab.goto("/system?from=mail")
    expect(tab.page).to_have_url(re.compile(r"/login\?redirect="))
    tab.fill_login(tab.site.username, tab.site.password)
    expect(tab.page).to_have_url(tab.site.url + "/system?from=mail")
    expect(tab.page.get_by_test_id("link-check-table")).to_be_visible()


def test_a_redirect_cannot_lead_to_another_site(visit: Visit) -> None:
    tab = visit()
    tab.goto("/login?redirect=//example.org/")
    tab.fill_login(tab.site.username, tab.site.password)
    expect(tab.page).to_have_url(tab.site.url + "/dashboard")


def test_a_wrong_password_is_said_in_words(visit: Visit) -> None:
    tab = visit()
    tab.allow(401, "/api/v1/auth/login")
    tab.goto("/login")
    tab.fill_login("nobody-of-this-name", "not the password")
    expect(tab.page.get_by_role("alert")).to_contain_text("User name or password is wrong")
    expect(tab.page).to_have_url(re.compile(r"/login"))
    tab.shot("login-wrong-password-desktop")


def test_an_empty_form_says_what_is_missing(visit: Visit) -> None:
    tab = visit()
    tab.goto("/login")
    tab.page.get_by_test_id("submit").click()
    expect(tab.page.get_by_text("Enter your user name.")).to_be_visible()
    expect(tab.page.get_by_text("Enter your password.")).to_be_visible()
    tab.shot("login-empty-desktop")


def test_by_keyboard_alone(visit: Visit) -> None:
    tab = visit()
    tab.goto("/login")
    expect(tab.page.get_by_test_id("username")).to_be_focused()
    tab.page.keyboard.type(tab.site.username)
    tab.page.keyboard.press("Tab")
    tab.page.keyboard.type(tab.site.password)
    tab.page.keyboard.press("Enter")
    expect(tab.page.get_by_test_id("dashboard")).to_be_visible()


def test_a_refresh_stays_on_the_dashboard(visit: Visit) -> None:
    tab = visit()
    tab.log_in()
    for _ in range(3):  # each one rotates the cookie
        tab.page.reload()
        tab.settle()
        expect(tab.page).to_have_url(tab.site.url + "/dashboard")
        expect(tab.page.get_by_test_id("dashboard")).to_be_visible()


def test_nothing_secret_is_left_in_storage(visit: Visit) -> None:
    tab = visit()
    tab.log_in()
    kept = str(tab.page.evaluate("JSON.stringify({...localStorage, ...sessionStorage}) + document.cookie"))
    assert tab.site.password not in kept
    assert "eyJ" not in kept, "a token is where a script could read it"


def test_log_out_means_out(visit: Visit) -> None:
    tab = visit()
    tab.log_in("/system")
    tab.page.get_by_test_id("user-menu").click()
    tab.page.get_by_test_id("log-out").click()
    expect(tab.page).to_have_url(re.compile(r"/login"))
    tab.goto("/dashboard")
    expect(tab.page).to_have_url(re.compile(r"/login\?redirect="))
    assert tab.page.context.cookies() == []

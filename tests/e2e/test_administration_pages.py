"""Every page of the administration: accessible, no wider than the screen, harmless whatever people typed into it."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from tests.e2e.administrator import Administrator
from tests.e2e.conftest import Visit
from tests.e2e.looks import FULL, LOOKS, is_fine

PAGES = ("users", "roles", "menus", "permissions", "sessions", "login-logs")
# Each would set window.hurt if any renderer took it for more than text.
PAYLOADS = (
    "<img src=x onerror=window.hurt=1>",
    '"><svg/onload=window.hurt=1>',
    "<script>window.hurt=1</script>",
    "{{constructor.constructor('window.hurt=1')()}}",
    "javascript:window.hurt=1//%0aalert(1)",
    "</title><iframe srcdoc='<script>top.hurt=1</script>'>",
)


@pytest.mark.parametrize("look", LOOKS if FULL else ["desktop", "phone-dark"])
def test_every_page_is_accessible(visit: Visit, look: str) -> None:
    tab = visit(**LOOKS[look])
    tab.log_in()
    for name in PAGES:
        tab.goto(f"/{name}")
        expect(tab.page.get_by_test_id(name)).to_be_visible()
        expect(tab.page.locator("tbody tr").first).to_be_visible()
        expect(tab.page.locator("h1")).to_have_count(1)
        is_fine(tab, name)
        tab.shot(f"{name}-{look}", whole=False)


@pytest.mark.parametrize("look", ["desktop", "phone-dark"])
def test_what_opens_on_a_page_is_accessible(visit: Visit, administrator: Administrator, look: str) -> None:
    tab = visit(**LOOKS[look])
    page = tab.page
    with administrator.account():
        tab.log_in("/users")
        page.get_by_test_id("select-row").first.check()
        page.get_by_test_id("row-more").first.click()
        is_fine(tab, "a menu at a row")
        page.keyboard.press("Escape")
    page.get_by_test_id("create").click()
    page.get_by_test_id("save-form").click()
    expect(page.get_by_text("This is needed.").first).to_be_visible()
    is_fine(tab, "a form with errors")
    tab.shot(f"user-form-{look}", whole=False)

    tab.goto("/roles")
    page.get_by_test_id("create").click()
    expect(page.get_by_test_id("rights-tree")).to_be_visible()
    page.get_by_test_id("tick-all").click()
    is_fine(tab, "the tree of rights")
    page.keyboard.press("Escape")
    expect(page.get_by_role("button", name="Discard")).to_be_visible()
    is_fine(tab, "a question")
    page.get_by_role("button", name="Discard").click()

    tab.goto("/menus")
    page.get_by_test_id("quick-add").click()
    expect(page.get_by_test_id("form-drawer").or_(page.get_by_role("dialog")).first).to_be_visible()
    is_fine(tab, "quick add")
    tab.shot(f"quick-add-{look}", whole=False)


def test_pages_speak_chinese(visit: Visit) -> None:
    tab = visit(locale="zh-CN")
    tab.log_in()
    for name, title in {"users": "用户管理", "roles": "角色管理", "menus": "菜单管理", "permissions": "权限"}.items():
        tab.goto(f"/{name}")
        expect(tab.page.get_by_role("heading", level=1)).to_have_text(title)
        expect(tab.page.locator("tbody tr").first).to_be_visible()
        tab.shot(f"{name}-zh", whole=False)


def shows_as_text(page: Page, text: str) -> None:
    """The payload stands on the page letter by letter, and did nothing."""
    expect(page.get_by_text(text, exact=False).first).to_be_attached()
    assert page.evaluate("window.hurt === undefined"), f"this ran: {text}"
    assert page.locator("main img[src='x'], main iframe, main script").count() == 0


@pytest.mark.parametrize("payload", PAYLOADS if FULL else PAYLOADS[::2])
def test_what_people_type_stays_text(visit: Visit, administrator: Administrator, payload: str) -> None:
    """Under the content security policy: a refused script would be a complaint in the console, which fails too."""
    menu = {"kind": "directory", "name": "e2e-text", "title": payload[:64]}
    made = administrator.ask("POST", "/menus", json=menu)
    try:
        with (
            administrator.role("perm:user:get", name=payload[:64], description=payload) as role,
            administrator.account(role, display_name=payload[:64]) as account,
        ):
            tab = visit()
            page = tab.page
            tab.log_in(f"/users?q={account.username}")
            shows_as_text(page, payload[:64])
            page.get_by_test_id("row-edit").click()
            expect(page.get_by_test_id("field-display_name").locator("input")).to_have_value(payload[:64])
            page.keyboard.press("Escape")
            for path in (
                "/roles?sort=-created_at",
                "/menus",
                f"/permissions?user_id={account.id}&label=perm:user:get",
                f"/sessions?username={account.username}",
            ):
                tab.goto(path)
                tab.settle()
                if "sessions" not in path:
                    shows_as_text(page, payload[:64])
                assert page.evaluate("window.hurt === undefined"), path
            own = visit()
            own.allow(401, "/api/v1/")
            own.goto("/login")
            own.fill_login(account.username, account.password)
            own.page.wait_for_url("**/dashboard")
            shows_as_text(own.page, payload[:64])
    finally:
        administrator.ask("DELETE", f"/menus/{made['id']}")

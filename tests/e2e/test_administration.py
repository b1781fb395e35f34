"""People, roles and rights in the browser: who sees what, and what happens when a right goes."""

from __future__ import annotations

from uuid import uuid4

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.e2e.administrator import Account, Administrator
from tests.e2e.conftest import PHONE, Visit, Watched
from tests.e2e.site import Site

USERS, ROLES = "perm:user:get", "perm:role:get"
OWN_WORK = {"chat", "images", "jobs"}


def log_in_as(tab: Watched, account: Account, path: str = "/dashboard") -> None:
    """Come as somebody else than the administrator."""
    # The account is deleted while its page is still open.
    tab.allow(401, "/api/v1/")
    tab.log_in(path, account)


def menu_of(page: Page) -> set[str]:
    """The names of the pages and groups that the menu shows."""
    expect(page.get_by_test_id("menu-dashboard")).to_be_visible()
    found = page.locator("[data-testid^='menu-']").evaluate_all("all => all.map((one) => one.dataset.testid)")
    return {name.removeprefix("menu-") for name in found}


def row(page: Page, text: str) -> Locator:
    """The row of a list that shows this text."""
    return page.locator("tbody tr").filter(has_text=text)


def test_the_menus_differ(visit: Visit, administrator: Administrator) -> None:
    tab = visit()
    tab.log_in()
    everything = menu_of(tab.page)
    assert {"users", "roles", "menus", "permissions", "sessions", "login-logs", "parameters", "system"} <= everything

    seen: dict[str, set[str]] = {}
    for code in ("operator", "member"):
        with administrator.account(administrator.role_id(code)) as account:
            tab = visit()
            log_in_as(tab, account)
            seen[code] = menu_of(tab.page)
    assert seen["member"] == {"dashboard", *OWN_WORK}
    assert seen["member"] < seen["operator"] <= everything


def test_who_may_only_look_gets_no_buttons(visit: Visit, administrator: Administrator) -> None:
    with administrator.role(USERS) as role, administrator.account(role) as account:
        tab = visit()
        log_in_as(tab, account, "/users")
        expect(row(tab.page, account.username)).to_be_visible()
        expect(tab.page.get_by_test_id("create")).to_be_hidden()
        expect(tab.page.locator("[data-testid='row-edit'], [data-testid='row-delete']")).to_have_count(0)


def test_a_forbidden_deep_link_is_refused(visit: Visit, administrator: Administrator) -> None:
    with administrator.account(administrator.role_id("member")) as account:
        tab = visit()
        log_in_as(tab, account, "/users?q=admin")
        expect(tab.page.get_by_test_id("forbidden")).to_contain_text(USERS)
        expect(tab.page.get_by_test_id("list-table")).to_have_count(0)
        tab.shot("forbidden-desktop")
        tab.goto("/no-such-page")
        expect(tab.page.get_by_test_id("not-found")).to_be_visible()


def test_without_a_role_one_is_told_whom_to_ask(visit: Visit, administrator: Administrator) -> None:
    with administrator.account() as account:
        tab = visit()
        log_in_as(tab, account)
        expect(tab.page.get_by_test_id("no-role")).to_contain_text(account.username)
        expect(tab.page.get_by_test_id("no-role")).to_contain_text("Ask an administrator")
        tab.shot("no-role-desktop")
        role = administrator.role_id("member")
        administrator.ask("PATCH", f"/users/{account.id}", json={"role_ids": [role]})
        tab.page.get_by_role("button", name="look again").or_(tab.page.get_by_test_id("dashboard")).first.click()
        expect(tab.page.get_by_test_id("dashboard")).to_be_visible()


@pytest.mark.parametrize("told", [True, False], ids=["by the event", "by the refusal"])
def test_a_removed_right_disappears_on_the_next_click(visit: Visit, administrator: Administrator, told: bool) -> None:
    with administrator.role(USERS, ROLES) as role, administrator.account(role) as account:
        tab = visit()
        if not told:
            # Without the stream of events the page learns of it by being refused.
            tab.page.route("**/api/v1/events", lambda route: route.abort("aborted"))
            tab.allow(403, "/api/v1/roles")
        log_in_as(tab, account, "/users")
        assert {"users", "roles"} <= menu_of(tab.page)
        administrator.ask("PATCH", f"/roles/{role}", json={"menu_ids": administrator.menu_ids(USERS)})
        if told:
            expect(tab.page.get_by_test_id("menu-roles")).to_have_count(0)
        else:
            tab.page.get_by_test_id("menu-roles").click()
            expect(tab.page.get_by_test_id("forbidden")).to_contain_text(ROLES)
        expect(tab.page.get_by_test_id("menu-roles")).to_have_count(0)
        tab.page.get_by_test_id("menu-users").click()
        expect(row(tab.page, account.username)).to_be_visible()


def test_a_user_is_made_changed_deleted_and_brought_back(visit: Visit, administrator: Administrator) -> None:
    name = f"e2e-{uuid4().hex[:10]}"
    tab = visit()
    page = tab.page
    tab.log_in("/users")
    page.get_by_test_id("create").click()
    expect(page.get_by_test_id("field-username").locator("input")).to_be_focused()
    page.keyboard.type(name)
    page.get_by_test_id("field-display_name").locator("input").fill("Noah Novak")
    page.keyboard.press("Control+Enter")
    expect(page.get_by_test_id("password-once").locator("code")).not_to_be_empty()
    tab.shot("password-once-desktop", whole=False)
    page.get_by_test_id("password-noted").click()

    page.get_by_test_id("search").fill(name)
    expect(page).to_have_url(f"{tab.site.url}/users?q={name}")
    tab.settle()
    page.get_by_test_id("row-edit").click()
    page.get_by_test_id("field-display_name").locator("input").fill("Noah the Second")
    page.get_by_test_id("save-form").click()
    expect(row(page, "Noah the Second")).to_be_visible()

    page.get_by_test_id("select-row").check()
    page.get_by_test_id("batch-disable").click()
    expect(row(page, "Disabled")).to_be_visible()
    page.get_by_test_id("select-row").check()
    page.get_by_test_id("batch-delete").click()
    expect(page.get_by_test_id("no-match")).to_be_visible()
    page.get_by_test_id("undo").last.click()
    expect(row(page, "Noah the Second")).to_be_visible()
    administrator.forget_registered(name)


def test_a_taken_name_is_said_at_its_field(visit: Visit, site: Site) -> None:
    tab = visit()
    tab.allow(409, "/api/v1/users")
    tab.log_in("/users")
    tab.page.get_by_test_id("create").click()
    tab.page.get_by_test_id("field-username").locator("input").fill(site.username)
    tab.page.get_by_test_id("save-form").click()
    expect(tab.page.get_by_test_id("field-username").locator(".error")).not_to_be_empty()
    expect(tab.page.get_by_test_id("field-username").locator("input")).to_be_focused()
    tab.page.keyboard.press("Escape")
    tab.page.get_by_role("button", name="Discard").click()
    expect(tab.page.get_by_test_id("form-drawer")).to_have_count(0)


def test_a_role_is_ticked_in_one_tree(visit: Visit, administrator: Administrator) -> None:
    with administrator.role(USERS, name="Ticked in a tree") as role:
        tab = visit()
        page = tab.page
        tab.log_in("/roles?q=Ticked")
        page.get_by_test_id("row-edit").click()
        create, users = (administrator.menu_ids(label)[0] for label in ("perm:user:create", USERS))
        expect(page.get_by_test_id(f"tick-{create}")).not_to_be_checked()
        assert page.get_by_test_id(f"tick-{users}").evaluate("box => box.indeterminate")
        page.get_by_test_id(f"tick-{create}").check()
        page.get_by_test_id("rights-tree").scroll_into_view_if_needed()
        tab.shot("role-tree-desktop", whole=False)
        page.get_by_test_id("save-form").click()
        expect(page.get_by_test_id("form-drawer")).to_have_count(0)
        assert create in administrator.ask("GET", f"/roles/{role}")["menu_ids"]


def test_a_page_is_added_quickly_and_removed_whole(visit: Visit, administrator: Administrator) -> None:
    title = f"Orders {uuid4().hex[:6]}"
    tab = visit()
    page = tab.page
    tab.log_in("/menus")
    page.get_by_test_id("quick-add").click()
    page.get_by_test_id("field-title").locator("input").fill(title)
    page.get_by_test_id("field-name").locator("input").fill(title.lower().replace(" ", "-"))
    expect(page.get_by_test_id("field-path").locator("input")).to_have_value(f"/{title.lower().replace(' ', '-')}")
    page.get_by_test_id("field-view").click()
    page.get_by_role("option", name="system/DashboardView").click()
    page.get_by_test_id("field-resource").locator("input").fill("user")
    page.get_by_test_id("save-form").click()
    # The menu at the side follows without a reload.
    expect(page.get_by_role("link", name=title)).to_be_visible()
    expect(row(page, title)).to_be_visible()
    row(page, title).get_by_test_id("row-more").click()
    page.get_by_role("menuitem", name="Delete").click()
    expect(page.locator(".destroy li").first).to_be_visible()
    tab.shot("menu-remove-desktop", whole=False)
    page.get_by_role("button", name="Remove all of it").click()
    expect(row(page, title)).to_have_count(0)
    expect(page.get_by_role("link", name=title)).to_have_count(0)
    assert [menu for menu in administrator.ask("GET", "/menus") if menu["title"] == title] == []


def test_why_somebody_may_or_may_not(visit: Visit, administrator: Administrator) -> None:
    with administrator.role(USERS, name="The reason") as role, administrator.account(role) as account:
        tab = visit()
        tab.log_in()
        tab.goto(f"/permissions?user_id={account.id}&label={USERS}")
        answer = tab.page.get_by_test_id("why-answer")
        expect(answer).to_have_attribute("data-granted", "true")
        expect(answer).to_contain_text("The reason")
        tab.shot("why-granted-desktop")
        tab.goto(f"/permissions?user_id={account.id}&label={ROLES}")
        expect(answer).to_have_attribute("data-granted", "false")
        expect(answer).to_contain_text("None of its roles ticks")


def test_a_kicked_session_is_out(visit: Visit, administrator: Administrator) -> None:
    with administrator.account(administrator.role_id("member")) as account:
        victim = visit()
        log_in_as(victim, account)
        tab = visit(size=PHONE)
        tab.log_in(f"/sessions?username={account.username}")
        tab.page.get_by_test_id("row-end").click()
        tab.page.get_by_role("button", name="End it").click()
        expect(tab.page.get_by_test_id("no-match")).to_be_visible()
        victim.goto("/dashboard")
        expect(victim.page.get_by_test_id("submit")).to_be_visible()


def test_a_list_is_found_again_as_it_was_left(visit: Visit) -> None:
    tab = visit()
    tab.log_in("/login-logs?outcome=success&created=today&sort=created_at")
    expect(tab.page.get_by_test_id("filter-outcome")).to_contain_text("Logged in")
    expect(tab.page.get_by_test_id("filter-created")).to_contain_text("Today")
    tab.page.reload()
    tab.settle()
    expect(tab.page.get_by_test_id("filter-outcome")).to_contain_text("Logged in")
    tab.page.get_by_test_id("clear-filters").click()
    expect(tab.page).to_have_url(f"{tab.site.url}/login-logs?sort=created_at")

"""A person's own account: getting one by mail, a forgotten password, the profile."""

from __future__ import annotations

import io
import re
from collections.abc import Iterator
from uuid import uuid4

import pytest
from PIL import Image
from playwright.sync_api import expect

from tests.e2e.administrator import Account, Administrator
from tests.e2e.axe import violations
from tests.e2e.conftest import DESKTOP, PHONE, Visit, Watched
from tests.e2e.mailbox import Mailbox, listen, where_to_listen
from tests.e2e.site import Site

NEW_PASSWORD = "four plain words here"
PUBLIC = ["/login", "/register", "/register/confirm#token=x", "/password-reset", "/password-reset/confirm#token=x"]


@pytest.fixture
def account(administrator: Administrator) -> Iterator[Account]:
    with administrator.account() as account:
        yield account


@pytest.fixture(scope="module")
def mailbox(site: Site) -> Iterator[Mailbox]:
    where = where_to_listen(site.url)
    if where is None:
        pytest.skip("set GROUNDWORK_E2E_SMTP to the address and port that the site's mail goes to")
    mailbox, controller = listen(*where)
    yield mailbox
    controller.stop()


def come_in(tab: Watched, account: Account, path: str = "/profile") -> None:
    """Log in as somebody else than the administrator of the site."""
    tab.goto(path)
    tab.fill_login(account.username, account.password)
    tab.page.wait_for_url(tab.site.url + path)
    tab.settle()


def test_registration_leads_to_the_first_log_in(visit: Visit, administrator: Administrator, mailbox: Mailbox) -> None:
    name = f"e2e-{uuid4().hex[:10]}"
    email = f"{name}@example.org"
    with administrator.parameter("registration.enabled", "true"):
        tab = visit()
        tab.goto("/login")
        tab.page.get_by_test_id("register").click()
        tab.page.get_by_test_id("email").fill(email)
        tab.page.get_by_test_id("submit").click()
        expect(tab.page.get_by_test_id("mail-sent")).to_contain_text(email)
        tab.shot("register-sent-desktop")

        link = mailbox.link_to(email)
        tab.goto(link)
        tab.page.get_by_test_id("username").fill(name)
        tab.page.get_by_test_id("display-name").fill("Ada Lovelace")
        tab.page.get_by_test_id("password").fill("short")
        tab.page.get_by_test_id("submit").click()
        expect(tab.page.get_by_test_id("rule-length")).to_have_attribute("data-ok", "false")
        tab.page.get_by_test_id("password").fill(NEW_PASSWORD)
        expect(tab.page.get_by_test_id("strength")).to_have_attribute("data-strength", "strong")
        tab.shot("register-confirm-desktop")
        tab.page.get_by_test_id("submit").click()
        try:
            expect(tab.page.get_by_test_id("user-menu")).to_contain_text("Ada Lovelace")
            expect(tab.page).not_to_have_url(re.compile("token"))

            second = visit()
            second.allow(410, "/api/v1/auth/registrations/confirm")
            second.goto(link)
            second.page.get_by_test_id("username").fill(f"{name}-2")
            second.page.get_by_test_id("password").fill(NEW_PASSWORD)
            second.page.get_by_test_id("submit").click()
            expect(second.page.get_by_test_id("link-problem")).to_be_visible()
            second.shot("register-link-used-desktop")
        finally:
            administrator.forget_registered(name)


def test_registration_that_is_off_says_so(visit: Visit, administrator: Administrator) -> None:
    with administrator.parameter("registration.enabled", "false"):
        tab = visit()
        tab.goto("/login")
        expect(tab.page.get_by_test_id("submit")).to_be_visible()
        expect(tab.page.get_by_test_id("register")).to_have_count(0)
        tab.goto("/register")
        expect(tab.page.get_by_test_id("registration-off")).to_be_visible()


def test_a_forgotten_password_is_replaced_by_mail(visit: Visit, account: Account, mailbox: Mailbox) -> None:
    tab = visit()
    tab.goto("/password-reset")
    tab.page.get_by_test_id("email").fill(account.email)
    tab.page.get_by_test_id("submit").click()
    expect(tab.page.get_by_test_id("mail-sent")).to_be_visible()
    tab.goto(mailbox.link_to(account.email))
    tab.page.get_by_test_id("password").fill(NEW_PASSWORD)
    tab.page.get_by_test_id("submit").click()
    expect(tab.page.get_by_test_id("reset-done")).to_be_visible()

    tab.allow(401, "/api/v1/auth/login")
    tab.goto("/login")
    tab.fill_login(account.username, account.password)
    expect(tab.page.get_by_role("alert")).to_contain_text("User name or password is wrong")
    tab.fill_login(account.username, NEW_PASSWORD)
    expect(tab.page.get_by_test_id("user-menu")).to_be_visible()


def test_the_answer_does_not_tell_who_is_known(visit: Visit, mailbox: Mailbox) -> None:
    tab = visit()
    tab.goto("/password-reset")
    stranger = f"{uuid4().hex}@example.org"
    tab.page.get_by_test_id("email").fill(stranger)
    tab.page.get_by_test_id("submit").click()
    expect(tab.page.get_by_test_id("mail-sent")).to_contain_text(stranger)


def test_a_link_that_is_not_whole_shows_the_way_to_a_new_one(visit: Visit) -> None:
    tab = visit()
    tab.goto("/password-reset/confirm")
    expect(tab.page.get_by_test_id("link-problem")).to_have_attribute("data-problem", "missing")
    tab.page.get_by_test_id("new-link").click()
    expect(tab.page).to_have_url(tab.site.url + "/password-reset")


def test_name_language_and_zone(visit: Visit, account: Account) -> None:
    tab = visit()
    come_in(tab, account)
    tab.page.get_by_test_id("display-name").fill("Lin Mei")
    tab.page.locator("#own-zone").click()
    tab.page.locator("#own-zone").fill("Kiritimati")
    tab.page.get_by_role("option", name="Pacific/Kiritimati").click()
    tab.page.get_by_test_id("save-person").click()
    expect(tab.page.get_by_test_id("person-saved")).to_have_text("Saved.")
    expect(tab.page.get_by_test_id("user-menu")).to_contain_text("Lin Mei")
    zone = "Intl.DateTimeFormat('en', {timeZone: 'Pacific/Kiritimati', timeStyle: 'short'}).format(Date.now())"
    hour = str(tab.page.evaluate(f"new {zone}")).split(":")[0]
    shown = tab.page.get_by_test_id("this-session").locator("[title]").first.get_attribute("title") or ""
    assert re.search(rf"\b0?{hour}:|\b{int(hour) % 12 + 12}:", shown), f"{shown} is not the time in the chosen zone"
    tab.page.reload()
    expect(tab.page.get_by_test_id("display-name")).to_have_value("Lin Mei")


def test_the_picture_is_cut_shown_and_removed(visit: Visit, account: Account) -> None:
    tab = visit()
    come_in(tab, account)
    picture = io.BytesIO()
    Image.effect_noise((900, 600), 60).convert("RGB").save(picture, "PNG")
    file = {"name": "me.png", "mimeType": "image/png", "buffer": picture.getvalue()}
    tab.page.get_by_test_id("avatar-file").set_input_files(file)  # type: ignore[arg-type]
    expect(tab.page.get_by_test_id("crop")).to_be_visible()
    tab.shot("profile-crop-desktop", whole=False)
    tab.page.get_by_test_id("save-avatar").click()
    shown = tab.page.get_by_test_id("person").locator("img")
    expect(shown).to_be_visible()
    assert shown.evaluate("image => image.decode().then(() => image.naturalWidth === image.naturalHeight)")
    tab.page.get_by_test_id("remove-avatar").click()
    expect(shown).to_have_count(0)

    not_one = {"name": "me.png", "mimeType": "image/png", "buffer": b"<svg onload=alert(1)>"}
    tab.page.get_by_test_id("avatar-file").set_input_files(not_one)  # type: ignore[arg-type]
    expect(tab.page.get_by_test_id("avatar-error")).to_be_visible()


def test_the_password_is_changed_and_other_sessions_end(visit: Visit, account: Account) -> None:
    tab, other = visit(), visit()
    come_in(other, account)
    come_in(tab, account)
    expect(tab.page.get_by_test_id("other-session")).to_have_count(1)
    tab.allow(422, "/api/v1/users/me/password")
    other.allow(401, "/api/v1/")
    card = tab.page.get_by_test_id("password-card")
    card.locator("#current-password").fill("not my password")
    card.locator("#wanted-password").fill(NEW_PASSWORD)
    tab.page.get_by_test_id("change-password").click()
    expect(card.locator("#current-password-error")).to_have_text("This is not your current password.")
    card.locator("#current-password").fill(account.password)
    tab.page.get_by_test_id("change-password").click()
    expect(tab.page.get_by_test_id("password-changed")).to_be_visible()
    expect(tab.page.get_by_test_id("other-session")).to_have_count(0)

    other.page.reload()
    expect(other.page).to_have_url(re.compile("/login"))


def test_other_sessions_are_ended_by_hand(visit: Visit, account: Account) -> None:
    tab, other = visit(), visit(size=PHONE)
    come_in(other, account)
    come_in(tab, account)
    expect(tab.page.get_by_test_id("this-session")).to_have_count(1)
    other.allow(401, "/api/v1/")
    other.allow(401, "/api/v1/")
    tab.page.get_by_test_id("end-others").click()
    expect(tab.page.get_by_test_id("other-session")).to_have_count(0)
    other.page.reload()
    expect(other.page).to_have_url(re.compile("/login"))


def test_an_activation_code_is_redeemed(visit: Visit, account: Account, administrator: Administrator) -> None:
    made = administrator.ask("POST", "/activation-codes", json={"count": 1, "days": 30, "note": "e2e"})
    code = administrator.ask("GET", "/activation-codes", params={"batch": made["batch"]})["items"][0]["code"]
    tab = visit()
    come_in(tab, account)
    tab.page.get_by_test_id("activation-code").fill(code)
    tab.page.get_by_test_id("redeem").click()
    expect(tab.page.get_by_test_id("redeemed")).to_be_visible()
    expect(tab.page.get_by_test_id("activation-deadline")).to_contain_text("Active")
    tab.allow(404, "/api/v1/activation-codes/redeem")
    tab.page.get_by_test_id("activation-code").fill("NO-SUCH-CODE")
    tab.page.get_by_test_id("redeem").click()
    expect(tab.page.locator("#activation-code-error")).to_contain_text("not known")


def test_a_new_release_is_said_and_takes_no_typed_text(visit: Visit, account: Account) -> None:
    tab = visit()
    heard = {"release": "before"}
    body = 'retry: 200\nid: 1\nevent: hello\ndata: {{"release": "{}", "version": "1"}}\n\n'
    tab.page.route(
        "**/api/v1/events",
        lambda route: route.fulfill(content_type="text/event-stream", body=body.format(heard["release"])),
    )
    come_in(tab, account)
    tab.page.get_by_test_id("display-name").fill("half a sentence")
    expect(tab.page.get_by_test_id("release-notice")).to_have_count(0)
    heard["release"] = "after"
    notice = tab.page.get_by_test_id("release-notice")
    expect(notice).to_contain_text("A new version is there")
    tab.page.get_by_test_id("release-reload").click()
    expect(notice).to_contain_text("not saved")
    tab.page.get_by_test_id("release-later").click()
    expect(tab.page.get_by_test_id("display-name")).to_have_value("half a sentence")


@pytest.mark.parametrize(("size", "dark"), [(DESKTOP, False), (PHONE, True)], ids=["desktop", "phone-dark"])
def test_account_pages_are_accessible(visit: Visit, account: Account, size: tuple[int, int], dark: bool) -> None:
    tab = visit(size=size, dark=dark)
    look = "phone-dark" if dark else "desktop"
    for path in PUBLIC:
        tab.goto(path)
        expect(tab.page.locator("h1")).to_be_visible()
        name = re.sub(r"\W+", "-", path.split("#")[0]).strip("-")
        tab.shot(f"{name}-{look}")
        assert violations(tab.page) == [], path
    come_in(tab, account)
    expect(tab.page.get_by_test_id("this-session")).to_be_visible()
    assert violations(tab.page) == []

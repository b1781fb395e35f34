"""A real browser on a provisioned site.

Where the site is comes from GROUNDWORK_E2E_URL, GROUNDWORK_E2E_USER (default: admin) and GROUNDWORK_E2E_PASSWORD, or,
without them, from the Molecule machine whose scenario runs these tests.
"""

from __future__ import annotations

import fcntl
import os
import shutil
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from playwright.sync_api import Browser, ConsoleMessage, Page, Request, Response, expect, sync_playwright

from tests.e2e.administrator import Account, Administrator
from tests.e2e.site import Site, lab_site

SCREENSHOTS = Path(__file__).parents[2] / ".cache" / "screenshots"
DESKTOP, PHONE = (1280, 800), (390, 844)
MINIMUM_TESTS = 20
# A picture of a drawer on its way in shows neither the page nor the drawer.
STILL = """() => document.getAnimations().every(
    (one) => one.playState !== "running" || one.effect.getComputedTiming().endTime === Infinity)"""
FLAGS = ["--disable-background-networking", "--disable-component-update", "--disable-sync", "--no-first-run"]


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Refuse to be a small success: a wrong path must not pass as a green run of nothing."""
    by_name = config.option.keyword or any("::" in argument for argument in config.args)
    if not by_name and len(items) < MINIMUM_TESTS:
        pytest.exit(f"only {len(items)} browser tests were found, at least {MINIMUM_TESTS} must run", returncode=1)


@pytest.fixture(scope="session")
def site() -> Site:
    """Where to go and how to get in."""
    user = os.environ.get("GROUNDWORK_E2E_USER", "admin")
    if url := os.environ.get("GROUNDWORK_E2E_URL"):
        return Site(url.rstrip("/"), user, os.environ["GROUNDWORK_E2E_PASSWORD"])
    if scenario := os.environ.get("MOLECULE_SCENARIO_DIRECTORY"):
        return lab_site(Path(scenario), user)
    raise pytest.UsageError(
        "set GROUNDWORK_E2E_URL and GROUNDWORK_E2E_PASSWORD, or run `molecule verify ../../tests/e2e/`"
    )


@pytest.fixture(scope="module")
def administrator(site: Site) -> Iterator[Administrator]:
    """Arranges through the API what is not the test."""
    administrator = Administrator(site)
    yield administrator
    administrator.close()


@pytest.fixture
def goodbyes(request: pytest.FixtureRequest) -> Iterator[None]:
    """Ends after `visit`, which asks for it: whoever is deleted has no page open any more."""
    arranged = "administrator" in request.fixturenames
    administrator: Administrator | None = request.getfixturevalue("administrator") if arranged else None
    yield
    if administrator is not None:
        administrator.take_leave()


@pytest.fixture
def member(administrator: Administrator) -> Iterator[Account]:
    """Somebody new with the rights that everybody has."""
    with administrator.account(administrator.role_id("member")) as account:
        yield account


@pytest.fixture(scope="session")
def still_networks() -> Iterator[None]:
    """Chromium drops what it is loading when a network of this machine comes or goes, as other scenarios' do."""
    lock = Path(tempfile.gettempdir()) / "groundwork-lab-network.lock"
    with lock.open("a") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


@pytest.fixture(scope="session")
def browser(still_networks: None) -> Iterator[Browser]:
    """Debian's Chromium: a browser of Playwright's own would have to be downloaded."""
    chromium = shutil.which("chromium") or shutil.which("google-chrome")
    if chromium is None:
        raise pytest.UsageError("chromium is missing. On Debian: apt-get install chromium fonts-noto-cjk")
    flags = [*FLAGS, "--no-sandbox"] if os.geteuid() == 0 else FLAGS
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=flags)
        yield browser
        browser.close()


@dataclass
class Watched:
    """A page whose every complaint fails the test, unless the test said before that it will come."""

    page: Page
    site: Site
    complaints: list[str] = field(default_factory=list)
    allowed: list[tuple[int, str]] = field(default_factory=list)
    pending: set[Request] = field(default_factory=set)

    def allow(self, status: int, path: str) -> None:
        """Expect answers of this status at a path, for example the 401 that a wrong password is meant to get."""
        self.allowed.append((status, path))

    def is_allowed(self, text: str, url: str) -> bool:
        """Whether a console message or an answer was expected."""
        return any(str(status) in text and url.startswith(self.site.url + path) for status, path in self.allowed)

    def on_console(self, message: ConsoleMessage) -> None:
        """Note errors and warnings in the console: scripts refused by the policy appear here too."""
        if message.type in ("error", "warning") and not self.is_allowed(message.text, message.location["url"]):
            self.complaints.append(f"console {message.type}: {message.text} ({message.location['url']})")

    def on_response(self, response: Response) -> None:
        """Note failed answers, and anything that comes from another server."""
        if response.status >= 400 and not self.is_allowed(str(response.status), response.url):
            self.complaints.append(f"{response.status} {response.request.method} {response.url}")
        if not response.url.startswith((self.site.url, "data:", "blob:")):
            self.complaints.append(f"asked another server: {response.url}")

    def on_request(self, request: Request) -> None:
        """Count what is on its way; event streams are on their way for as long as there is something to tell."""
        if not request.url.endswith("/events"):
            self.pending.add(request)

    def on_request_finished(self, request: Request) -> None:
        """Count no longer what was answered."""
        self.pending.discard(request)

    def on_request_failed(self, request: Request) -> None:
        """Note requests that got no answer; one that a navigation cut short is nobody's mistake."""
        self.pending.discard(request)
        if request.failure != "net::ERR_ABORTED":
            self.complaints.append(f"failed: {request.method} {request.url}: {request.failure}")

    def settle(self, quiet: float = 0.3, seconds: float = 15) -> None:
        """Wait until everything was answered and nothing new was asked for a while."""
        until = time.monotonic() + seconds
        idle_since = time.monotonic()
        while time.monotonic() - idle_since < quiet:
            if self.pending:
                idle_since = time.monotonic()
            if time.monotonic() > until:
                raise AssertionError(f"still on their way: {[request.url for request in self.pending]}")
            self.page.wait_for_timeout(50)

    def goto(self, path: str) -> None:
        """Open a path of the site and wait until the app has drawn something."""
        self.page.goto(self.site.url + path)
        self.settle()

    def fill_login(self, username: str, password: str) -> None:
        """Fill in the log-in form and send it."""
        self.page.get_by_test_id("username").fill(username)
        self.page.get_by_test_id("password").fill(password)
        self.page.get_by_test_id("submit").click()

    def log_in(self, path: str = "/dashboard", account: Account | None = None) -> None:
        """Open a path, log in there, as the administrator or as somebody else, and arrive."""
        person = account or self.site
        self.goto(path)
        self.fill_login(person.username, person.password)
        self.page.wait_for_url(self.site.url + path)
        self.settle()

    def shot(self, name: str, whole: bool = True) -> None:
        """Keep a screenshot for people to look at: of the whole page, or of what the screen shows of it."""
        SCREENSHOTS.mkdir(parents=True, exist_ok=True)
        self.settle()
        self.page.wait_for_function(STILL)
        self.page.screenshot(path=SCREENSHOTS / f"{name}.png", full_page=whole)


Visit = Callable[..., Watched]


@pytest.fixture
def visit(browser: Browser, site: Site, goodbyes: None) -> Iterator[Visit]:
    """Open a fresh browser profile; at the end of the test its complaints are failures."""
    opened: list[Watched] = []

    def start(size: tuple[int, int] = DESKTOP, locale: str = "en-GB", dark: bool = False) -> Watched:
        context = browser.new_context(
            viewport={"width": size[0], "height": size[1]},
            locale=locale,
            color_scheme="dark" if dark else "light",
            reduced_motion="reduce",
            has_touch=size == PHONE,
            is_mobile=size == PHONE,
        )
        context.set_default_timeout(10_000)
        watched = Watched(context.new_page(), site)
        # Whoever comes without a session is asked once whether the cookie knows one.
        watched.allow(401, "/api/v1/auth/refresh")
        watched.page.on("console", watched.on_console)
        watched.page.on("response", watched.on_response)
        watched.page.on("request", watched.on_request)
        watched.page.on("requestfinished", watched.on_request_finished)
        watched.page.on("requestfailed", watched.on_request_failed)
        watched.page.on("pageerror", lambda error: watched.complaints.append(f"exception: {error}"))
        opened.append(watched)
        return watched

    expect.set_options(timeout=10_000)
    yield start
    for watched in opened:
        watched.page.context.close()
    assert [complaint for watched in opened for complaint in watched.complaints] == []

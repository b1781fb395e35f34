"""Login, readiness and release, asked of a simulated app behind a real nginx."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from tests.provision.link_check.conftest import Look, Site


@pytest.fixture
def password_file(tmp_path: Path) -> Path:
    file = tmp_path / "password"
    file.write_text("the canary password\n")
    return file


def login(site: Site, look: Look, file: Path) -> dict[str, Any]:
    return look("login_round_trip", site.context, username="link-check", password_file=str(file))


def test_login_round_trip_ok(site: Site, look: Look, password_file: Path) -> None:
    row = login(site, look, password_file)
    assert row["ok"], row
    assert row["observed"] == "login 200, link-check, logout 204, then 401"


@pytest.mark.parametrize(
    ("broken", "cause"),
    [
        ({"username_told": "admin"}, "the app says admin to who logged in as link-check"),
        ({"token_works": False}, "the app refuses the token that it has just given"),
        ({"logout_revokes": False}, "a session that was logged out still works: not revoked"),
        ({"override": {"/api/v1/auth/login": (200, "text/html", "<html>")}}, "answer is text/html where JSON was"),
        ({"override": {"/api/v1/users/me": (200, "application/json", "[1]")}}, "where JSON was expected"),
        ({"override": {"/api/v1/auth/login": (200, "application/json", "{}")}}, "without an access_token"),
        ({"override": {"/api/v1/auth/login": (429, "text/plain", "")}}, "too many failed logins"),
        ({"override": {"/api/v1/auth/login": (500, "text/plain", "")}}, "the program that answered failed inside"),
        ({"override": {"/api/v1/auth/logout": (404, "text/plain", "")}}, "/api/v1/auth/logout answers 404"),
    ],
)
def test_login_round_trip_fails(
    site: Site, look: Look, password_file: Path, broken: dict[str, Any], cause: str
) -> None:
    for name, value in broken.items():
        setattr(site.app, name, value)
    row = login(site, look, password_file)
    assert not row["ok"]
    assert cause in row["cause"]


def test_a_wrong_password_is_named_but_never_shown(site: Site, look: Look, password_file: Path) -> None:
    password_file.write_text("wrong-canary")
    row = login(site, look, password_file)
    assert row["observed"] == "/api/v1/auth/login: 401 invalid_credentials"
    assert f"another password than {password_file} holds" in row["cause"]
    assert "canary" not in json.dumps(row).replace(str(password_file), "")


def test_login_that_never_reaches_the_app(site: Site, look: Look, password_file: Path) -> None:
    site.socket.unlink()
    assert "the upstream socket" in login(site, look, password_file)["cause"]


@pytest.mark.parametrize(("content", "cause"), [(None, "cannot be read: No such file"), ("", "is empty")])
def test_login_without_a_password(site: Site, look: Look, tmp_path: Path, content: str | None, cause: str) -> None:
    file = tmp_path / "password"
    if content is not None:
        file.write_text(content)
    assert cause in login(site, look, file)["cause"]


READY = "/api/v1/health/ready"


@pytest.mark.parametrize("check", ["database", "migrations", None])
def test_ready_ok(site: Site, look: Look, check: str | None) -> None:
    row = look("ready", site.context, path=READY, check=check)
    assert row["ok"], row


def test_ready_fails_the_row_of_the_broken_check_only(site: Site, look: Look) -> None:
    site.app.ready_status = 503
    site.app.ready[1] |= {"ok": False, "detail": "at 0001, head is 0002"}
    rows = {check: look("ready", site.context, path=READY, check=check) for check in ("database", "migrations", None)}
    assert [rows[check]["ok"] for check in ("database", "migrations", None)] == [True, False, False]
    assert rows["migrations"]["cause"] == "migrations: at 0001, head is 0002"


@pytest.mark.parametrize(
    ("broken", "check", "cause"),
    [
        ({"ready_status": 503}, None, "answers 503 though every check is ok"),
        ({"ready": [{"name": "database", "ok": "yes"}]}, "database", "database: no detail"),
        ({"ready": []}, "database", "readiness does not look at 'database'"),
        ({"override": {READY: (200, "application/json", "{}")}}, None, "does not list what it has checked"),
        ({"override": {READY: (503, "application/json", "{}")}}, None, "the app says that it cannot serve now"),
        ({"override": {READY: (404, "text/plain", "")}}, None, f"{READY} answers 404"),
        ({"override": {READY: (200, "text/html", "<html>")}}, None, "text/html where JSON was expected"),
    ],
)
def test_ready_fails(site: Site, look: Look, broken: dict[str, Any], check: str | None, cause: str) -> None:
    for name, value in broken.items():
        setattr(site.app, name, value)
    row = look("ready", site.context, path=READY, check=check)
    assert not row["ok"]
    assert cause in row["cause"]


def released(site: Site, look: Look) -> dict[str, Any]:
    return look("release_served", site.context, api_path="/health", web_path="/release.json")


def test_release_served_ok(site: Site, look: Look) -> None:
    row = released(site, look)
    assert row["ok"], row
    assert row["observed"] == "r1, front and back"


def test_release_served_names_the_stale_side(site: Site, look: Look) -> None:
    site.app.release = "r0"
    row = released(site, look)
    assert not row["ok"]
    assert row["cause"] == "the back end runs another release than was deployed: r0"
    (site.dist / "release.json").write_text('{"id": "r9"}')
    assert "web build of another release: r9" in released(site, look)["cause"]
    site.app.release = "r1"
    assert released(site, look)["cause"] == "the web server sends the web build of another release: r9"


def test_release_served_without_the_files(site: Site, look: Look) -> None:
    (site.dist / "release.json").unlink()
    assert "text/html where JSON was expected" in released(site, look)["cause"]
    (site.dist / "release.json").write_text("{}")
    assert "says no 'id'" in released(site, look)["cause"]


def test_release_served_needs_to_know_which(site: Site, look: Look) -> None:
    context = type(site.context)(url=site.context.url, timeout=2)
    row = look("release_served", context, api_path="/health", web_path="/release.json")
    assert (row["ok"], row["observed"]) == (False, "not compared")

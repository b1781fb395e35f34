"""What only the running app can prove: a login, its readiness, and which release serves."""

from __future__ import annotations

from dataclasses import dataclass
from http.cookies import CookieError, SimpleCookie
from pathlib import Path
from urllib.parse import urlencode

from .http import Answer, ask, explain_status
from .model import CheckFailedError, Context, Observation, observe
from .pages import json_value

LOGIN, LOGOUT, ME = "/api/v1/auth/login", "/api/v1/auth/logout", "/api/v1/users/me"


@dataclass(frozen=True)
class Login:
    """Headers that say who asks, and those that end the session."""

    rights: dict[str, str]
    ending: dict[str, str]


def log_in(context: Context, username: str, password_file: str) -> Login:
    """Raises CheckFailedError, naming the cause."""
    password = _password(password_file)
    form = urlencode({"username": username, "password": password}).encode()
    form_type = {"Content-Type": "application/x-www-form-urlencoded"}
    login = ask(context, LOGIN, method="POST", headers=form_type, body=form)
    require(context, login, LOGIN, 200, f"{username} is unknown, or has another password than {password_file} holds")
    token = login.json().get("access_token")
    if not isinstance(token, str) or not token:
        raise CheckFailedError("login 200 without a token", "the login answers JSON without an access_token")
    rights = {"Authorization": f"Bearer {token}"}
    return Login(rights, rights | _cookie(login) | {"X-Requested-With": "link-check"})


def login_round_trip(context: Context, *, username: str, password_file: str) -> Observation:
    expected = f"login 200, {username} told by JSON, logout 204, then 401"
    login = log_in(context, username, password_file)

    me = ask(context, ME, headers=login.rights)
    require(context, me, ME, 200, "the app refuses the token that it has just given")
    told = str(me.json().get("username", "nobody"))
    if told != username:
        return observe(expected, f"logged in as {told}", f"the app says {told} to who logged in as {username}")

    out = ask(context, LOGOUT, method="POST", headers=login.ending)
    require(context, out, LOGOUT, 204, "the app refuses to log out who has just logged in")
    after = ask(context, ME, headers=login.rights)
    if after.status != 401:
        return observe(
            expected, f"after the logout: {after.brief}", "a session that was logged out still works: not revoked"
        )
    return Observation(True, expected, f"login 200, {told}, logout 204, then 401")


def _password(path: str) -> str:
    try:
        password = Path(path).read_text(encoding="utf-8").strip("\n")
    except OSError as error:
        raise CheckFailedError(
            "no password to try", f"the password file {path} cannot be read: {error.strerror}"
        ) from error
    if not password:
        raise CheckFailedError("no password to try", f"the password file {path} is empty")
    return password


def require(context: Context, answer: Answer, path: str, status: int, when_401: str) -> None:
    """Raise CheckFailedError unless the answer has this status."""
    if answer.status == status:
        return
    if answer.status == 200 and answer.content_type == "text/html":
        cause = f"{path} answers index.html: nginx does not pass it on to the app"
    elif answer.status == 401:
        cause = when_401
    elif answer.status == 429:
        cause = f"too many failed logins, try again in {answer.headers.get('Retry-After', 'some')} s"
    else:
        cause = explain_status(context, answer, path)
    raise CheckFailedError(f"{path}: {answer.brief}", cause)


def _cookie(answer: Answer) -> dict[str, str]:
    jar: SimpleCookie = SimpleCookie()
    for header in answer.headers.get_all("Set-Cookie") or []:
        try:
            jar.load(header)
        except CookieError as error:
            raise CheckFailedError(
                "login 200 with a broken cookie", f"the login's cookie is malformed: {error}"
            ) from error
    pairs = "; ".join(f"{name}={morsel.value}" for name, morsel in jar.items())
    return {"Cookie": pairs} if pairs else {}


def ready(context: Context, *, path: str, check: str = "") -> Observation:
    """Only the named check, so that one broken thing fails one row; without a name all that readiness lists."""
    expected = f"{check} ok" if check else "200, every check ok"
    answer = ask(context, path)
    if answer.status not in (200, 503):
        return observe(expected, answer.brief, explain_status(context, answer, path))
    listed = answer.json().get("checks")
    if not isinstance(listed, list) or not all(isinstance(entry, dict) for entry in listed):
        if answer.status == 503:
            return observe(expected, answer.brief, explain_status(context, answer, path))
        return observe(expected, f"{answer.status} without checks", f"{path} does not list what it has checked")
    chosen = [entry for entry in listed if not check or entry.get("name") == check]
    if check and not chosen:
        return observe(expected, f"no check {check!r}", f"the app's readiness does not look at {check!r}")
    observed = ", ".join(f"{entry.get('name')} {'ok' if entry.get('ok') is True else 'not ok'}" for entry in chosen)
    causes = [
        f"{entry.get('name')}: {entry.get('detail') or 'no detail'}" for entry in chosen if entry.get("ok") is not True
    ]
    if not check and answer.status != 200 and not causes:
        causes = [f"{path} answers {answer.status} though every check is ok"]
    return observe(expected, observed if check else f"{answer.status}, {observed or 'no checks'}", "; ".join(causes))


def release_served(context: Context, *, api_path: str, web_path: str) -> Observation:
    if not context.release:
        raise CheckFailedError("not compared", "the parameter release does not say which release must be served")
    expected = f"release {context.release}, front and back"
    back = json_value(context, api_path, "release")
    front = json_value(context, web_path, "id")
    stale = [side for side, told in (("back", back), ("front", front)) if told != context.release]
    observed = f"back {back}, front {front}" if stale else f"{back}, front and back"
    causes = {
        "back": f"the back end runs another release than was deployed: {back}",
        "front": f"the web server sends the web build of another release: {front}",
    }
    return observe(expected, observed, "; ".join(causes[side] for side in stale))

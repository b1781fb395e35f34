"""Signing in, staying in, and ending it."""

from collections.abc import Mapping, Sequence
from datetime import timedelta
from http.cookies import SimpleCookie
from typing import Any

import httpx
import pytest
from fastapi import FastAPI
from sqlalchemy import func, select, update

from app.core.clock import utc_now
from app.core.database import Database, PointQuery
from app.core.settings import Settings
from app.iam.sessions.models import UserSession
from app.iam.users.models import User
from tests.app.harness import CROSS_SITE_GUARD, PASSWORD, AddUser, SignInAs, client_of, log_in, problem_code
from tests.app.plans import point_plan

COOKIE = "groundwork_refresh"
REFRESH = "/api/v1/auth/refresh"
ME = "/api/v1/users/me"


def _cookie(answer: httpx.Response) -> SimpleCookie:
    return SimpleCookie(answer.headers["set-cookie"])


async def _refresh(client: httpx.AsyncClient, token: str) -> httpx.Response:
    client.cookies.clear()
    return await client.post(REFRESH, headers={**CROSS_SITE_GUARD, "Cookie": f"{COOKIE}={token}"})


async def _age_the_rotation(database: Database, seconds: int) -> None:
    async with database.work() as work:
        session = await work.writing()
        moment = utc_now() - timedelta(seconds=seconds)
        await session.execute(update(UserSession).values(refreshed_at=moment))


async def test_log_in_answers_a_token_and_a_strict_cookie(client: httpx.AsyncClient, add_user: AddUser) -> None:
    await add_user()
    answer = await log_in(client, grant_type="password")
    assert answer.status_code == 200
    body = answer.json()
    assert (body["token_type"], body["expires_in"]) == ("bearer", 900)
    assert answer.headers["cache-control"] == "no-store"
    cookie = _cookie(answer)[COOKIE]
    assert cookie["httponly"]
    assert cookie["samesite"].lower() == "strict"
    assert cookie["path"] == "/api/v1/auth"
    assert not cookie["secure"]
    assert cookie["max-age"] == ""


async def test_remember_me_makes_the_cookie_last_and_https_makes_it_secure(app: FastAPI, add_user: AddUser) -> None:
    await add_user()
    async with client_of(app, scheme="https") as client:
        cookie = _cookie(await log_in(client, remember="true"))[COOKIE]
    assert cookie["max-age"] == str(30 * 86_400)
    assert cookie["secure"]


@pytest.mark.parametrize(
    ("fields", "status", "code"),
    [
        ({"username": "ada", "password": "wrong"}, 401, "invalid_credentials"),
        ({"username": "nobody", "password": PASSWORD}, 401, "invalid_credentials"),
        ({"username": "off", "password": PASSWORD}, 401, "invalid_credentials"),
        ({"username": "gone", "password": PASSWORD}, 401, "invalid_credentials"),
        ({"username": "ada", "password": ""}, 422, "validation_failed"),
        ({"username": "", "password": PASSWORD}, 422, "validation_failed"),
        ({"username": "a\0da", "password": PASSWORD}, 422, "validation_failed"),
        ({"username": "ada", "password": "x" * 257}, 422, "validation_failed"),
        ({"username": "ada"}, 422, "validation_failed"),
        ({"username": "ada", "password": PASSWORD, "is_administrator": "true"}, 422, "validation_failed"),
        ({"username": "ada", "password": PASSWORD, "grant_type": "client_credentials"}, 422, "validation_failed"),
    ],
)
async def test_log_in_refuses(
    client: httpx.AsyncClient, add_user: AddUser, fields: dict[str, str], status: int, code: str
) -> None:
    await add_user("ada")
    await add_user("off", is_active=False)
    await add_user("gone", is_deleted=True)
    answer = await client.post("/api/v1/auth/login", data=fields)
    assert (answer.status_code, problem_code(answer)) == (status, code)
    assert "set-cookie" not in answer.headers
    assert PASSWORD not in answer.text


async def test_one_account_whatever_the_spelling(client: httpx.AsyncClient, add_user: AddUser) -> None:
    await add_user("ada")
    assert (await log_in(client, " ＡDA ")).status_code == 200


async def test_refresh_rotates_and_the_new_token_works(client: httpx.AsyncClient, add_user: AddUser) -> None:
    await add_user()
    first = _cookie(await log_in(client))[COOKIE].value
    answer = await _refresh(client, first)
    assert answer.status_code == 200
    assert _cookie(answer)[COOKIE].value != first
    me = await client.get(ME, headers={"Authorization": f"Bearer {answer.json()['access_token']}"})
    assert me.status_code == 200


async def test_a_used_refresh_token_ends_the_session(
    client: httpx.AsyncClient, add_user: AddUser, database: Database
) -> None:
    await add_user()
    first = _cookie(await log_in(client))[COOKIE].value
    renewed = await _refresh(client, first)
    second, access = _cookie(renewed)[COOKIE].value, renewed.json()["access_token"]
    await _age_the_rotation(database, 60)
    assert problem_code(await _refresh(client, first)) == "session_revoked"
    # The thief and the owner are both out, at once.
    assert problem_code(await _refresh(client, second)) == "session_revoked"
    me = await client.get(ME, headers={"Authorization": f"Bearer {access}"})
    assert (me.status_code, problem_code(me)) == (401, "session_revoked")


async def test_two_tabs_that_refresh_at_once_both_stay_in(client: httpx.AsyncClient, add_user: AddUser) -> None:
    await add_user()
    first = _cookie(await log_in(client))[COOKIE].value
    one, other = await _refresh(client, first), await _refresh(client, first)
    assert (one.status_code, other.status_code) == (200, 200)
    assert _cookie(one)[COOKIE].value == _cookie(other)[COOKIE].value
    assert (await _refresh(client, _cookie(other)[COOKIE].value)).status_code == 200


async def test_refresh_refuses(client: httpx.AsyncClient, add_user: AddUser) -> None:
    await add_user()
    access = (await log_in(client)).json()["access_token"]
    client.cookies.clear()
    nothing = await client.post(REFRESH, headers=CROSS_SITE_GUARD)
    assert (nothing.status_code, problem_code(nothing)) == (401, "not_authenticated")
    assert problem_code(await _refresh(client, access)) == "token_invalid"
    assert problem_code(await _refresh(client, "rubbish")) == "token_invalid"


@pytest.mark.parametrize("change", [{"is_deleted": True}, {"is_active": False}])
async def test_a_deleted_or_disabled_user_is_out_at_once(
    sign_in_as: SignInAs, database: Database, change: dict[str, bool]
) -> None:
    person = await sign_in_as()
    cookie = person.client.cookies[COOKIE]
    assert (await person.get(ME)).status_code == 200
    async with database.work() as work:
        await (await work.writing()).execute(update(User).values(**change))
    assert problem_code(await person.get(ME)) == "session_revoked"
    assert problem_code(await _refresh(person.client, cookie)) == "session_revoked"


async def test_an_expired_session_is_over_and_swept_at_the_next_sign_in(
    sign_in_as: SignInAs, database: Database
) -> None:
    person = await sign_in_as()
    async with database.work() as work:
        await (await work.writing()).execute(update(UserSession).values(expires_at=utc_now() - timedelta(seconds=1)))
    assert problem_code(await person.get(ME)) == "session_revoked"
    assert (await log_in(person.client)).status_code == 200
    async with database.work() as work, work.reading() as session:
        assert await session.scalar(select(func.count()).select_from(UserSession)) == 1


@pytest.mark.parametrize("with_cookie", [True, False])
async def test_log_out_ends_the_session_at_once(sign_in_as: SignInAs, with_cookie: bool) -> None:
    person = await sign_in_as()
    cookie = person.client.cookies[COOKIE]
    headers = CROSS_SITE_GUARD if with_cookie else {**CROSS_SITE_GUARD, **person.headers}
    if not with_cookie:
        person.client.cookies.clear()
    answer = await person.client.post("/api/v1/auth/logout", headers=headers)
    assert answer.status_code == 204
    assert _cookie(answer)[COOKIE]["max-age"] == "0"
    assert problem_code(await person.get(ME)) == "session_revoked"
    assert problem_code(await _refresh(person.client, cookie)) == "session_revoked"


async def test_log_out_of_one_browser_leaves_the_other_in(sign_in_as: SignInAs, app: FastAPI) -> None:
    person = await sign_in_as()
    async with client_of(app) as other:
        token = (await log_in(other)).json()["access_token"]
        await other.post("/api/v1/auth/logout", headers=CROSS_SITE_GUARD)
        assert (await other.get(ME, headers={"Authorization": f"Bearer {token}"})).status_code == 401
    assert (await person.get(ME)).status_code == 200


async def test_who_am_i_is_one_query(sign_in_as: SignInAs, database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    person = await sign_in_as()
    assert (await person.get(ME)).status_code == 200  # rights are kept from here on
    asked: list[PointQuery] = []
    first = database.points.first

    async def counted(query: PointQuery, parameters: Mapping[str, Any]) -> Sequence[Any] | None:
        asked.append(query)
        return await first(query, parameters)

    monkeypatch.setattr(database.points, "first", counted)
    monkeypatch.setattr(database, "work", lambda: pytest.fail("asked the database a second time"))
    assert (await person.get(ME)).status_code == 200
    assert len(asked) == 1


@pytest.mark.sqlite
async def test_the_hot_read_uses_indexes(settings: Settings) -> None:
    from app.iam.sessions.repository import _SESSION_AND_USER

    plan = point_plan(settings, _SESSION_AND_USER, {"id": "x"})
    steps = [step.split()[0] for step in plan if "SUBQUERY" not in step]
    assert steps == ["SEARCH"] * 4, plan  # session, account, roles, version of the rights

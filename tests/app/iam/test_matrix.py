"""Every route x everybody: nobody gets through who should not, and a new route without a row fails."""

from dataclasses import replace
from datetime import timedelta

import httpx
import pytest
from fastapi import FastAPI
from sqlalchemy import update

from app.core.clock import utc_now
from app.core.database import Database
from app.core.permissions import marked_routes
from app.iam.sessions.models import UserSession
from app.iam.users.models import User
from tests.app.harness import Person, SignInAs, problem_code
from tests.app.iam.route_table import EXPECTED

ENDLESS = {"GET /api/v1/events"}  # a stream: it has tests of its own
PARAMETERS = {"{id}": "999", "{key}": "0" * 32, "{resource}": "roles", "{kind}": "job.failed", "{locale}": "en"}
GUARDED = [route for route, mark in EXPECTED.items() if mark != "public"]
LABELLED = [route for route in GUARDED if EXPECTED[route].startswith("perm:")]


async def _ask(person: Person, route: str, **headers: str) -> httpx.Response:
    method, path = route.split()
    for name, value in PARAMETERS.items():
        path = path.replace(name, "0" * 32 if name == "{id}" and "sessions" in path else value)
    body: dict[str, str] | None = None if method == "GET" else {}
    return await person.client.request(method, path, headers=headers or person.headers, json=body)


async def _change(database: Database, person: Person, **columns: object) -> None:
    async with database.work() as work:
        session = await work.writing()
        await session.execute(update(User).where(User.id == person.user.id).values(**columns))


def test_every_route_has_its_row(app: FastAPI) -> None:
    found = {
        f"{method} {route.path_format}": mark for route, mark in marked_routes(app) for method in route.methods or ()
    }
    assert found == EXPECTED


def test_the_document_says_the_same(app: FastAPI) -> None:
    document = app.openapi()
    for path, operations in document["paths"].items():
        for method, operation in operations.items():
            mark = EXPECTED[f"{method.upper()} {path}"]
            assert operation["x-permission"] == mark
            assert bool(operation.get("security")) is (mark != "public" or path.endswith("/logout")), path


@pytest.mark.parametrize("state", ["anonymous", "expired", "disabled", "deleted", "signed out"])
async def test_nobody_gets_in(sign_in_as: SignInAs, database: Database, state: str) -> None:
    person = await sign_in_as("ada", is_administrator=True)
    if state == "expired":
        async with database.work() as work:
            session = await work.writing()
            await session.execute(update(UserSession).values(expires_at=utc_now() - timedelta(seconds=1)))
    elif state == "signed out":
        async with database.work() as work:
            await (await work.writing()).execute(update(UserSession).values(revoked_at=utc_now()))
    elif state in ("disabled", "deleted"):
        await _change(database, person, **({"is_active": False} if state == "disabled" else {"is_deleted": True}))
    expected = "not_authenticated" if state == "anonymous" else "session_revoked"
    for route in GUARDED:
        headers = {"Accept": "*/*"} if state == "anonymous" else person.headers
        answer = await _ask(person, route, **headers)
        assert (answer.status_code, problem_code(answer)) == (401, expected), route
        assert answer.headers["www-authenticate"] == "Bearer"


@pytest.mark.parametrize("state", ["without rights", "demoted"])
async def test_a_label_that_is_not_held_is_refused(sign_in_as: SignInAs, database: Database, state: str) -> None:
    person = await sign_in_as("ada", is_administrator=state == "demoted")
    if state == "demoted":
        await _change(database, person, is_administrator=False)
    for route in LABELLED:
        answer = await _ask(person, route)
        assert (answer.status_code, problem_code(answer)) == (403, "permission_denied"), route


async def test_what_is_everybody_s_own_is_open_and_sound(sign_in_as: SignInAs) -> None:
    person = await sign_in_as()
    for route in GUARDED:
        if EXPECTED[route] == "self" and route not in ENDLESS:
            answer = await _ask(person, route)
            assert answer.status_code not in (401, 403), (route, answer.text)
            assert answer.status_code < 500, (route, answer.text)


async def test_an_administrator_may_ask_everything(admin: Person) -> None:
    for route in LABELLED:
        answer = await _ask(admin, route)
        assert answer.status_code not in (401, 403), (route, answer.text)
        assert answer.status_code < 500, (route, answer.text)


@pytest.mark.slow
async def test_each_label_opens_its_routes_and_no_other(admin: Person, app: FastAPI) -> None:
    find = app.state.find_principal
    for label in sorted({EXPECTED[route] for route in LABELLED}):

        async def found(token: str, held: str = label) -> object:
            return replace(await find(token), permissions=frozenset({held}), is_administrator=False)

        app.state.find_principal = found
        for route in LABELLED:
            refused = (await _ask(admin, route)).status_code == 403
            assert refused is (EXPECTED[route] != label), (label, route)

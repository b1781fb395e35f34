"""Who may call what: every route is listed here, so a new one without a row fails."""

import httpx
import pytest
from fastapi import APIRouter, FastAPI

from app.core.permissions import UnmarkedRouteError, declare, marked_routes, public, require, self_
from app.core.settings import Settings
from app.main import create_app
from tests.app.harness import CROSS_SITE_GUARD, SignInAs, problem_code

EXPECTED = {
    "GET /health": "public",
    "GET /api/v1/health/live": "public",
    "GET /api/v1/health/ready": "public",
    "POST /api/v1/auth/login": "public",
    "POST /api/v1/auth/refresh": "public",
    "POST /api/v1/auth/logout": "public",
    "GET /api/v1/users/me": "self",
    "GET /api/v1/system/release": "self",
    "GET /api/v1/system/link-check": "perm:link_check:get",
    "GET /openapi.json": "public",
    "GET /docs": "public",
    "GET /docs/oauth2-redirect": "public",
    "GET /redoc": "public",
    "GET /docs-static/redoc.standalone.js": "public",
}


def test_every_route_says_who_may_call_it(app: FastAPI) -> None:
    found = {f"{method} {route.path}": mark for route, mark in marked_routes(app) for method in route.methods or ()}
    assert found == EXPECTED


@pytest.mark.parametrize("marks", [[], [public(), self_()]])
def test_a_route_without_exactly_one_mark_stops_the_start(
    settings: Settings, monkeypatch: pytest.MonkeyPatch, marks: list[object]
) -> None:
    stray = APIRouter()
    stray.add_api_route("/stray", lambda: None, dependencies=marks)  # type: ignore[arg-type]
    monkeypatch.setattr("app.main.api_v1", lambda: stray)
    with pytest.raises(UnmarkedRouteError, match="/stray"):
        create_app(settings)


def test_labels_are_declared_once_and_well_formed() -> None:
    with pytest.raises(ValueError, match="declared twice"):
        declare("perm:link_check:get", "again")
    with pytest.raises(ValueError, match="malformed"):
        declare("link_check.get", "no label")
    with pytest.raises(ValueError, match="not declared"):
        require("perm:nobody:knows")


@pytest.mark.parametrize("route", [name for name, mark in EXPECTED.items() if mark != "public"])
async def test_nobody_gets_in_without_a_token(client: httpx.AsyncClient, route: str) -> None:
    method, path = route.split()
    answer = await client.request(method, path)
    assert (answer.status_code, problem_code(answer)) == (401, "not_authenticated")
    assert answer.headers["www-authenticate"] == "Bearer"


@pytest.mark.parametrize("route", [name for name, mark in EXPECTED.items() if mark.startswith("perm:")])
async def test_a_label_that_is_not_held_is_refused(sign_in_as: SignInAs, route: str) -> None:
    person = await sign_in_as()
    answer = await person.get(route.split()[1])
    assert (answer.status_code, problem_code(answer)) == (403, "permission_denied")


async def test_who_am_i_for_an_ordinary_user_and_an_administrator(sign_in_as: SignInAs) -> None:
    ordinary = await sign_in_as("ada")
    assert (await ordinary.get("/api/v1/users/me")).json() == {
        "id": ordinary.user.id,
        "username": "ada",
        "display_name": "Ada",
        "is_administrator": False,
        "permissions": [],
    }
    administrator = await sign_in_as("grace", is_administrator=True)
    answer = (await administrator.get("/api/v1/users/me")).json()
    assert answer["is_administrator"] is True
    assert "perm:link_check:get" in answer["permissions"]


async def test_a_demotion_holds_from_the_next_request(sign_in_as: SignInAs, app: FastAPI) -> None:
    person = await sign_in_as(is_administrator=True)
    assert problem_code(await person.get("/api/v1/system/link-check")) == "link_check_not_run"
    async with app.state.database.work() as work:
        session = await work.writing()
        (await session.merge(person.user)).is_administrator = False
    assert problem_code(await person.get("/api/v1/system/link-check")) == "permission_denied"


async def test_cross_site_requests_need_the_header(client: httpx.AsyncClient) -> None:
    for path in ("/api/v1/auth/refresh", "/api/v1/auth/logout"):
        answer = await client.post(path)
        assert (answer.status_code, problem_code(answer)) == (422, "validation_failed")
    assert (await client.post("/api/v1/auth/logout", headers=CROSS_SITE_GUARD)).status_code == 204

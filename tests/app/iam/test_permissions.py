"""Marks, labels, and who one is told to be."""

import httpx
import pytest
from fastapi import APIRouter, FastAPI

from app.core.permissions import UnmarkedRouteError, all_labels, declare, public, require, self_
from app.core.settings import Settings
from app.main import create_app
from tests.app.harness import CROSS_SITE_GUARD, SignInAs, problem_code


@pytest.mark.parametrize("marks", [[], [public(), self_()]])
def test_a_route_without_exactly_one_mark_stops_the_start(
    settings: Settings, monkeypatch: pytest.MonkeyPatch, marks: list[object]
) -> None:
    stray = APIRouter()
    stray.add_api_route("/stray", lambda: None, dependencies=marks)  # type: ignore[arg-type]  # wrong on purpose
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


async def test_who_am_i_for_an_ordinary_user_and_an_administrator(sign_in_as: SignInAs) -> None:
    ordinary = await sign_in_as("ada", email="ada@example.org", locale="zh-CN", time_zone="Asia/Shanghai")
    assert (await ordinary.get("/api/v1/users/me")).json() == {
        "id": ordinary.user.id,
        "username": "ada",
        "display_name": "Ada",
        "email": "ada@example.org",
        "avatar_url": None,
        "locale": "zh-CN",
        "time_zone": "Asia/Shanghai",
        "is_administrator": False,
        "must_change_password": False,
        "roles": [],
        "permissions": [],
    }
    administrator = await sign_in_as("grace", is_administrator=True)
    answer = (await administrator.get("/api/v1/users/me")).json()
    assert answer["is_administrator"] is True
    assert answer["permissions"] == all_labels()


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

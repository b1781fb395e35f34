"""What people do with their own account, and cannot do with another's."""

from datetime import timedelta

import httpx
import pytest
from fastapi import FastAPI
from sqlalchemy import select, update

from app.core.clock import utc_now
from app.core.database import Database
from app.iam.sessions.models import UserSession
from app.iam.users.models import User
from tests.app.harness import CROSS_SITE_GUARD, AddUser, Person, SignInAs, client_of, log_in, problem_code

ME = "/api/v1/users/me"


async def patch(person: Person, body: object) -> httpx.Response:
    return await person.client.patch(ME, json=body, headers=person.headers)


async def post(person: Person, path: str, body: object = None) -> httpx.Response:
    return await person.client.post(f"{ME}{path}", json=body, headers=person.headers)


async def test_only_what_is_sent_changes(sign_in_as: SignInAs, database: Database) -> None:
    ada = await sign_in_as(locale="en")
    answer = await patch(ada, {"display_name": "  Ada L. ", "time_zone": "Asia/Shanghai"})
    assert answer.status_code == 200, answer.text
    assert {key: answer.json()[key] for key in ("display_name", "locale", "time_zone")} == {
        "display_name": "Ada L.",
        "locale": "en",
        "time_zone": "Asia/Shanghai",
    }
    assert answer.json() == (await ada.get(ME)).json()
    assert (await patch(ada, {"locale": None, "time_zone": None})).json()["locale"] is None
    async with database.work() as work, work.reading() as session:
        row = (await session.scalars(select(User))).one()
        assert (row.modifier_id, row.display_name) == (ada.user.id, "Ada L.")


@pytest.mark.parametrize(
    "body",
    [
        {"display_name": ""},
        {"display_name": None},
        {"display_name": "x" * 129},
        {"display_name": "a\nb"},
        {"locale": "fr"},
        {"time_zone": "../../etc/passwd"},
        {"time_zone": "x" * 65},
        {"is_administrator": True},
        {"username": "root"},
        {"email": "new@example.test"},
        {"avatar_key": "x"},
        {"must_change_password": False},
        [],
    ],
)
async def test_what_cannot_be_changed_so(sign_in_as: SignInAs, body: object) -> None:
    ada = await sign_in_as()
    before = (await ada.get(ME)).json()
    answer = await patch(ada, body)
    assert (answer.status_code, problem_code(answer)) == (422, "validation_failed")
    assert (await ada.get(ME)).json() == before


async def test_sessions_are_listed_and_ended(sign_in_as: SignInAs, app: FastAPI, client: httpx.AsyncClient) -> None:
    ada = await sign_in_as()
    async with client_of(app, "198.51.100.7") as phone:
        token = (await log_in(phone, remember="true")).json()["access_token"]
        mine = (await ada.get(f"{ME}/sessions")).json()
        assert [(s["client_network"], s["is_remembered"], s["is_current"]) for s in mine] == [
            ("198.51.100.7", True, False),
            ("203.0.113.7", False, True),
        ]
        path = f"{ME}/sessions/{mine[0]['id']}"
        assert (await client.delete(path, headers=ada.headers)).status_code == 204
        gone = await phone.get(ME, headers={"Authorization": f"Bearer {token}"})
        assert (gone.status_code, problem_code(gone)) == (401, "session_revoked")
        assert problem_code(await client.delete(path, headers=ada.headers)) == "not_found"
        refreshed = await phone.post("/api/v1/auth/refresh", headers=CROSS_SITE_GUARD)
        assert problem_code(refreshed) == "session_revoked"
    assert len((await ada.get(f"{ME}/sessions")).json()) == 1


async def test_all_but_this_one_are_ended(sign_in_as: SignInAs, app: FastAPI) -> None:
    ada, grace = await sign_in_as("ada"), await sign_in_as("grace")
    for _ in range(3):
        async with client_of(app, "198.51.100.7") as other:
            await log_in(other)
    assert (await post(ada, "/sessions/end-others")).json() == {"ended": 3}
    assert (await post(ada, "/sessions/end-others")).json() == {"ended": 0}
    assert (await ada.get(ME)).status_code == (await grace.get(ME)).status_code == 200


async def test_another_s_session_is_not_found(sign_in_as: SignInAs, client: httpx.AsyncClient) -> None:
    ada, grace = await sign_in_as("ada"), await sign_in_as("grace", is_administrator=True)
    (hers,) = (await grace.get(f"{ME}/sessions")).json()
    for id_ in (hers["id"], "0" * 32, "x"):
        answer = await client.delete(f"{ME}/sessions/{id_}", headers=ada.headers)
        assert (answer.status_code, problem_code(answer)) == (404, "not_found")
    assert (await grace.get(ME)).status_code == 200


async def test_sessions_that_are_over_are_not_listed(sign_in_as: SignInAs, app: FastAPI, database: Database) -> None:
    ada = await sign_in_as()
    async with client_of(app) as other:
        await log_in(other)
    async with database.work() as work:
        current = next(s["id"] for s in (await ada.get(f"{ME}/sessions")).json() if s["is_current"])
        past = utc_now() - timedelta(seconds=1)
        ended = update(UserSession).where(UserSession.id != current).values(expires_at=past)
        await (await work.writing()).execute(ended)
    assert [s["is_current"] for s in (await ada.get(f"{ME}/sessions")).json()] == [True]


async def test_the_own_login_log(log_in_as: SignInAs, app: FastAPI, add_user: AddUser) -> None:
    ada, grace = await log_in_as("ada"), await log_in_as("grace")
    async with client_of(app, "198.51.100.7") as stranger:
        await stranger.post("/api/v1/auth/login", data={"username": "ada", "password": "guess"})
    page = (await ada.get(f"{ME}/login-log")).json()
    assert [(item["outcome"], item["client_network"]) for item in page["items"]] == [
        ("wrong_password", "198.51.100.7"),
        ("success", "203.0.113.7"),
    ]
    assert (page["total"], page["total_is_exact"], page["page"]) == (2, True, 1)
    second = (await ada.get(f"{ME}/login-log?page=2&page_size=1")).json()
    assert [item["outcome"] for item in second["items"]] == ["success"]
    assert (await grace.get(f"{ME}/login-log")).json()["total"] == 1
    for wrong in ("page=0", "page_size=201", "page=x"):
        assert problem_code(await ada.get(f"{ME}/login-log?{wrong}")) == "validation_failed"


async def test_until_the_password_is_changed_nothing_else_is_open(
    sign_in_as: SignInAs, app: FastAPI, client: httpx.AsyncClient
) -> None:
    """Every route that needs a session is asked, by one who may otherwise do everything."""
    ada = await sign_in_as(is_administrator=True, must_change_password=True)
    asked = 0
    for path, operations in app.openapi()["paths"].items():
        for method, operation in operations.items():
            if operation["x-permission"] == "public" or operation["operationId"] in {"who_am_i", "change_password"}:
                continue
            address = path.replace("{id}", "1").replace("{resource}", "users")
            answer = await client.request(method.upper(), address, headers=ada.headers)
            assert (answer.status_code, problem_code(answer)) == (403, "password_change_required"), address
            asked += 1
    assert asked > 10
    assert (await ada.get(ME)).json()["must_change_password"] is True
    body = {"current_password": "correct horse battery staple", "new_password": "seven green bottles, hanging"}
    assert (await post(ada, "/password", body)).status_code == 204
    assert (await ada.get(ME)).json()["must_change_password"] is False
    assert (await ada.get(f"{ME}/sessions")).status_code == 200


async def test_who_must_change_it_can_sign_out(sign_in_as: SignInAs, client: httpx.AsyncClient) -> None:
    ada = await sign_in_as(must_change_password=True)
    answer = await client.post("/api/v1/auth/logout", headers=ada.headers | CROSS_SITE_GUARD)
    assert answer.status_code == 204
    assert problem_code(await ada.get(ME)) == "session_revoked"


async def test_the_probe_of_the_link_check_is_not_stopped(sign_in_as: SignInAs) -> None:
    probe = await sign_in_as("link-check", is_system=True)
    assert (await probe.get(ME)).json()["must_change_password"] is False
    assert (await probe.get("/api/v1/system/release")).status_code == 200


async def test_options_list_the_demo_accounts_only_where_they_are_meant(
    app: FastAPI, client: httpx.AsyncClient
) -> None:
    options = (await client.get("/api/v1/auth/options")).json()
    assert (options["title"], options["demo_accounts"], options["password_min_length"]) == ("Groundwork", [], 10)
    app.state.settings = app.state.settings.model_copy(update={"demo_data": True})
    shown = (await client.get("/api/v1/auth/options")).json()["demo_accounts"]
    assert [account["role"] for account in shown] == ["administrator", "operator", "member"]

"""Who is logged in, who tried, and throwing somebody out."""

from datetime import timedelta

import httpx
import pytest
from fastapi import FastAPI
from sqlalchemy import func, insert, select, update

from app.core.clock import utc_now
from app.core.database import Database
from app.core.settings import Settings
from app.iam.sessions.models import LoginLog, LoginOutcome, UserSession
from tests.app.harness import AddUser, Person, SignInAs, client_of, log_in, problem_code, served
from tests.app.iam.conftest import Holder
from tests.app.plans import recorded

LOGIN = "/api/v1/auth/login"
ME = "/api/v1/users/me"


@pytest.fixture
def sign_in_as(log_in_as: SignInAs) -> SignInAs:
    return log_in_as


async def _guess(client: httpx.AsyncClient, username: str = "ada") -> int:
    answer = await client.post(LOGIN, data={"username": username, "password": "wrong"})
    return answer.status_code


async def _log(database: Database) -> list[tuple[str, str, int | None]]:
    async with database.work() as work, work.reading() as session:
        rows = await session.scalars(select(LoginLog).order_by(LoginLog.id))
        return [(row.username, str(row.outcome), row.user_id) for row in rows]


# Sessions.


async def test_the_list_shows_who_is_in_and_which_is_mine(
    admin: Person, sign_in_as: SignInAs, add_user: AddUser
) -> None:
    ada = await sign_in_as("ada")
    await add_user("link-check", is_system=True)
    assert (await log_in(ada.client, "link-check")).status_code == 200
    page = (await admin.send("GET", "/sessions?sort=created_at")).json()
    assert [(row["username"], row["is_current"]) for row in page["items"]] == [("grace", True), ("ada", False)]
    assert page["items"][1]["client_network"] == "203.0.113.7"
    assert not {"refresh_id", "previous_refresh_id"} & page["items"][0].keys()
    for query, names in (
        ("username=AD", ["ada"]),
        (f"user_id={admin.user.id}", ["grace"]),
        ("client_network=203.0.113.7&sort=created_at", ["grace", "ada"]),
        ("client_network=::1", []),
        ("created_to=2001-01-01T00:00:00Z", []),
    ):
        found = (await admin.send("GET", f"/sessions?{query}")).json()
        assert [row["username"] for row in found["items"]] == names, query


async def test_what_has_ended_is_not_listed(admin: Person, sign_in_as: SignInAs, database: Database) -> None:
    ada, bea = await sign_in_as("ada"), await sign_in_as("bea")
    async with database.work() as work:
        session = await work.writing()
        mine = update(UserSession).where(UserSession.user_id == ada.user.id)
        await session.execute(mine.values(expires_at=utc_now() - timedelta(seconds=1)))
        yours = update(UserSession).where(UserSession.user_id == bea.user.id)
        await session.execute(yours.values(revoked_at=utc_now()))
    assert [row["username"] for row in (await admin.send("GET", "/sessions")).json()["items"]] == ["grace"]


async def test_a_kick_holds_at_once_in_every_worker(
    admin: Person, sign_in_as: SignInAs, settings: Settings, app: FastAPI
) -> None:
    ada = await sign_in_as("ada")
    async with served(settings) as second, client_of(second) as other:
        assert (await other.get(ME, headers=ada.headers)).status_code == 200
        id_ = (await admin.send("GET", "/sessions?username=ada")).json()["items"][0]["id"]
        assert (await admin.send("DELETE", f"/sessions/{id_}")).status_code == 204
        assert problem_code(await other.get(ME, headers=ada.headers)) == "session_revoked"
        assert problem_code(await ada.get(ME)) == "session_revoked"
    assert (await admin.send("DELETE", f"/sessions/{id_}")).status_code == 404


async def test_a_batch_is_all_or_nothing(admin: Person, sign_in_as: SignInAs) -> None:
    people = [await sign_in_as(name) for name in ("ada", "bea")]
    ids = [row["id"] for row in (await admin.send("GET", "/sessions")).json()["items"] if not row["is_current"]]
    assert (await admin.send("POST", "/sessions/batch-delete", {"ids": [*ids, "0" * 32]})).status_code == 404
    assert [(await person.get(ME)).status_code for person in people] == [200, 200]
    assert (await admin.send("POST", "/sessions/batch-delete", {"ids": ids})).status_code == 204
    assert [(await person.get(ME)).status_code for person in people] == [401, 401]


async def test_own_sessions_are_one_s_own(sign_in_as: SignInAs, admin: Person) -> None:
    ada = await sign_in_as("ada")
    others = (await admin.send("GET", f"/sessions?user_id={admin.user.id}")).json()["items"][0]["id"]
    assert (await ada.send("DELETE", f"/users/me/sessions/{others}")).status_code == 404
    assert (await admin.get(ME)).status_code == 200


# The login log.


async def test_one_row_an_attempt(client: httpx.AsyncClient, add_user: AddUser, database: Database) -> None:
    ada, off = await add_user("ada"), await add_user("off", is_active=False)
    await add_user("link-check", is_system=True)
    assert await _guess(client) == 401
    assert await _guess(client, "nobody") == 401
    assert await _guess(client, "off") == 401
    assert (await log_in(client, "ada")).status_code == 200
    assert (await log_in(client, "link-check")).status_code == 200  # of every few minutes: not logged
    assert await _log(database) == [
        ("ada", "wrong_password", ada.id),
        ("nobody", "unknown_account", None),
        ("off", "disabled", off.id),
        ("ada", "success", ada.id),
    ]


async def test_a_flood_over_the_limit_is_one_row(
    app: FastAPI, client: httpx.AsyncClient, add_user: AddUser, database: Database
) -> None:
    ada = await add_user()
    for _ in range(5):
        assert await _guess(client) == 401
    for _ in range(10):
        assert await _guess(client) == 429
    assert [row[1] for row in await _log(database)] == ["wrong_password"] * 5 + ["limited"]
    # One network at many names: bounded as well, whatever it types.
    async with client_of(app, "198.51.100.9") as guesser:
        statuses = [await _guess(guesser, f"nobody{number}") for number in range(60)]
    assert statuses == [401] * 30 + [429] * 30
    rows = await _log(database)
    assert len(rows) == 6 + 30 + 1
    assert rows[5] == ("ada", "limited", ada.id)
    async with client_of(app, "198.51.100.77") as other:  # another network is told of anew
        for _ in range(7):
            await _guess(other)
    assert [row[1] for row in await _log(database)].count("limited") == 3


async def _fill(database: Database, days_old: int, number: int) -> None:
    moment = utc_now() - timedelta(days=days_old)
    row = {"username": "old", "outcome": "success", "client_network": "local", "user_agent": "", "created_at": moment}
    async with database.work() as work:
        await (await work.writing()).execute(insert(LoginLog), [row] * number)


async def _count(database: Database) -> int:
    async with database.work() as work, work.reading() as session:
        return await session.scalar(select(func.count()).select_from(LoginLog)) or 0


async def test_old_rows_go_with_each_attempt(
    admin: Person, client: httpx.AsyncClient, add_user: AddUser, database: Database
) -> None:
    await add_user()
    await _fill(database, 181, 30)
    await _fill(database, 100, 3)
    before = await _count(database)
    assert (await log_in(client)).status_code == 200
    assert await _count(database) == before + 1 - 20
    assert (await log_in(client)).status_code == 200
    assert await _count(database) == before + 2 - 30
    made = {"key": "log.retention_days", "name": "x", "value": "90", "value_type": "integer"}
    assert (await admin.send("POST", "/parameters", made)).status_code == 201
    assert (await log_in(client)).status_code == 200
    assert await _count(database) == before + 3 - 33


async def test_remove_by_hand(admin: Person, database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    await _fill(database, 50, 5)
    monkeypatch.setattr("app.iam.sessions.administration.REMOVED_AT_ONCE", 3)
    moment = (utc_now() - timedelta(days=10)).timestamp()
    path = f"/login-logs?before={moment}"
    assert (await admin.send("DELETE", path)).json() == {"removed": 3, "more": True}
    assert (await admin.send("DELETE", path)).json() == {"removed": 2, "more": False}
    assert (await admin.send("DELETE", "/login-logs")).status_code == 422
    assert len((await admin.send("GET", "/login-logs")).json()["items"]) == 1


async def test_search(admin: Person, client: httpx.AsyncClient, holder: Holder) -> None:
    reader = await holder("ada", "perm:login_log:get")
    await _guess(client, "adam")
    await _guess(client, "bob")

    async def names(query: str) -> list[str]:
        answer = await reader.send("GET", f"/login-logs?{query}")
        assert answer.status_code == 200, answer.text
        return [row["username"] for row in answer.json()["items"]]

    assert await names("") == ["bob", "adam", "ada", "grace"]
    assert await names("username=AD") == ["adam", "ada"]
    assert await names("outcome=unknown_account&sort=created_at") == ["adam", "bob"]
    assert await names(f"user_id={reader.user.id}") == ["ada"]
    assert await names("client_network=203.0.113.7&username=b") == ["bob"]
    assert await names("created_from=2999-01-01T00:00:00Z") == []
    assert await names(f"created_to={utc_now().timestamp() + 60}") == ["bob", "adam", "ada", "grace"]
    assert (await reader.send("GET", "/login-logs?outcome=maybe")).status_code == 422
    assert {row["outcome"] for row in (await reader.send("GET", "/login-logs")).json()["items"]} <= set(LoginOutcome)


@pytest.mark.parametrize(
    "path",
    [
        "/login-logs",
        "/login-logs?outcome=success",
        "/login-logs?client_network=local&sort=created_at",
        "/login-logs?user_id=1",
        "/login-logs?username=gra",
        "/login-logs?created_from=2026-01-01T00:00:00Z&page=4",
        "/sessions",
        "/sessions?sort=created_at",
        "/sessions?user_id=1",
        "/sessions?username=gra",
        "/sessions?client_network=local",
    ],
)
async def test_lists_walk_indexes(admin: Person, database: Database, path: str) -> None:
    with recorded(database) as queries:
        assert (await admin.send("GET", path)).status_code == 200
    sorts_matches = "username=" in path or "sessions?" in path
    tables = {"iam_login_log", "iam_session", "iam_user"}
    assert queries.found
    assert not queries.bad_plans(database.settings, tables, may_sort=sorts_matches)

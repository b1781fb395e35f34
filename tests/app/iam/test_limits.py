"""Guessing is limited, in the database, and cannot be used to lock somebody out for good."""

import asyncio
from datetime import timedelta

import httpx
import pytest
from fastapi import FastAPI
from sqlalchemy import func, select, update

from app.core.clock import utc_now
from app.core.database import Database
from app.core.passwords import Passwords
from app.core.settings import Settings
from app.iam.sessions.models import LoginFailure
from tests.app.harness import PASSWORD, AddUser, client_of, log_in, problem_code, served

LOGIN = "/api/v1/auth/login"


async def _guess(client: httpx.AsyncClient, username: str = "ada") -> httpx.Response:
    return await client.post(LOGIN, data={"username": username, "password": "wrong"})


async def _failures(database: Database) -> int:
    async with database.work() as work, work.reading() as session:
        return await session.scalar(select(func.count()).select_from(LoginFailure)) or 0


async def test_an_account_from_one_address(client: httpx.AsyncClient, add_user: AddUser, app: FastAPI) -> None:
    await add_user()
    for _ in range(5):
        assert problem_code(await _guess(client)) == "invalid_credentials"
    refused = await log_in(client)
    assert (refused.status_code, problem_code(refused)) == (429, "too_many_attempts")
    assert 0 < int(refused.headers["retry-after"]) <= 300
    # Somebody else's guesses do not keep the owner out: another address is free.
    async with client_of(app, "203.0.113.8") as owner:
        assert (await log_in(owner)).status_code == 200


async def test_it_ends_by_itself(client: httpx.AsyncClient, add_user: AddUser, database: Database) -> None:
    await add_user()
    for _ in range(5):
        await _guess(client)
    assert (await log_in(client)).status_code == 429
    async with database.work() as work:
        past = utc_now() - timedelta(seconds=301)
        await (await work.writing()).execute(update(LoginFailure).values(created_at=past))
    assert (await log_in(client)).status_code == 200
    await _guess(client)
    assert await _failures(database) == 1  # the old ones are swept


async def test_success_forgets_the_failures(client: httpx.AsyncClient, add_user: AddUser, database: Database) -> None:
    await add_user()
    for _ in range(3):
        for _ in range(4):
            assert (await _guess(client)).status_code == 401
        assert (await log_in(client)).status_code == 200
    assert await _failures(database) == 0


async def test_an_address_over_all_accounts(client: httpx.AsyncClient, add_user: AddUser, app: FastAPI) -> None:
    await add_user()
    for number in range(30):
        assert (await _guess(client, f"nobody{number}")).status_code == 401
    assert problem_code(await log_in(client)) == "too_many_attempts"
    async with client_of(app, "203.0.113.8") as other:
        assert (await log_in(other)).status_code == 200


async def test_one_ipv6_network_is_one_address(app: FastAPI, add_user: AddUser) -> None:
    await add_user()
    for number in range(5):
        async with client_of(app, f"2001:db8:1:2::{number + 1}") as client:
            assert (await _guess(client)).status_code == 401
    async with client_of(app, "2001:db8:1:2:ffff::9") as same, client_of(app, "2001:db8:1:3::9") as other:
        assert (await log_in(same)).status_code == 429
        assert (await log_in(other)).status_code == 200


async def test_an_account_from_everywhere_still_lets_its_owner_in(app: FastAPI, add_user: AddUser) -> None:
    await add_user()
    async with client_of(app, "203.0.113.7") as owner, client_of(app, "198.51.100.200") as stranger:
        assert (await log_in(owner)).status_code == 200
        for number in range(60):
            async with client_of(app, f"198.51.100.{number}") as guesser:
                assert (await _guess(guesser)).status_code == 401
        assert (await log_in(stranger)).status_code == 429
        assert (await log_in(owner)).status_code == 200


async def test_guesses_sent_at_once_count_as_well(client: httpx.AsyncClient, add_user: AddUser) -> None:
    await add_user()
    answers = await asyncio.gather(*(_guess(client) for _ in range(20)))
    statuses = [answer.status_code for answer in answers]
    assert (statuses.count(401), statuses.count(429)) == (5, 15)
    assert (await log_in(client)).status_code == 429


async def test_several_workers_count_together(settings: Settings, add_user: AddUser, app: FastAPI) -> None:
    await add_user()
    async with served(settings) as second, client_of(app) as one, client_of(second) as other:
        for client in (one, other, one, other, one):
            assert (await _guess(client)).status_code == 401
        assert [(await log_in(client)).status_code for client in (one, other)] == [429, 429]


@pytest.mark.parametrize("username", ["ada", "nobody"])
async def test_a_hash_is_checked_whether_or_not_the_account_exists(
    client: httpx.AsyncClient, add_user: AddUser, app: FastAPI, monkeypatch: pytest.MonkeyPatch, username: str
) -> None:
    user = await add_user()
    checked: list[str] = []
    hasher = app.state.sign_in.passwords._hasher
    verify = hasher.verify_and_update

    def recorded(password: str, stored: str) -> tuple[bool, str | None]:
        checked.append(stored)
        result: tuple[bool, str | None] = verify(password, stored)
        return result

    monkeypatch.setattr(hasher, "verify_and_update", recorded)
    assert (await _guess(client, username)).status_code == 401
    dummy = app.state.sign_in.passwords._dummy
    assert checked == [user.password_hash if username == "ada" else dummy]
    # Same algorithm and effort, so the same time.
    assert user.password_hash.split("$")[:4] == dummy.split("$")[:4]


async def test_the_dummy_never_lets_anyone_in(app: FastAPI) -> None:
    passwords: Passwords = app.state.sign_in.passwords
    passwords._dummy = passwords.hash(PASSWORD)
    assert await passwords.verify(PASSWORD, None) == (False, None)

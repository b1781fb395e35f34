"""From an address to the first page, and every way that this must not go."""

import asyncio
import hashlib
from datetime import timedelta
from typing import Any

import httpx
import pytest
from fastapi import FastAPI
from sqlalchemy import select, update

from app.core.clock import utc_now
from app.core.database import Database
from app.core.settings import Settings
from app.iam.registration.models import PendingRegistration
from app.iam.roles.models import Role
from app.iam.users.models import User
from tests.app.account.by_mail import (
    GOOD_PASSWORD,
    REGISTER,
    RESET,
    ask,
    confirm,
    enter,
    open_registration,
    set_parameter,
    token_in,
)
from tests.app.harness import AddUser, problem_code
from tests.app.smtp import Catcher


@pytest.fixture(autouse=True)
async def registration_is_open(app: FastAPI) -> None:
    await open_registration(app)


async def link(client: httpx.AsyncClient, smtp: Catcher, email: str = "grace@example.test") -> str:
    number = len(smtp.letters)
    answer = await ask(client, REGISTER, email)
    assert answer.status_code == 202, answer.text
    return token_in((await smtp.wait(number + 1))[-1])


async def test_from_the_address_to_the_first_page(
    client: httpx.AsyncClient, smtp: Catcher, database: Database, settings: Settings
) -> None:
    async with database.work() as work:
        (await work.writing()).add_all(
            [
                Role(code="member", name="Member", is_default=True),
                Role(code="off", name="Off", is_default=True, is_enabled=False),
                Role(code="other", name="Other"),
            ]
        )
    answer = await ask(client, REGISTER, "Grace@Example.test ", locale="zh-CN")
    assert (answer.status_code, answer.json()) == (202, {"expires_in_minutes": 120})
    (letter,) = await smtp.wait(1)
    assert (letter["X-Envelope-To"], letter["Subject"]) == ("grace@example.test", "Groundwork：完成注册")
    made = await confirm(client, token_in(letter), " ＧRACE ")
    assert (made.status_code, made.json()) == (201, {"username": "grace"})
    signed_in = await enter(client, "Grace", GOOD_PASSWORD)
    assert signed_in.status_code == 200
    headers = {"Authorization": f"Bearer {signed_in.json()['access_token']}"}
    me = (await client.get("/api/v1/users/me", headers=headers)).json()
    assert me.pop("id") > 0
    assert me == {
        "username": "grace",
        "display_name": "Grace",
        "email": "grace@example.test",
        "avatar_url": None,
        "locale": "zh-CN",
        "time_zone": None,
        "is_administrator": False,
        "must_change_password": False,
        "roles": [{"code": "member", "name": "Member"}],
        "permissions": [],
    }


@pytest.mark.sqlite
async def test_only_the_hash_of_the_token_is_kept(client: httpx.AsyncClient, smtp: Catcher, settings: Settings) -> None:
    token = await link(client, smtp)
    assert len(token) >= 43  # 256 bits
    async with asyncio.timeout(10):
        while token.encode() in settings.database_path.read_bytes():  # noqa: ASYNC110 - until it is sent
            await asyncio.sleep(0.05)
    files = [path.read_bytes() for path in settings.database_path.parent.glob("test.db*")]
    assert any(hashlib.sha256(token.encode()).hexdigest().encode() in content for content in files)


@pytest.mark.parametrize(
    "extra",
    [{"is_administrator": True}, {"role_ids": [1]}, {"is_active": False}, {"email": "x@example.test"}, {"id": 1}],
)
async def test_nobody_gives_himself_more(client: httpx.AsyncClient, smtp: Catcher, extra: dict[str, Any]) -> None:
    token = await link(client, smtp)
    answer = await confirm(client, token, **extra)
    assert (answer.status_code, problem_code(answer)) == (422, "validation_failed")
    assert (await confirm(client, token)).status_code == 201


async def test_the_first_to_register_is_no_administrator(
    client: httpx.AsyncClient, smtp: Catcher, database: Database
) -> None:
    await confirm(client, await link(client, smtp))
    async with database.work() as work, work.reading() as session:
        assert [user.is_administrator for user in await session.scalars(select(User))] == [False]


async def test_a_link_is_good_once(client: httpx.AsyncClient, smtp: Catcher) -> None:
    token = await link(client, smtp)
    assert (await confirm(client, token)).status_code == 201
    answer = await confirm(client, token, "another")
    assert (answer.status_code, problem_code(answer)) == (410, "link_invalid")


async def test_of_many_at_once_one_makes_the_account(client: httpx.AsyncClient, smtp: Catcher) -> None:
    token = await link(client, smtp)
    answers = await asyncio.gather(*(confirm(client, token, f"grace{n}") for n in range(8)))
    assert sorted(answer.status_code for answer in answers) == [201, *[410] * 7]


async def test_two_links_for_one_address_make_one_account(client: httpx.AsyncClient, smtp: Catcher) -> None:
    first, second = await link(client, smtp), await link(client, smtp)
    assert (await confirm(client, second)).status_code == 201
    assert problem_code(await confirm(client, first, "another")) == "link_invalid"


async def test_a_used_link_stays_used_when_its_account_is_gone(
    client: httpx.AsyncClient, smtp: Catcher, database: Database
) -> None:
    first, second = await link(client, smtp), await link(client, smtp)
    assert (await confirm(client, first)).status_code == 201
    async with database.work() as work:
        await (await work.writing()).execute(update(User).values(is_deleted=True))
    for token in (first, second):
        assert problem_code(await confirm(client, token)) == "link_invalid"


async def test_a_link_makes_no_second_account_of_an_address(
    client: httpx.AsyncClient, smtp: Catcher, add_user: AddUser
) -> None:
    token = await link(client, smtp)
    await add_user("ada", email="grace@example.test")  # by an administrator, in the meantime
    assert problem_code(await confirm(client, token)) == "link_invalid"


@pytest.mark.parametrize("token", ["x", "A" * 43, "-" * 128])
async def test_a_forged_link(client: httpx.AsyncClient, smtp: Catcher, token: str) -> None:
    await link(client, smtp)
    assert problem_code(await confirm(client, token)) == "link_invalid"


async def test_a_link_of_the_other_kind(client: httpx.AsyncClient, smtp: Catcher) -> None:
    token = await link(client, smtp)
    answer = await client.post(f"{RESET}/confirm", json={"token": token, "password": GOOD_PASSWORD})
    assert (answer.status_code, problem_code(answer)) == (410, "link_invalid")


async def test_an_old_link(client: httpx.AsyncClient, smtp: Catcher, database: Database) -> None:
    token = await link(client, smtp)
    async with database.work() as work:
        past = utc_now() - timedelta(seconds=1)
        await (await work.writing()).execute(update(PendingRegistration).values(expires_at=past))
    assert problem_code(await confirm(client, token)) == "link_invalid"


@pytest.mark.parametrize("name", ["ada", "ADA", "Ａda", "admin", "link-check"])
async def test_a_name_that_is_taken_leaves_the_link_good(
    client: httpx.AsyncClient, smtp: Catcher, add_user: AddUser, name: str
) -> None:
    await add_user("ada")
    token = await link(client, smtp)
    taken = await confirm(client, token, name)
    assert (taken.status_code, problem_code(taken)) == (409, "conflict")
    assert [error["loc"] for error in taken.json()["errors"]] == [["body", "username"]]
    assert (await confirm(client, token, "free")).status_code == 201


@pytest.mark.parametrize(
    "name",
    ["ab", "a b c", "../etc", "аdmin", "<script>", "a\u202eb", "x" * 65, ".ada", "\U0001f600\U0001f600\U0001f600"],
)
async def test_names_that_are_no_names(client: httpx.AsyncClient, smtp: Catcher, name: str) -> None:
    answer = await confirm(client, "A" * 43, name)
    assert (answer.status_code, problem_code(answer)) == (422, "validation_failed")
    assert answer.json()["errors"][0]["loc"] == ["body", "username"]


@pytest.mark.parametrize("name", ["王小明abc", "josé", "山田太郎", "пётр", "a.b-c_1"])
async def test_names_that_are(client: httpx.AsyncClient, smtp: Catcher, name: str) -> None:
    made = await confirm(client, await link(client, smtp), name)
    assert made.json() == {"username": name}
    assert (await enter(client, name.upper(), GOOD_PASSWORD)).status_code == 200


@pytest.mark.parametrize(
    ("password", "rule"),
    [
        ("short", "password_too_short"),
        ("Password2026!", "password_too_common"),
        ("1234567890", "password_too_common"),
        ("i am grace-hopper", "password_contains_name"),
        ("grace@example.test", "password_contains_name"),
    ],
)
async def test_the_rules_of_passwords(client: httpx.AsyncClient, smtp: Catcher, password: str, rule: str) -> None:
    token = await link(client, smtp)
    answer = await confirm(client, token, "grace-hopper", password=password)
    assert (answer.status_code, problem_code(answer)) == (422, "validation_failed")
    assert [(error["loc"], error["code"]) for error in answer.json()["errors"]] == [(["body", "password"], rule)]
    assert f'"{password}"' not in answer.text
    assert (await confirm(client, token, "grace-hopper")).status_code == 201


async def test_the_shortest_password_is_a_parameter(app: FastAPI, client: httpx.AsyncClient, smtp: Catcher) -> None:
    await set_parameter(app, "password.min_length", "30", "integer")
    assert (await client.get("/api/v1/auth/options")).json()["password_min_length"] == 30
    answer = await confirm(client, await link(client, smtp))
    assert answer.json()["errors"][0]["code"] == "password_too_short"

"""Changing a password, and resetting it by mail: what it asks, what it ends, and how long it remembers."""

import asyncio
from datetime import timedelta
from itertools import pairwise

import httpx
import pytest
from fastapi import FastAPI
from sqlalchemy import func, select, update

from app.core.clock import utc_now
from app.core.database import Database
from app.core.errors import ProblemError
from app.core.password_rules import refuse_weak_password
from app.iam.account.models import PasswordHistory
from app.iam.registration.models import PasswordReset
from app.iam.users.models import User
from tests.app.account.by_mail import GOOD_PASSWORD, RESET, ask, enter, set_parameter, token_in
from tests.app.harness import PASSWORD, AddUser, Person, SignInAs, client_of, log_in, problem_code
from tests.app.smtp import Catcher, text_of

ME = "/api/v1/users/me"


async def change(person: Person, new: str = GOOD_PASSWORD, current: str = PASSWORD) -> httpx.Response:
    body = {"current_password": current, "new_password": new}
    return await person.client.post(f"{ME}/password", json=body, headers=person.headers)


def broken_rule(answer: httpx.Response) -> tuple[list[str], str]:
    assert (answer.status_code, problem_code(answer)) == (422, "validation_failed")
    (error,) = answer.json()["errors"]
    return error["loc"], error["code"]


async def test_the_others_end_and_this_one_goes_on(
    sign_in_as: SignInAs, app: FastAPI, client: httpx.AsyncClient, database: Database, smtp: Catcher
) -> None:
    ada = await sign_in_as(email="ada@example.test", locale="zh-CN")
    async with client_of(app) as phone:
        token = (await log_in(phone)).json()["access_token"]
        assert (await change(ada)).status_code == 204
        gone = await phone.get(ME, headers={"Authorization": f"Bearer {token}"})
        assert problem_code(gone) == "session_revoked"
    assert (await ada.get(ME)).status_code == 200
    assert (await enter(client, "ada", PASSWORD)).status_code == 401
    assert (await enter(client, "ada", GOOD_PASSWORD)).status_code == 200
    (letter,) = await smtp.wait(1)
    assert (letter["To"], letter["Subject"]) == ("ada@example.test", "Groundwork：密码已修改")
    async with database.work() as work, work.reading() as session:
        row = (await session.scalars(select(User))).one()
        assert row.password_changed_at is not None
        assert row.password_hash.startswith("$argon2id$")


async def test_the_present_password_is_asked_and_guesses_are_limited(
    sign_in_as: SignInAs, client: httpx.AsyncClient
) -> None:
    ada = await sign_in_as()
    for _ in range(5):
        assert broken_rule(await change(ada, current="a guess")) == (["body", "current_password"], "password_wrong")
    refused = await change(ada)
    assert (refused.status_code, problem_code(refused)) == (429, "too_many_attempts")
    assert (await log_in(client)).status_code == 429  # one count, whichever door is tried


async def test_changed_twice_at_once_one_counts(sign_in_as: SignInAs, client: httpx.AsyncClient) -> None:
    ada = await sign_in_as()
    chosen = [f"{GOOD_PASSWORD} {word}" for word in ("one", "two", "three", "four")]
    answers = await asyncio.gather(*(change(ada, new) for new in chosen))
    assert {answer.status_code for answer in answers} <= {204, 409, 422}  # 422: came when it was done already
    (works,) = [new for new, answer in zip(chosen, answers, strict=True) if answer.status_code == 204]
    assert (await enter(client, "ada", works)).status_code == 200


@pytest.mark.parametrize(
    "body", [{}, {"current_password": PASSWORD}, {"current_password": PASSWORD, "new_password": 1}]
)
async def test_invalid_bodies(sign_in_as: SignInAs, body: object) -> None:
    ada = await sign_in_as()
    answer = await ada.client.post(f"{ME}/password", json=body, headers=ada.headers)
    assert (answer.status_code, problem_code(answer)) == (422, "validation_failed")
    assert problem_code(await change(ada, "x" * 257)) == "validation_failed"


async def test_the_last_five_are_not_chosen_again(sign_in_as: SignInAs, app: FastAPI) -> None:
    ada = await sign_in_as()
    chosen = [PASSWORD, *(f"{GOOD_PASSWORD} {number}" for number in range(5))]
    for current, new in pairwise(chosen):
        assert (await change(ada, new, current)).status_code == 204
    for used in chosen[1:]:
        assert broken_rule(await change(ada, used, chosen[-1])) == (["body", "new_password"], "password_reused")
    assert (await change(ada, PASSWORD, chosen[-1])).status_code == 204  # the sixth from the last
    await set_parameter(app, "password.history", "1", "integer")
    assert broken_rule(await change(ada, PASSWORD, PASSWORD))[1] == "password_reused"
    assert (await change(ada, chosen[-1], PASSWORD)).status_code == 204


async def test_what_is_remembered_is_bounded(sign_in_as: SignInAs, database: Database, app: FastAPI) -> None:
    await set_parameter(app, "password.history", "1", "integer")
    ada = await sign_in_as()
    current = PASSWORD
    for number in range(27):
        new = f"{GOOD_PASSWORD} {number}"
        assert (await change(ada, new, current)).status_code == 204
        current = new
    async with database.work() as work, work.reading() as session:
        assert await session.scalar(select(func.count(PasswordHistory.id))) == 24


@pytest.mark.parametrize(
    ("password", "code"),
    [
        ("ninechars", "password_too_short"),
        ("ada.lovelace-2026", "password_contains_name"),
        ("ＡＤＡ.LOVELACE rules", "password_contains_name"),
        ("countess@example.test", "password_contains_name"),
        ("my countess-engine", "password_contains_name"),
        ("P@ssw0rd2026!", "password_too_common"),
        ("Qwertyuiop12", "password_too_common"),
        ("9876543210", "password_too_common"),
        ("aaaaaaaaaaaaaaa", "password_too_common"),
        ("abcdefghijklm", "password_too_common"),
        ("1q2w3e4r5t6y", "password_too_common"),
        ("xK9#mQ2$vL5n", ""),
        ("王小明喜欢在雨天散步吃面", ""),
        ("correct horse battery staple", ""),
    ],
)
def test_the_rules(password: str, code: str) -> None:
    names = ("ada.lovelace", "countess@example.test", None)
    if not code:
        refuse_weak_password(password, field="password", shortest=10, names=names)
        return
    with pytest.raises(ProblemError) as caught:
        refuse_weak_password(password, field="password", shortest=10, names=names)
    assert [error.code for error in caught.value.errors or ()] == [code]


async def reset(client: httpx.AsyncClient, token: str, password: str = GOOD_PASSWORD) -> httpx.Response:
    return await client.post(f"{RESET}/confirm", json={"token": token, "password": password})


async def reset_link(client: httpx.AsyncClient, smtp: Catcher, email: str = "ada@example.test") -> str:
    number = len(smtp.letters)
    answer = await ask(client, RESET, email)
    assert (answer.status_code, answer.json()) == (202, {"expires_in_minutes": 30})
    return token_in((await smtp.wait(number + 1))[-1])


async def test_forgotten_and_chosen_anew(sign_in_as: SignInAs, client: httpx.AsyncClient, smtp: Catcher) -> None:
    ada = await sign_in_as(email="ada@example.test", must_change_password=True)
    for _ in range(5):
        await enter(client, "ada", "forgotten")
    assert (await log_in(client)).status_code == 429
    token = await reset_link(client, smtp)
    assert "the account ada." in text_of(smtp.letters[0])
    assert (await reset(client, token)).status_code == 204
    assert problem_code(await ada.get(ME)) == "session_revoked"
    signed_in = await enter(client, "ada", GOOD_PASSWORD)  # and the failures of before are forgotten
    assert signed_in.status_code == 200
    me = await client.get(ME, headers={"Authorization": f"Bearer {signed_in.json()['access_token']}"})
    assert me.json()["must_change_password"] is False
    assert [letter["Subject"] for letter in await smtp.wait(2)] == [
        "Groundwork: choose a new password",
        "Groundwork: your password was changed",
    ]


async def test_a_reset_link_is_good_once(add_user: AddUser, client: httpx.AsyncClient, smtp: Catcher) -> None:
    await add_user(email="ada@example.test")
    first, second = await reset_link(client, smtp), await reset_link(client, smtp)
    assert (await reset(client, second)).status_code == 204
    for token in (first, second, "A" * 43):
        answer = await reset(client, token, "another good one, hanging")
        assert (answer.status_code, problem_code(answer)) == (410, "link_invalid")


@pytest.mark.parametrize(
    "what", [{"is_active": False}, {"is_deleted": True}, {"is_system": True}], ids=["disabled", "deleted", "machine"]
)
async def test_who_may_not_come_in_does_not_by_a_reset(
    add_user: AddUser, client: httpx.AsyncClient, smtp: Catcher, database: Database, what: dict[str, bool]
) -> None:
    await add_user(email="ada@example.test")
    token = await reset_link(client, smtp)
    async with database.work() as work:
        await (await work.writing()).execute(update(User).values(**what))
    assert problem_code(await reset(client, token)) == "link_invalid"
    assert (await ask(client, RESET, "ada@example.test")).status_code == 202
    await asyncio.sleep(0.2)
    assert len(smtp.letters) == 1


@pytest.mark.parametrize("what", ["own password", "given password", "address"])
async def test_a_reset_link_dies_with_what_it_was_asked_for(
    sign_in_as: SignInAs, client: httpx.AsyncClient, smtp: Catcher, what: str
) -> None:
    grace, ada = await sign_in_as("grace", is_administrator=True), await sign_in_as(email="ada@example.test")
    token = await reset_link(client, smtp)
    same = await grace.send("PATCH", f"/users/{ada.user.id}", {"email": "ada@example.test", "display_name": "A."})
    assert same.status_code == 200
    if what == "own password":
        assert (await change(ada, "another good one, hanging")).status_code == 204
    elif what == "given password":
        assert (await grace.send("POST", f"/users/{ada.user.id}/reset-password", {})).status_code == 200
    else:
        answer = await grace.send("PATCH", f"/users/{ada.user.id}", {"email": "ada@elsewhere.test"})
        assert answer.status_code == 200
    answer = await reset(client, token)
    assert (answer.status_code, problem_code(answer)) == (410, "link_invalid")


async def test_an_old_reset_link(
    add_user: AddUser, client: httpx.AsyncClient, smtp: Catcher, database: Database
) -> None:
    await add_user(email="ada@example.test")
    token = await reset_link(client, smtp)
    async with database.work() as work:
        past = utc_now() - timedelta(seconds=1)
        await (await work.writing()).execute(update(PasswordReset).values(expires_at=past))
    assert problem_code(await reset(client, token)) == "link_invalid"


async def test_a_reset_obeys_the_rules_and_leaves_the_link_good(
    add_user: AddUser, client: httpx.AsyncClient, smtp: Catcher
) -> None:
    await add_user(email="ada@example.test")
    token = await reset_link(client, smtp)
    assert broken_rule(await reset(client, token, "short")) == (["body", "password"], "password_too_short")
    assert broken_rule(await reset(client, token, PASSWORD)) == (["body", "password"], "password_reused")
    assert (await reset(client, token)).status_code == 204

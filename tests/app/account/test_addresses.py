"""What the answers tell of an address, which addresses are taken, and where the mail goes."""

import httpx
import pytest
from fastapi import FastAPI
from sqlalchemy import func, select

from app.core.database import Database
from app.core.settings import Settings
from app.iam.registration.models import PasswordReset, PendingRegistration
from app.notify.models import OutboxMessage
from tests.app.account.by_mail import (
    GOOD_PASSWORD,
    REGISTER,
    RESET,
    ask,
    confirm,
    enter,
    open_registration,
    set_parameter,
    solved,
    token_in,
)
from tests.app.harness import AddUser, client_of, problem_code, served
from tests.app.smtp import Catcher, text_of


@pytest.fixture(autouse=True)
async def registration_is_open(app: FastAPI) -> None:
    await open_registration(app)


async def link(client: httpx.AsyncClient, smtp: Catcher, email: str = "grace@example.test") -> str:
    number = len(smtp.letters)
    answer = await ask(client, REGISTER, email)
    assert answer.status_code == 202, answer.text
    return token_in((await smtp.wait(number + 1))[-1])


def without_id(answer: httpx.Response) -> tuple[int, object, set[str]]:
    return answer.status_code, answer.json(), set(answer.headers)


@pytest.mark.parametrize("path", [REGISTER, RESET])
async def test_known_and_unknown_addresses_get_the_same_answer(
    client: httpx.AsyncClient, smtp: Catcher, add_user: AddUser, database: Database, path: str
) -> None:
    await add_user("ada", email="ada@example.test")
    await add_user("off", email="off@example.test", is_active=False)
    known, unknown = await ask(client, path, "ada@example.test"), await ask(client, path, "nobody@example.test")
    disabled = await ask(client, path, "off@example.test")
    assert without_id(known) == without_id(unknown) == without_id(disabled)
    assert known.status_code == 202
    async with database.work() as work, work.reading() as session:
        # The same work as well: a row for each, whether or not somebody can use it.
        rows = sum(
            [await session.scalar(select(func.count(model.id))) or 0 for model in (PendingRegistration, PasswordReset)]
        )
    assert rows == 3


async def test_who_has_an_account_is_told_so(client: httpx.AsyncClient, smtp: Catcher, add_user: AddUser) -> None:
    await add_user("ada", email="ada@example.test")
    assert (await ask(client, REGISTER, "ada@example.test")).status_code == 202
    (letter,) = await smtp.wait(1)
    assert "you already have an account: ada." in text_of(letter)
    answer = await client.post(f"{RESET}/confirm", json={"token": token_in(letter), "password": GOOD_PASSWORD})
    assert answer.status_code == 204
    assert (await enter(client, "ada", GOOD_PASSWORD)).status_code == 200


async def test_the_mail_goes_to_the_account_s_address_and_to_no_other(
    client: httpx.AsyncClient, smtp: Catcher, add_user: AddUser
) -> None:
    """The trick of letters that fold to others: `ß` is not `ss`, and what is sent goes to the one spelling."""
    await add_user("ada", email="strasse@example.test")
    assert (await ask(client, RESET, "straße@example.test")).status_code == 422
    assert (await ask(client, RESET, "ＳＴＲＡＳＳＥ@example.test")).status_code == 202
    assert [letter["X-Envelope-To"] for letter in await smtp.wait(1)] == ["strasse@example.test"]


@pytest.mark.parametrize("email", ["x@mailinator.com", "x@mail.mailinator.com", "x@MAILINATOR.com"])
async def test_throw_away_addresses_are_refused(client: httpx.AsyncClient, smtp: Catcher, email: str) -> None:
    answer = await ask(client, REGISTER, email)
    assert (answer.status_code, problem_code(answer)) == (422, "validation_failed")
    assert [(error["loc"], error["code"]) for error in answer.json()["errors"]] == [
        (["body", "email"], "email_refused")
    ]
    assert (await ask(client, REGISTER, "x@notmailinator.com")).status_code == 202


async def test_the_list_of_throw_away_domains_can_be_edited(
    app: FastAPI, client: httpx.AsyncClient, smtp: Catcher
) -> None:
    await set_parameter(app, "registration.disposable_domains", "example.test\n other.test")
    assert (await ask(client, REGISTER, "x@example.test")).status_code == 422
    assert (await ask(client, REGISTER, "x@mailinator.com")).status_code == 202


@pytest.mark.parametrize(
    "changes",
    [
        {"email": "no address"},
        {"email": "a@b.test\r\nBcc: x@y.test"},
        {"email": 1},
        {"email": f"{'x' * 250}@example.test"},
        {"locale": "fr"},
        {"captcha": ""},
        {"more": 1},
    ],
)
@pytest.mark.parametrize("path", [REGISTER, RESET])
async def test_invalid_bodies(client: httpx.AsyncClient, path: str, changes: dict[str, object]) -> None:
    answer = await ask(client, path, **{"email": "grace@example.test", **changes})  # type: ignore[arg-type]  # wrong on purpose
    assert (answer.status_code, problem_code(answer)) == (422, "validation_failed")


async def test_switched_off(app: FastAPI, client: httpx.AsyncClient, smtp: Catcher) -> None:
    token = await link(client, smtp)
    await set_parameter(app, "registration.enabled", "false", "boolean")
    options = (await client.get("/api/v1/auth/options")).json()
    assert (options["registration_enabled"], options["password_reset_enabled"]) == (False, True)
    for answer in (await ask(client, REGISTER), await confirm(client, token)):
        assert (answer.status_code, problem_code(answer)) == (403, "registration_disabled")
    assert (await ask(client, RESET)).status_code == 202


@pytest.mark.parametrize("missing", ["mail_host", "public_url"])
async def test_without_mail(settings: Settings, missing: str) -> None:
    async with served(settings.model_copy(update={missing: ""})) as app, client_of(app) as client:
        await open_registration(app)
        options = (await client.get("/api/v1/auth/options")).json()
        assert options["registration_enabled"] is options["password_reset_enabled"] is False
        for path in (REGISTER, RESET):
            answer = await ask(client, path)
            assert (answer.status_code, problem_code(answer)) == (503, "mail_unavailable")
        async with app.state.database.work() as work, work.reading() as session:
            assert await session.scalar(select(func.count(OutboxMessage.id))) == 0


async def test_the_host_header_does_not_reach_the_mail(client: httpx.AsyncClient, smtp: Catcher) -> None:
    body = {"email": "grace@example.test", "locale": "en", "captcha": await solved(client)}
    headers = {"Host": "evil.test", "X-Forwarded-Host": "evil.test", "Origin": "https://evil.test"}
    assert (await client.post(REGISTER, json=body, headers=headers)).status_code == 202
    (letter,) = await smtp.wait(1)
    assert "evil" not in letter.as_string()

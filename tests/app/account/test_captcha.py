"""The captcha costs work, is ours, runs out, and is good once. The limits behind it hold over workers and restarts."""

import asyncio
import base64
import json
from datetime import timedelta

import httpx
import pytest
from fastapi import FastAPI
from sqlalchemy import func, select, update

from app.core.clock import utc_now
from app.core.settings import Settings
from app.iam.registration.captcha import Captcha
from app.iam.registration.models import MailRequest, UsedCaptcha
from tests.app.account.by_mail import REGISTER, RESET, ask, encode, open_registration, solve, solved
from tests.app.harness import client_of, problem_code, served
from tests.app.smtp import Catcher


async def send(client: httpx.AsyncClient, captcha: str, email: str = "grace@example.test") -> httpx.Response:
    return await client.post(RESET, json={"email": email, "locale": "en", "captcha": captcha})


async def test_a_solution_is_good_once(client: httpx.AsyncClient, app: FastAPI) -> None:
    captcha = await solved(client)
    assert (await send(client, captcha)).status_code == 202
    answer = await send(client, captcha, "other@example.test")
    assert (answer.status_code, problem_code(answer)) == (422, "captcha_invalid")
    # The same work in another dress is the same work.
    payload = json.loads(base64.b64decode(captcha))
    assert problem_code(await send(client, encode(payload | {"took": 99}))) == "captcha_invalid"


async def test_sent_many_times_at_once_it_counts_once(client: httpx.AsyncClient) -> None:
    captcha = await solved(client)
    answers = await asyncio.gather(*(send(client, captcha, f"u{n}@example.test") for n in range(6)))
    assert sorted(answer.status_code for answer in answers) == [202, *[422] * 5]


async def test_another_worker_knows_that_it_was_used(client: httpx.AsyncClient, settings: Settings) -> None:
    async with served(settings) as second, client_of(second) as other:
        captcha = await solved(client)
        assert (await send(other, captcha)).status_code == 202
        assert problem_code(await send(client, captcha)) == "captcha_invalid"


def _spliced(challenge: dict[str, object]) -> str:
    """The number's first digits moved into the salt, where they would make the end later."""
    payload = json.loads(base64.b64decode(solve(challenge)))
    digits = str(payload["number"])
    salt = payload["salt"].rstrip("&") + digits[:1]
    return encode(payload | {"salt": salt, "number": int(digits[1:] or "0")})


@pytest.mark.parametrize("field", ["number", "signature", "salt", "challenge", "algorithm", "none", "spliced", "key"])
async def test_forged_solutions(client: httpx.AsyncClient, settings: Settings, field: str) -> None:
    challenge = (await client.post("/api/v1/auth/captcha")).json()
    good = json.loads(base64.b64decode(solve(challenge)))
    if field == "spliced":
        captcha = _spliced(challenge)
    elif field == "key":
        own = Captcha("another-key", 50, timedelta(minutes=5))
        captcha = solve(own.challenge().model_dump())
    else:
        wrong = {
            "number": {"number": good["number"] + 1},
            "signature": {"signature": "0" * 64},
            "salt": {"salt": good["salt"].replace("expires=", "expires=9")},
            "challenge": {"challenge": "0" * 64},
            "algorithm": {"algorithm": "SHA-1"},
            "none": {"signature": ""},
        }
        captcha = encode(good | wrong[field])
    answer = await send(client, captcha)
    assert (answer.status_code, problem_code(answer)) == (422, "captcha_invalid")


@pytest.mark.parametrize(
    "captcha",
    ["x", "e30=", encode([]), encode("x"), encode({"algorithm": "SHA-256"}), "[" * 1000, encode({"number": 10**400})],
)
async def test_what_is_no_solution_at_all(client: httpx.AsyncClient, captcha: str) -> None:
    answer = await send(client, captcha[:1024])
    assert (answer.status_code, problem_code(answer)) == (422, "captcha_invalid")


async def test_a_solution_runs_out(client: httpx.AsyncClient, settings: Settings) -> None:
    late = Captcha.of(settings.model_copy(update={"captcha_minutes": -1}))
    assert problem_code(await send(client, solve(late.challenge().model_dump()))) == "captcha_invalid"
    fresh = Captcha.of(settings)
    assert (await send(client, solve(fresh.challenge().model_dump()))).status_code == 202


async def test_the_cost_is_a_setting(settings: Settings) -> None:
    async with served(settings.model_copy(update={"captcha_max_number": 7})) as app, client_of(app) as client:
        assert (await client.post("/api/v1/auth/captcha")).json()["maxnumber"] == 7


async def test_an_address_gets_three_mails_an_hour_from_all_networks(app: FastAPI, smtp: Catcher) -> None:
    await open_registration(app)
    for number in range(3):
        async with client_of(app, f"198.51.100.{number}") as client:
            assert (await ask(client, (REGISTER, RESET)[number % 2], "Ada@example.test")).status_code == 202
    async with client_of(app, "198.51.100.9") as client:
        refused = await ask(client, RESET, "ada@EXAMPLE.test")
        assert (refused.status_code, problem_code(refused)) == (429, "too_many_attempts")
        assert 3500 < int(refused.headers["retry-after"]) <= 3600
        assert (await ask(client, RESET, "other@example.test")).status_code == 202


async def test_a_network_asks_for_ten_addresses(app: FastAPI) -> None:
    async with client_of(app, "2001:db8::1") as client, client_of(app, "2001:db8::2") as neighbour:
        for number in range(10):
            assert (await ask(client, RESET, f"u{number}@example.test")).status_code == 202
        assert problem_code(await ask(neighbour, RESET, "more@example.test")) == "too_many_attempts"
    async with client_of(app, "2001:db8:1::1") as elsewhere:
        assert (await ask(elsewhere, RESET, "more@example.test")).status_code == 202


async def test_requests_sent_at_once_count_as_well(client: httpx.AsyncClient) -> None:
    answers = await asyncio.gather(*(ask(client, RESET, "ada@example.test") for _ in range(8)))
    statuses = [answer.status_code for answer in answers]
    assert (statuses.count(202), statuses.count(429)) == (3, 5)


@pytest.mark.slow
async def test_workers_count_together_and_a_restart_forgets_nothing(settings: Settings) -> None:
    async with (
        served(settings) as one,
        served(settings) as other,
        client_of(one) as first,
        client_of(other) as second,
    ):
        for client in (first, second, first):
            assert (await ask(client, RESET, "ada@example.test")).status_code == 202
        assert [(await ask(c, RESET, "ada@example.test")).status_code for c in (first, second)] == [429, 429]
    async with served(settings) as again, client_of(again) as client:
        assert (await ask(client, RESET, "ada@example.test")).status_code == 429


async def test_a_limit_ends_by_itself_and_leaves_nothing_behind(client: httpx.AsyncClient, app: FastAPI) -> None:
    for _ in range(3):
        await ask(client, RESET, "ada@example.test")
    assert (await ask(client, RESET, "ada@example.test")).status_code == 429
    async with app.state.database.work() as work:
        session = await work.writing()
        await session.execute(update(MailRequest).values(created_at=utc_now() - timedelta(seconds=3601)))
        await session.execute(update(UsedCaptcha).values(expires_at=utc_now() - timedelta(seconds=1)))
    assert (await ask(client, RESET, "ada@example.test")).status_code == 202
    async with app.state.database.work() as work, work.reading() as session:
        assert await session.scalar(select(func.count(MailRequest.id))) == 1
        assert await session.scalar(select(func.count(UsedCaptcha.challenge))) == 1

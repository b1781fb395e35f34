"""Activation codes: made in bulk, redeemed once, guessed by nobody."""

import asyncio
from datetime import UTC, datetime, timedelta

import pytest

from app.core.database import Database
from app.system.activation_codes import service
from app.system.activation_codes.text import ALPHABET, LENGTH, grouped, make_code, normalise
from tests.app.harness import Person, SignInAs, problem_code


async def _make(admin: Person, count: int = 1, days: int = 30, note: str = "") -> list[dict[str, object]]:
    made = (await admin.send("POST", "/activation-codes", {"count": count, "days": days, "note": note})).json()
    assert made["created"] == count
    rows: list[dict[str, object]] = (
        await admin.send("GET", f"/activation-codes?batch={made['batch']}&page_size=200")
    ).json()["items"]
    return rows


async def _redeem(person: Person, code: object) -> tuple[int, dict[str, object]]:
    answer = await person.send("POST", "/activation-codes/redeem", {"code": code})
    return answer.status_code, answer.json()


def test_codes_are_easy_to_type_and_hard_to_guess() -> None:
    assert len(ALPHABET) ** LENGTH >= 2**80
    codes = {make_code() for _ in range(2000)}
    assert len(codes) == 2000
    code = "0123456789ABCDEFGHJK"
    assert grouped(code) == "01234-56789-ABCDE-FGHJK"
    assert normalise(" o1234-5678 9abcdefghjk ") == code
    assert normalise("OIL") == "011"


async def test_made_in_bulk_and_listed(admin: Person) -> None:
    rows = await _make(admin, 150, 7, "fair")
    assert len({row["code"] for row in rows}) == 150
    assert {(row["state"], row["days"], row["note"], row["creator_name"]) for row in rows} == {
        ("unused", 7, "fair", "Grace")
    }
    prefix = str(rows[0]["code"])[:9].lower()
    assert (await admin.send("GET", f"/activation-codes?q={prefix}")).json()["items"] == [rows[0]]
    for body in ({"count": 0}, {"count": 1001}, {"days": 0}, {"days": 3651}, {"days": "7"}, {"code": "x"}):
        answer = await admin.send("POST", "/activation-codes", {"count": 1, "days": 1, **body})
        assert (answer.status_code, problem_code(answer)) == (422, "validation_failed")


async def test_the_first_use_starts_its_days(admin: Person, sign_in_as: SignInAs) -> None:
    person = await sign_in_as()
    code = (await _make(admin, days=30))[0]["code"]
    assert (await person.send("GET", "/activation-codes/mine")).json() == {
        "is_active": False,
        "deadline": None,
        "redeemed": [],
    }
    status, redeemed = await _redeem(person, str(code).lower().replace("-", " "))
    started, deadline = (datetime.fromisoformat(str(redeemed[name])) for name in ("started_at", "deadline"))
    assert (status, redeemed["days"], deadline - started) == (200, 30, timedelta(days=30))
    assert abs(datetime.now(UTC) - started) < timedelta(minutes=1)
    assert await _redeem(person, code) == (200, redeemed)
    assert (await person.send("GET", "/activation-codes/mine")).json() == {
        "is_active": True,
        "deadline": redeemed["deadline"],
        "redeemed": [redeemed],
    }
    row = (await admin.send("GET", "/activation-codes?state=active")).json()["items"][0]
    assert (row["code"], row["redeemer_name"], row["deadline"]) == (code, "Ada", redeemed["deadline"])


async def test_of_fifty_at_once_one_wins(admin: Person, sign_in_as: SignInAs, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("app.core.database.QUEUE_SECONDS", 30.0)
    people = [await sign_in_as(f"user{number}") for number in range(50)]
    code = (await _make(admin))[0]["code"]
    answers = await asyncio.gather(*(_redeem(person, code) for person in people))
    assert sorted(status for status, _ in answers) == [200] + [404] * 49
    assert {answer["code"] for status, answer in answers if status == 404} == {"activation_code_invalid"}


async def test_states_as_filtered_and_as_shown(admin: Person, sign_in_as: SignInAs, database: Database) -> None:
    person = await sign_in_as()
    unused, active, expired, disabled = (row["id"] for row in await _make(admin, 4))
    rows = {row["id"]: row["code"] for row in (await admin.send("GET", "/activation-codes")).json()["items"]}
    for id_ in (active, expired):
        assert (await _redeem(person, rows[id_]))[0] == 200
    async with database.work() as work:
        row = await service.service.get(await work.writing(), int(str(expired)))
        row.deadline = datetime.now(UTC) - timedelta(seconds=1)
    await admin.send("POST", "/activation-codes/batch-enable", {"ids": [disabled], "is_enabled": False})
    for state, id_ in (("unused", unused), ("active", active), ("expired", expired), ("disabled", disabled)):
        found = (await admin.send("GET", f"/activation-codes?state={state}")).json()["items"]
        assert [(row["id"], row["state"]) for row in found] == [(id_, state)]


async def test_used_disabled_deleted_and_unknown_look_the_same(admin: Person, sign_in_as: SignInAs) -> None:
    ada, bob = await sign_in_as("ada"), await sign_in_as("bob")
    used, disabled, deleted = await _make(admin, 3)
    assert (await _redeem(ada, used["code"]))[0] == 200
    await admin.send("PATCH", f"/activation-codes/{disabled['id']}", {"is_enabled": False})
    await admin.send("DELETE", f"/activation-codes/{deleted['id']}")
    answers = [await _redeem(bob, code) for code in (used["code"], disabled["code"], deleted["code"], "ABC")]
    for status, answer in answers:
        assert (status, answer["code"], answer["detail"]) == (404, "activation_code_invalid", answers[0][1]["detail"])
    for code in ("", "x" * 65, "é", 5, None):
        assert (await _redeem(bob, code))[0] == 422


async def test_guessing_is_limited_by_account_and_forgotten(
    admin: Person, sign_in_as: SignInAs, monkeypatch: pytest.MonkeyPatch
) -> None:
    ada, bob = await sign_in_as("ada"), await sign_in_as("bob")
    code = (await _make(admin))[0]["code"]
    for _ in range(service.GUESSES):
        assert (await _redeem(ada, "ABC"))[0] == 404
    answer = await ada.send("POST", "/activation-codes/redeem", {"code": code})
    assert (answer.status_code, problem_code(answer)) == (429, "too_many_attempts")
    assert 3500 < int(answer.headers["retry-after"]) <= 3600
    assert (await _redeem(bob, "ABC"))[0] == 404
    monkeypatch.setattr(service, "GUESS_WINDOW", timedelta(0))
    assert (await _redeem(ada, code))[0] == 200


async def test_what_is_logged_of_a_bulk_and_of_a_code(admin: Person) -> None:
    row = (await _make(admin, 5))[0]
    await admin.send("PATCH", f"/activation-codes/{row['id']}", {"note": "x"})
    entries = (await admin.send("GET", "/operation-logs?sort=at")).json()["items"]
    bulk, change = [(await admin.send("GET", f"/operation-logs/{entry['id']}")).json() for entry in entries]
    assert {c["field"]: c["after"] for c in bulk["changes"]}["count"] == 5
    assert [(c["field"], c["before"], c["after"]) for c in change["changes"]] == [("note", "", "x")]

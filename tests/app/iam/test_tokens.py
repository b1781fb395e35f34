"""Attacks on the bearer token: 401 for each, quickly, with nothing in the error log."""

import base64
import hashlib
import hmac
import json
from collections.abc import Iterator
from datetime import UTC, datetime
from time import process_time
from typing import Any

import pytest
from loguru import logger

from app.core.tokens import Claims, TokenInvalidError, Tokens
from tests.app.harness import SECRET, Person, SignInAs, problem_code

QUICK_SECONDS = 0.05  # of our own work: other work may share these cores
NOW = int(datetime.now(UTC).timestamp())
IDS = {"sid": "0" * 32, "jti": "1" * 32}
GOOD: dict[str, Any] = {"sub": "1", **IDS, "typ": "access", "exp": NOW + 600}


def _part(content: str) -> str:
    return base64.urlsafe_b64encode(content.encode()).rstrip(b"=").decode()


def _forge(payload: object, header: object = None, key: str = SECRET, digest: str = "sha256") -> str:
    """A token with this content and a sound HMAC of this key, whatever the content is."""
    head = header if isinstance(header, str) else json.dumps(header or {"alg": "HS256", "typ": "JWT"})
    body = payload if isinstance(payload, str) else json.dumps(payload)
    signed = f"{_part(head)}.{_part(body)}"
    signature = hmac.new(key.encode(), signed.encode(), getattr(hashlib, digest)).digest()
    return f"{signed}.{base64.urlsafe_b64encode(signature).rstrip(b'=').decode()}"


def _without(name: str) -> dict[str, Any]:
    return {key: value for key, value in GOOD.items() if key != name}


DEEP = "[" * 700 + "]" * 700
ATTACKS = {
    "alg none": f"{_part(json.dumps({'alg': 'none'}))}.{_part(json.dumps(GOOD))}.",
    "alg none, signed": _forge(GOOD, {"alg": "none"}),
    "HS512 with our key": _forge(GOOD, {"alg": "HS512"}, digest="sha512"),
    "RS256 claimed": _forge(GOOD, {"alg": "RS256"}),
    "alg missing": _forge(GOOD, {"typ": "JWT"}),
    "wrong key": _forge(GOOD, key="another-secret-key-of-more-than-32-chars"),
    "empty key": _forge(GOOD, key=""),
    "signature cut": _forge(GOOD).rsplit(".", 1)[0] + ".",
    "refresh as access": _forge({**GOOD, "typ": "refresh"}),
    "no typ": _forge(_without("typ")),
    "no exp": _forge(_without("exp")),
    "no sub": _forge(_without("sub")),
    "no jti": _forge(_without("jti")),
    "no sid": _forge(_without("sid")),
    "exp past": _forge({**GOOD, "exp": NOW - 1}),
    "exp string": _forge({**GOOD, "exp": str(NOW + 600)}),
    "exp float": _forge({**GOOD, "exp": NOW + 600.5}),
    "exp true": _forge({**GOOD, "exp": True}),
    "exp null": _forge({**GOOD, "exp": None}),
    "exp list": _forge({**GOOD, "exp": [NOW + 600]}),
    "exp NaN": _forge({**GOOD, "exp": float("nan")}),
    "exp Infinity": _forge({**GOOD, "exp": float("inf")}),
    "exp huge": _forge({**GOOD, "exp": 10**300}),
    "exp negative": _forge({**GOOD, "exp": -1}),
    "sub number": _forge({**GOOD, "sub": 1}),
    "sub empty": _forge({**GOOD, "sub": ""}),
    "sub SQL": _forge({**GOOD, "sub": "1 OR 1=1"}),
    "sid SQL": _forge({**GOOD, "sid": "' OR '1'='1"}),
    "extra claim": _forge({**GOOD, "is_administrator": True}),
    "payload list": _forge([1, 2]),
    "payload null": _forge("null"),
    "payload no JSON": _forge("{"),
    "payload deep": _forge(DEEP),
    "payload not UTF-8": _forge(GOOD).replace(".", "._w.", 1),
    "header deep": _forge(GOOD, DEEP),
    "header Infinity": _forge(GOOD, '{"alg":"HS256","x":Infinity}', key="wrong" * 8),
    "header crit": _forge(GOOD, {"alg": "HS256", "crit": ["b64"], "b64": False}, key="wrong" * 8),
    "bad base64": "!!!.@@@.###",
    "not ASCII": "ü.ü.ü".encode().decode("latin-1"),
    "no dots": "x",
    "many dots": "." * 500,
    "sound but too long": _forge(GOOD, {"alg": "HS256", "pad": "x" * 3000}),
    "1 MB": _forge({**GOOD, "pad": "x" * 1_000_000}),
    "session that never was": _forge(GOOD),
}
GOOD_FORM_BUT_NO_SESSION = {"session that never was"}


@pytest.fixture
def errors_logged() -> Iterator[list[str]]:
    lines: list[str] = []
    sink = logger.add(lines.append, level="ERROR", format="{message}")
    yield lines
    logger.remove(sink)


@pytest.fixture
async def person(sign_in_as: SignInAs) -> Person:
    return await sign_in_as()


@pytest.mark.parametrize("attack", ATTACKS)
async def test_attack_is_refused(person: Person, attack: str, errors_logged: list[str]) -> None:
    started = process_time()
    headers = {b"Authorization": b"Bearer " + ATTACKS[attack].encode("latin-1")}
    answer = await person.client.get("/api/v1/users/me", headers=headers)
    spent = process_time() - started
    expected = "session_revoked" if attack in GOOD_FORM_BUT_NO_SESSION else "token_invalid"
    assert (answer.status_code, problem_code(answer)) == (401, expected)
    assert spent < QUICK_SECONDS
    assert errors_logged == []


async def test_a_token_of_another_user_for_this_session_is_refused(person: Person) -> None:
    claims = Tokens(SECRET).verify(person.token, "access")
    stolen = Tokens(SECRET).sign(claims.model_copy(update={"sub": "2"}))
    answer = await person.client.get("/api/v1/users/me", headers={"Authorization": f"Bearer {stolen}"})
    assert problem_code(answer) == "token_invalid"


async def test_only_the_bearer_scheme_counts(person: Person) -> None:
    for header in (f"Basic {person.token}", person.token, f"Bearer  {person.token} x", "Bearer"):
        answer = await person.client.get("/api/v1/users/me", headers={"Authorization": header})
        assert answer.status_code == 401, header


def test_a_cached_signature_does_not_outlive_its_token(monkeypatch: pytest.MonkeyPatch) -> None:
    tokens = Tokens(SECRET)
    token = tokens.sign(Claims(**{**GOOD, "exp": NOW + 600}))
    assert tokens.verify(token, "access").sub == "1"

    class Later(datetime):
        @classmethod
        def now(cls, tz: object = None) -> "Later":
            return cls.fromtimestamp(NOW + 601, UTC)

    monkeypatch.setattr("app.core.tokens.datetime", Later)
    with pytest.raises(TokenInvalidError):
        tokens.verify(token, "access")


def test_a_cached_signature_counts_for_its_key_only() -> None:
    token = Tokens(SECRET).sign(Claims(**GOOD))
    assert Tokens(SECRET).verify(token, "access").sub == "1"
    with pytest.raises(TokenInvalidError):
        Tokens("another-secret-key-of-more-than-32-chars").verify(token, "access")

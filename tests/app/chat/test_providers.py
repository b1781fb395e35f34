"""Providers: their keys, their addresses, and the models that they have."""

import asyncio
from dataclasses import replace

import pytest
from fastapi import FastAPI
from pydantic import SecretStr

from app.chat.providers import catalogue
from app.chat.seed import ensure_chat_providers
from app.chat.servers.service import models_of
from app.core.database import Database
from app.core.principal import FindPrincipal, Principal
from tests.app.chat.conftest import AddProvider, Chat
from tests.app.chat.runner import SmallRunner
from tests.app.harness import SECRET, Person, problem_code, rows
from tests.simulators.ollama import OllamaSimulator
from tests.simulators.openai_chat import OpenAiSimulator

KEY = "sk-very-secret"


def _rules(answer: object) -> list[tuple[str, str]]:
    errors = answer.json()["errors"]  # type: ignore[attr-defined]
    return [(error["loc"][-1], error["code"]) for error in errors]


@pytest.fixture
def no_administrator(app: FastAPI) -> None:
    """From now on everybody holds every label, and nobody is an administrator."""
    find: FindPrincipal = app.state.find_principal

    async def found(token: str) -> Principal:
        return replace(await find(token), is_administrator=False)

    app.state.find_principal = found


async def test_the_key_goes_in_and_never_comes_back(
    admin: Person, add_provider: AddProvider, database: Database, openai: OpenAiSimulator
) -> None:
    openai.behaviour.key = KEY
    id_ = await add_provider("openai", openai.base_url, key=KEY)
    texts = [(await admin.send("GET", path)).text for path in (f"/chat-providers/{id_}", "/chat-providers")]
    texts += [(await admin.send("GET", f"/operation-logs/{number}")).text for number in (1, 2, 3)]
    ((sealed,),) = rows(database.settings, "SELECT sealed_key FROM chat_provider WHERE id = :id", id=id_)
    assert KEY not in "".join(texts) + sealed
    assert sealed not in "".join(texts)
    assert '"has_key":true' in texts[0]
    tested = (await admin.send("POST", f"/chat-providers/{id_}/test")).json()
    assert (tested["ok"], tested["error"]) == (True, None)
    assert "sim" in tested["models"]

    await admin.send("PATCH", f"/chat-providers/{id_}", {"name": "Other"})
    assert (await admin.send("POST", f"/chat-providers/{id_}/test")).json()["ok"]
    assert (await admin.send("PATCH", f"/chat-providers/{id_}", {"key": ""})).json()["has_key"] is False
    tested = (await admin.send("POST", f"/chat-providers/{id_}/test")).json()
    assert (tested["ok"], tested["error"]["code"]) == (False, "provider_refused")


async def test_the_key_does_not_move_to_another_address(admin: Person, add_provider: AddProvider) -> None:
    id_ = await add_provider("openai", "https://api.test/v1", key=KEY)
    path = f"/chat-providers/{id_}"
    refused = await admin.send("PATCH", path, {"base_url": "https://evil.test/v1"})
    assert (refused.status_code, _rules(refused)) == (422, [("key", "key_needed")])
    assert (await admin.send("PATCH", path, {"base_url": "https://evil.test/v1", "key": "other"})).status_code == 200


async def test_a_key_of_another_secret_is_told_in_words(
    admin: Person, add_provider: AddProvider, app: FastAPI, chat: Chat, runner: SmallRunner, database: Database
) -> None:
    id_ = await add_provider("openai", "https://api.test/v1", key=KEY, default_model="m")
    conversation = await chat.begin(provider_id=id_)
    sent = await chat.say(conversation, "Hello?")
    database.settings = database.settings.model_copy(update={"secret_key": SecretStr(SECRET[::-1])})
    tested = (await admin.send("POST", f"/chat-providers/{id_}/test")).json()
    assert "another secret key" in tested["error"]["message"]
    await runner.run(sent["id"])
    assert (await chat.last(conversation))["error"]["code"] == "provider_refused"


async def test_only_administrators_open_private_addresses(
    admin: Person, add_provider: AddProvider, no_administrator: None
) -> None:
    body = {"name": "X", "kind": "ollama", "base_url": "http://127.0.0.1:11434"}
    refused = await admin.send("POST", "/chat-providers", body)
    assert (refused.status_code, _rules(refused)) == (422, [("base_url", "address_refused")])
    refused = await admin.send("POST", "/chat-providers", {**body, "allow_private": True})
    assert (refused.status_code, problem_code(refused)) == (403, "permission_denied")


async def test_nor_are_they_moved_by_others(
    admin: Person, add_provider: AddProvider, app: FastAPI, request: pytest.FixtureRequest
) -> None:
    id_ = await add_provider("ollama", "http://127.0.0.1:11434")
    request.getfixturevalue("no_administrator")
    path = f"/chat-providers/{id_}"
    assert (await admin.send("PATCH", path, {"base_url": "http://127.0.0.1:22"})).status_code == 403
    assert (await admin.send("PATCH", path, {"name": "Other"})).status_code == 200


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"kind": "gemini"}, "kind"),
        ({"base_url": ""}, "base_url"),
        ({"base_url": "http://169.254.169.254/"}, "base_url"),
        ({"base_url": "gopher://a.test"}, "base_url"),
        ({"key": "with space"}, "key"),
        ({"timeout_seconds": 0}, "timeout_seconds"),
        ({"context_tokens": 1}, "context_tokens"),
        ({"sealed_key": "x"}, "sealed_key"),
        ({"origin": "builtin"}, "origin"),
    ],
)
async def test_what_a_provider_may_not_be(admin: Person, change: dict[str, object], field: str) -> None:
    body = {"name": "X", "kind": "ollama", "base_url": "http://a.test", "allow_private": True, **change}
    answer = await admin.send("POST", "/chat-providers", body)
    assert answer.status_code == 422, answer.text
    assert field in str(answer.json()["errors"])


async def test_a_name_that_leads_inside_is_refused_when_it_is_asked(
    add_provider: AddProvider, admin: Person, ollama: OllamaSimulator
) -> None:
    id_ = await add_provider("ollama", f"http://localhost:{ollama.port}", allow_private=False)
    tested = (await admin.send("POST", f"/chat-providers/{id_}/test")).json()
    assert (tested["ok"], tested["error"]["code"]) == (False, "model_unreachable")
    assert "not allowed here" in tested["error"]["message"]


async def test_the_models_of_all_asked_at_once(
    admin: Person, add_provider: AddProvider, ollama: OllamaSimulator, openai: OpenAiSimulator
) -> None:
    await add_provider("builtin", sort_order=3)
    await add_provider("ollama", ollama.url, sort_order=2)
    await add_provider("openai", openai.base_url, sort_order=1)
    await add_provider("openai", "http://127.0.0.1:1/v1", name="Off", sort_order=0, default_model="gone")
    await add_provider("openai", "http://127.0.0.1:2/v1", name="Disabled", is_enabled=False)
    told = (await admin.send("GET", "/chat-models")).json()
    assert [(each["name"], each["is_reachable"], each["can_pull"]) for each in told["providers"]] == [
        ("Off", False, False),
        ("A openai", True, False),
        ("A ollama", True, True),
        ("A builtin", True, False),
    ]
    off, of_openai, of_ollama, of_builtin = told["providers"]
    assert off["error"]["code"] == "model_unreachable"
    assert of_openai["models"][0] == {"name": "sim", "size_bytes": None, "is_loaded": None, "context_length": 16_384}
    assert of_ollama["models"][0] == {
        "name": "sim",
        "size_bytes": 1_000_000,
        "is_loaded": True,
        "context_length": 32_768,
    }
    assert [model["name"] for model in of_builtin["models"]] == ["demo"]
    assert told["default"] == {"provider_id": of_openai["id"], "model": "sim"}


async def test_models_are_asked_for_once_in_a_while_and_anew_after_a_change(
    admin: Person, add_provider: AddProvider, ollama: OllamaSimulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = 0
    real = models_of

    async def counted(access: object) -> object:
        nonlocal asked
        asked += 1
        return await real(access)  # type: ignore[arg-type]

    monkeypatch.setattr(catalogue, "models_of", counted)
    id_ = await add_provider("ollama", ollama.url)
    await asyncio.gather(*(admin.send("GET", "/chat-models") for _ in range(5)))
    assert asked == 1
    await admin.send("PATCH", f"/chat-providers/{id_}", {"name": "Renamed"})
    assert (await admin.send("GET", "/chat-models")).json()["providers"][0]["name"] == "Renamed"
    assert asked == 2


async def test_fetching_a_model_tells_how_far_it_is(
    admin: Person, add_provider: AddProvider, ollama: OllamaSimulator, runner: SmallRunner
) -> None:
    id_ = await add_provider("ollama", ollama.url)
    started = await admin.send("POST", "/chat-models/pull", {"provider_id": id_, "model": "new:1b"})
    assert started.status_code == 202, started.text
    job_id = started.json()["id"]
    assert started.headers["location"] == f"/api/v1/jobs/{job_id}"
    job = await runner.run(job_id)
    assert (job.state, job.result) == ("done", {"provider_id": id_, "model": "new:1b"})
    shares = [share for share, _ in runner.told.progress_of[job_id]]
    assert max(shares) == 1.0
    assert 0.4 in shares
    assert "new:1b" in ollama.models

    failed = await admin.send("POST", "/chat-models/pull", {"provider_id": id_, "model": "nowhere"})
    job = await runner.run(failed.json()["id"])
    assert (job.state, job.error_code) == ("failed", "model_missing")
    other = await add_provider()
    refused = await admin.send("POST", "/chat-models/pull", {"provider_id": other, "model": "x"})
    assert (refused.status_code, _rules(refused)) == (422, [("provider_id", "cannot_pull")])


async def test_a_provider_that_was_switched_off_or_deleted(
    admin: Person, add_provider: AddProvider, chat: Chat, runner: SmallRunner
) -> None:
    id_ = await add_provider()
    conversation = await chat.begin(provider_id=id_, model="demo")
    await admin.send("PATCH", f"/chat-providers/{id_}", {"is_enabled": False})
    await runner.run((await chat.say(conversation, "Hello?"))["id"])
    answer = await chat.last(conversation)
    assert (answer["error"]["code"], "choose another model" in answer["error"]["message"]) == ("model_missing", True)
    assert (await admin.send("DELETE", f"/chat-providers/{id_}")).status_code == 204


async def test_what_the_seed_makes_of_the_deployed_server(admin: Person, database: Database) -> None:
    async def seeded(**settings: str) -> tuple[list[str], list[dict[str, object]]]:
        changed = {f"model_server_{name}": value for name, value in settings.items()}
        database.settings = database.settings.model_copy(update=changed)
        changes = await ensure_chat_providers(database)
        assert await ensure_chat_providers(database) == []
        items: list[dict[str, object]] = (await admin.send("GET", "/chat-providers")).json()["items"]
        return changes, items

    changes, (builtin,) = await seeded()
    assert (changes, builtin["name"]) == (["added the built-in chat provider"], "Built-in demo (no model)")
    _, (deployed, _) = await seeded(url="http://127.0.0.1:8081/v1", kind="openai", name="Local", model="gemma")
    assert (deployed["name"], deployed["allow_private"], deployed["default_model"]) == ("Local", True, "gemma")
    await admin.send("PATCH", f"/chat-providers/{deployed['id']}", {"name": "Ours", "sort_order": 5})
    changes, (moved, _) = await seeded(url="http://127.0.0.1:9000/v1")
    assert (moved["id"], moved["name"], moved["base_url"]) == (deployed["id"], "Ours", "http://127.0.0.1:9000/v1")
    changes, (gone, _) = await seeded(url="")
    assert (gone["id"], gone["is_enabled"]) == (deployed["id"], False)
    _, (back, _) = await seeded(url="http://127.0.0.1:8081/v1")
    assert back["is_enabled"] is True
    await admin.send("DELETE", f"/chat-providers/{builtin['id']}")
    changes, items = await seeded()
    assert (changes, len(items)) == ([], 1)

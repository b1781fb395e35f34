"""Every way in which a model server fails ends in its own code and in words, over both protocols."""

import asyncio
import re
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from tests.app.chat.conftest import AddProvider, Chat
from tests.app.chat.runner import SmallRunner
from tests.simulators.common import FAULTS, RETRY_SECONDS
from tests.simulators.ollama import OllamaSimulator
from tests.simulators.openai_chat import OpenAiSimulator

ENDS = {
    "sim-stall": ("provider_timeout", "Some words"),
    "sim-mute": ("provider_timeout", ""),
    "sim-cut": ("provider_broken", "Some words"),
    "sim-short": ("provider_broken", "Some words"),
    "sim-429": ("provider_limited", ""),
    "sim-429-date": ("provider_limited", ""),
    "sim-500": ("provider_error", ""),
    "sim-401": ("provider_refused", ""),
    "sim-402": ("provider_refused", ""),
    "sim-redirect": ("provider_error", ""),
    "sim-error": ("provider_error", "Some words"),
    "sim-malformed": ("provider_broken", "Some words"),
    "sim-array": ("provider_broken", "Some words"),
    "sim-giant": ("provider_broken", "Some words"),
    "sim-long": ("context_too_long", ""),
    "sim-empty": ("provider_broken", ""),
    "not-pulled": ("model_missing", ""),
}
WELL = {"sim-slow", "sim-think", "sim-think-tags", "sim-nul", "sim-endless", "sim-stamped"}
Ask = Callable[[str], Awaitable[dict[str, Any]]]


@pytest.fixture(params=["ollama", "openai"])
async def ask(
    request: pytest.FixtureRequest,
    ollama: OllamaSimulator,
    openai: OpenAiSimulator,
    add_provider: AddProvider,
    chat: Chat,
    runner: SmallRunner,
) -> Ask:
    """Ask a model of one of the servers; the answer's message when its job has ended."""
    url = ollama.url if request.param == "ollama" else openai.base_url
    provider_id = await add_provider(request.param, url, timeout_seconds=1)

    async def asked(model: str) -> dict[str, Any]:
        conversation = await chat.begin(provider_id=provider_id, model=model)
        sent = await chat.say(conversation, "What is it?")
        async with asyncio.timeout(10):
            await runner.run(sent["id"])
        message = await chat.last(conversation)
        return {**message, "job": await runner.job(sent["id"])}

    return asked


def test_every_fault_has_its_end() -> None:
    assert set(FAULTS) == (ENDS.keys() - {"not-pulled"}) | WELL


@pytest.mark.parametrize("model", ENDS)
async def test_each_failure_in_words(ask: Ask, model: str) -> None:
    message = await ask(model)
    code, kept = ENDS[model]
    assert (message["state"], message["error"]["code"]) == ("failed", code), message["error"]
    assert re.search("A (ollama|openai)", message["error"]["message"])
    assert message["content"] == kept
    assert (message["job"].state, message["job"].error_code) == ("failed", code)
    if code == "provider_limited":
        assert message["error"]["details"]["retry_after"] in (RETRY_SECONDS, RETRY_SECONDS - 1)
        assert "Try again in" in message["error"]["message"]
    if model == "not-pulled":
        assert message["error"]["details"] == {"model": "not-pulled"}


async def test_nobody_there(add_provider: AddProvider, chat: Chat, runner: SmallRunner) -> None:
    provider_id = await add_provider("ollama", "http://127.0.0.1:1")
    conversation = await chat.begin(provider_id=provider_id, model="sim")
    sent = await chat.say(conversation, "Hello?")
    await runner.run(sent["id"])
    question, answer = await chat.branch(conversation)
    assert (question["content"], question["state"]) == ("Hello?", "done")
    assert (answer["state"], answer["error"]["code"]) == ("failed", "model_unreachable")
    assert answer["error"]["message"] == "A ollama does not answer."  # its address is no business of who asks it


async def test_no_model_at_all(chat: Chat, runner: SmallRunner) -> None:
    sent = await chat.say(conversation := await chat.begin(), "Hello?")
    await runner.run(sent["id"])
    assert (await chat.last(conversation))["error"]["code"] == "model_missing"


async def test_a_slow_start_is_no_failure(ask: Ask) -> None:
    assert (await ask("sim-slow"))["state"] == "done"


@pytest.mark.parametrize("model", ["sim-think", "sim-think-tags"])
async def test_thinking_is_told_from_the_answer(ask: Ask, model: str) -> None:
    message = await ask(model)
    assert message["thinking"] == "Let me think."
    assert message["content"].startswith("You asked: What is it?")


async def test_what_no_database_keeps(ask: Ask) -> None:
    message = await ask("sim-nul")
    assert message["state"] == "done"
    assert message["content"].startswith("a\ufffdb?You asked")


async def test_the_server_counts_tokens(ask: Ask) -> None:
    message = await ask("sim")
    assert message["state"] == "done"
    assert message["tokens"] == {"prompt": 12, "completion": 20}
    assert message["tokens_per_second"] > 1


async def test_a_server_that_knows_fewer_settings(
    openai: OpenAiSimulator, add_provider: AddProvider, chat: Chat, runner: SmallRunner
) -> None:
    openai.unknown = ("stream_options", "max_tokens", "temperature")
    conversation = await chat.begin(
        provider_id=await add_provider("openai", openai.base_url), model="sim", temperature=0.5
    )
    await runner.run((await chat.say(conversation, "Hello?"))["id"])
    assert (await chat.last(conversation))["state"] == "done"
    assert [set(openai.unknown) & seen.body.keys() for seen in openai.seen][-1] == set()

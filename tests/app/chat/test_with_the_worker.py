"""Answers made by a real worker, in a process of its own that is stopped and killed."""

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from app.core.settings import Settings
from tests.app.chat.conftest import AddProvider, Chat
from tests.app.jobs.storm import Storm
from tests.simulators.ollama import OllamaSimulator

pytestmark = pytest.mark.slow


@pytest.fixture
def worker(settings: Settings, tmp_path: Path) -> Iterator[Storm]:
    storm = Storm(settings, tmp_path)
    storm.start()
    yield storm
    assert storm.process is not None
    if storm.process.poll() is None:
        storm.process.kill()
        storm.process.wait()


@pytest.fixture
async def asked(chat: Chat, add_provider: AddProvider, ollama: OllamaSimulator) -> Callable[[str], Awaitable[int]]:
    """A conversation that was asked with this model."""
    ollama.behaviour.seconds_a_token, ollama.behaviour.tokens = 0.05, 60
    provider_id = await add_provider("ollama", ollama.url)

    async def ask(model: str) -> int:
        conversation = await chat.begin(provider_id=provider_id, model=model, title="Mine")
        await chat.say(conversation, "Talk.")
        return conversation

    return ask


async def _until(chat: Chat, conversation: int, condition: Callable[[dict[str, Any]], bool]) -> dict[str, Any]:
    for _ in range(1200):
        message = await chat.last(conversation)
        if condition(message):
            return message
        await asyncio.sleep(0.025)
    raise AssertionError(f"it did not come true: {message}")


async def test_stop_frees_the_model(
    worker: Storm, asked: Callable[[str], Awaitable[int]], chat: Chat, ollama: OllamaSimulator
) -> None:
    conversation = await asked("sim-endless")
    grown = await _until(chat, conversation, lambda message: bool(message["content"]))
    assert not ollama.seen[0].disconnected.is_set()
    await chat.person.send("POST", f"/messages/{grown['id']}/stop")
    async with asyncio.timeout(3):
        await ollama.seen[0].disconnected.wait()
    stopped = await _until(chat, conversation, lambda message: message["state"] != "running")
    assert stopped["state"] == "stopped"
    assert stopped["content"].startswith(grown["content"])


async def test_a_killed_worker_s_answer_is_made_by_the_next(
    worker: Storm, asked: Callable[[str], Awaitable[int]], chat: Chat, ollama: OllamaSimulator
) -> None:
    conversation = await asked("sim")
    grown = await _until(chat, conversation, lambda message: bool(message["content"]))
    worker.kill()
    assert (await chat.last(conversation))["state"] == "running"
    assert grown["content"]
    worker.start()
    done = await _until(chat, conversation, lambda message: message["state"] != "running")
    assert (done["state"], len(ollama.seen)) == ("done", 2)
    assert done["content"] == "".join(ollama.words(ollama.seen[0].body))
    rows = await asyncio.to_thread(worker.rows, "SELECT count(*) FROM job_event WHERE name = 'reset'")
    assert rows == [(2,)]

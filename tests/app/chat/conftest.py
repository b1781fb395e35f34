"""People who chat, simulated model servers, and jobs that are carried out when a test says so."""

from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import pytest
from fastapi import FastAPI

from app.chat.answers import partial
from app.chat.servers import builtin
from app.core.database import Database
from tests.app.chat.runner import SmallRunner
from tests.app.harness import Person, SignInAs
from tests.simulators.common import Behaviour
from tests.simulators.ollama import OllamaSimulator
from tests.simulators.openai_chat import OpenAiSimulator

AddProvider = Callable[..., Awaitable[int]]


@pytest.fixture
async def admin(sign_in_as: SignInAs) -> Person:
    return await sign_in_as("grace", is_administrator=True)


@pytest.fixture
def runner(app: FastAPI, database: Database) -> SmallRunner:
    return SmallRunner(app, database)


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is kept about once a second is kept sooner."""
    monkeypatch.setattr(partial, "EVERY_SECONDS", 0.05)
    monkeypatch.setattr(builtin, "SECONDS_A_PIECE", 0)


@pytest.fixture
async def ollama() -> AsyncIterator[OllamaSimulator]:
    simulator = OllamaSimulator(Behaviour(seconds_a_token=0.002))
    await simulator.start()
    yield simulator
    await simulator.stop()


@pytest.fixture
async def openai() -> AsyncIterator[OpenAiSimulator]:
    simulator = OpenAiSimulator(Behaviour(seconds_a_token=0.002))
    await simulator.start()
    yield simulator
    await simulator.stop()


@pytest.fixture
def add_provider(admin: Person) -> AddProvider:
    async def add(kind: str = "builtin", base_url: str = "", **more: Any) -> int:
        body = {"name": f"A {kind}", "kind": kind, "base_url": base_url, "allow_private": True, **more}
        made = await admin.send("POST", "/chat-providers", body)
        assert made.status_code == 201, made.text
        id_: int = made.json()["id"]
        return id_

    return add


class Chat:
    """One person's conversations, in few words."""

    def __init__(self, person: Person) -> None:
        self.person = person

    async def begin(self, **body: Any) -> int:
        made = await self.person.send("POST", "/conversations", body)
        assert made.status_code == 201, made.text
        id_: int = made.json()["id"]
        return id_

    async def say(self, conversation: int, content: str, **more: Any) -> dict[str, Any]:
        sent = await self.person.send("POST", f"/conversations/{conversation}/messages", {"content": content, **more})
        assert sent.status_code == 202, sent.text
        found: dict[str, Any] = sent.json()
        assert sent.headers["location"] == f"/api/v1/jobs/{found['id']}"
        return found

    async def branch(self, conversation: int) -> list[dict[str, Any]]:
        answer = await self.person.send("GET", f"/conversations/{conversation}/messages")
        assert answer.status_code == 200, answer.text
        items: list[dict[str, Any]] = answer.json()["items"]
        return items

    async def last(self, conversation: int) -> dict[str, Any]:
        return (await self.branch(conversation))[-1]

    async def conversation(self, id_: int) -> dict[str, Any]:
        found: dict[str, Any] = (await self.person.send("GET", f"/conversations/{id_}")).json()
        return found

    async def found(self, q: str) -> list[dict[str, Any]]:
        answer = await self.person.client.get("/api/v1/conversations", params={"q": q}, headers=self.person.headers)
        assert answer.status_code == 200, answer.text
        items: list[dict[str, Any]] = answer.json()["items"]
        return items


@pytest.fixture
def chat(admin: Person) -> Chat:
    return Chat(admin)

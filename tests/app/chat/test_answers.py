"""From a question to its answer: nothing typed is lost, everything that came is kept."""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Any

import pytest
from sqlalchemy import select

from app.chat.answers import service
from app.chat.answers.context import ContextTooLongError, alternating, estimate, fit
from app.chat.conversations.models import Message
from app.chat.servers.port import Turn
from app.core.database import Database
from app.core.events.models import Event
from tests.app.chat.conftest import AddProvider, Chat
from tests.app.chat.runner import SmallRunner
from tests.app.harness import problem_code
from tests.simulators.ollama import OllamaSimulator
from tests.simulators.openai_chat import OpenAiSimulator


async def _until(condition: Callable[[], Awaitable[bool]]) -> None:
    for _ in range(300):
        if await condition():
            return
        await asyncio.sleep(0.01)
    raise AssertionError("it did not come true in time")


async def test_an_answer_is_told_and_kept(
    ollama: OllamaSimulator, add_provider: AddProvider, chat: Chat, runner: SmallRunner, database: Database
) -> None:
    provider_id = await add_provider("ollama", ollama.url, default_model="sim", context_tokens=4096)
    conversation = await chat.begin(provider_id=provider_id, system_prompt="Be brief.", temperature=0.3)
    sent = await chat.say(conversation, "Why is the sky blue?")
    assert (sent["user_message"]["state"], sent["assistant_message"]["state"]) == ("done", "running")
    assert (await chat.conversation(conversation))["running_job_id"] == sent["id"]

    await runner.run(sent["id"])
    answer = await chat.last(conversation)
    names = runner.told.names(sent["id"])
    assert names[0] == "reset"
    assert names[-1] == "usage"
    assert set(names[1:-1]) == {"delta"}
    assert answer["content"] == runner.told.text(sent["id"])
    assert answer["content"].startswith("You asked: Why is the sky blue?")
    assert (answer["state"], answer["model"], answer["provider_name"]) == ("done", "sim", "A ollama")
    assert (await chat.conversation(conversation))["running_job_id"] is None

    body = ollama.seen[0].body
    assert [turn["role"] for turn in body["messages"]] == ["system", "user"]
    assert (body["options"]["num_ctx"], body["options"]["temperature"]) == (4096, 0.3)
    async with database.work() as work, work.reading() as session:
        told = (await session.scalars(select(Event).where(Event.name == "conversation"))).all()
    assert [event.data["change"] for event in told][:3] == ["created", "message", "message"]


async def test_the_question_is_kept_before_anybody_is_asked(chat: Chat, add_provider: AddProvider) -> None:
    await add_provider("openai", "http://127.0.0.1:1/v1", default_model="x")
    conversation = await chat.begin()
    await chat.say(conversation, "Remember this.")
    assert [message["content"] for message in await chat.branch(conversation)] == ["Remember this.", ""]


async def test_several_turns_are_told(
    openai: OpenAiSimulator, add_provider: AddProvider, chat: Chat, runner: SmallRunner
) -> None:
    conversation = await chat.begin(provider_id=await add_provider("openai", openai.base_url), model="sim")
    for question in ("One?", "Two?", "Three?"):
        await runner.run((await chat.say(conversation, question))["id"])
    told = openai.seen[-1].body["messages"]
    assert [turn["role"] for turn in told] == ["user", "assistant", "user", "assistant", "user"]
    assert (told[0]["content"], told[4]["content"]) == ("One?", "Three?")


@pytest.mark.parametrize("kind", ["ollama", "openai"])
async def test_stopping_closes_the_connection_and_keeps_what_there_is(
    ollama: OllamaSimulator,
    openai: OpenAiSimulator,
    add_provider: AddProvider,
    chat: Chat,
    runner: SmallRunner,
    kind: str,
) -> None:
    simulator = ollama if kind == "ollama" else openai
    url = ollama.url if kind == "ollama" else openai.base_url
    conversation = await chat.begin(provider_id=await add_provider(kind, url), model="sim-endless")
    sent = await chat.say(conversation, "Talk.")
    running = asyncio.create_task(runner.run(sent["id"]))
    async with asyncio.timeout(3):
        await runner.told.heard.wait()
    assert not simulator.seen[0].disconnected.is_set()
    stopped = await chat.person.send("POST", f"/messages/{sent['assistant_message']['id']}/stop")
    assert (stopped.status_code, stopped.json()) == (202, {"id": sent["id"]})
    assert (await runner.job(sent["id"])).cancel_asked_at is not None  # the worker cancels the task then
    running.cancel()
    with suppress(asyncio.CancelledError):
        await running
    async with asyncio.timeout(3):
        await simulator.seen[0].disconnected.wait()
    answer = await chat.last(conversation)
    assert (answer["state"], answer["error"]) == ("stopped", None)
    assert answer["content"]
    assert answer["content"] == runner.told.text(sent["id"])
    again = await chat.person.send("POST", f"/messages/{answer['id']}/stop")
    assert (again.status_code, again.json()) == (202, {"id": None})


async def test_stopping_one_that_has_not_begun(chat: Chat, add_provider: AddProvider, runner: SmallRunner) -> None:
    await add_provider()
    sent = await chat.say(conversation := await chat.begin(), "Hello?")
    await chat.person.send("POST", f"/messages/{sent['assistant_message']['id']}/stop")
    assert (await chat.last(conversation))["state"] == "stopped"
    assert (await runner.job(sent["id"])).state == "cancelled"


async def test_what_came_is_kept_as_it_grows_and_a_crash_begins_anew(
    ollama: OllamaSimulator, add_provider: AddProvider, chat: Chat, runner: SmallRunner
) -> None:
    conversation = await chat.begin(provider_id=await add_provider("ollama", ollama.url), model="sim")
    ollama.behaviour.seconds_a_token = 0.02
    sent = await chat.say(conversation, "Talk.")
    await runner.begin(sent["id"])
    killed = asyncio.create_task(runner.attempt(sent["id"]))

    async def is_kept() -> bool:
        return bool((await chat.last(conversation))["content"])

    await _until(is_kept)
    assert (await chat.last(conversation))["state"] == "running"
    killed.cancel()  # and nobody writes that it ended
    await asyncio.wait({killed})

    await runner.run(sent["id"])
    names = runner.told.names(sent["id"])
    assert names.count("reset") == 2
    answer = await chat.last(conversation)
    after = names.index("reset", 1)
    told = runner.told.events[sent["id"]][after:]
    assert answer["content"] == "".join(data.get("text", "") for name, data in told if name == "delta")
    assert answer["state"] == "done"


async def test_one_whose_end_was_written_is_not_asked_again(
    ollama: OllamaSimulator, add_provider: AddProvider, chat: Chat, runner: SmallRunner
) -> None:
    conversation = await chat.begin(provider_id=await add_provider("ollama", ollama.url), model="sim")
    sent = await chat.say(conversation, "Talk.")
    await runner.begin(sent["id"])
    await runner.attempt(sent["id"])
    await runner.run(sent["id"])
    assert len(ollama.seen) == 1


async def test_trying_again_what_failed(
    ollama: OllamaSimulator, add_provider: AddProvider, chat: Chat, runner: SmallRunner
) -> None:
    conversation = await chat.begin(provider_id=await add_provider("ollama", ollama.url), model="later")
    sent = await chat.say(conversation, "Talk.")
    await runner.run(sent["id"])
    ollama.models.append("later")
    again = await chat.person.send("POST", f"/jobs/{sent['id']}/retry")
    assert again.status_code == 202, again.text
    await runner.run(again.json()["id"])
    answer = await chat.last(conversation)
    assert (answer["state"], answer["error"], answer["job_id"]) == ("done", None, again.json()["id"])


async def test_a_second_question_waits_on_the_same_branch_only(
    chat: Chat, add_provider: AddProvider, runner: SmallRunner
) -> None:
    await add_provider()
    conversation = await chat.begin()
    sent = await chat.say(conversation, "One?")
    path = f"/conversations/{conversation}/messages"
    refused = await chat.person.send("POST", path, {"content": "Two?"})
    assert (refused.status_code, problem_code(refused)) == (409, "answer_running")
    again = await chat.person.send("POST", f"/messages/{sent['assistant_message']['id']}/regenerate", {})
    assert (again.status_code, problem_code(again)) == (409, "answer_running")
    assert (await chat.say(conversation, "Other?", parent_id=None))["user_message"]["parent_id"] is None


async def test_of_two_questions_at_once_one_is_asked(chat: Chat, add_provider: AddProvider) -> None:
    await add_provider()
    path = f"/conversations/{await chat.begin()}/messages"
    answers = await asyncio.gather(*(chat.person.send("POST", path, {"content": text}) for text in ("One?", "Two?")))
    assert sorted(answer.status_code for answer in answers) == [202, 409]


async def test_a_conversation_that_goes_while_it_is_asked(
    chat: Chat, add_provider: AddProvider, monkeypatch: pytest.MonkeyPatch
) -> None:
    await add_provider()
    conversation = await chat.begin()
    asked = service.asked

    async def overtaken(*arguments: Any) -> Any:
        found = await asked(*arguments)
        assert (await chat.person.send("DELETE", f"/conversations/{conversation}")).status_code == 204
        return found

    monkeypatch.setattr(service, "asked", overtaken)
    answer = await chat.person.send("POST", f"/conversations/{conversation}/messages", {"content": "Still there?"})
    assert (answer.status_code, answer.json()["code"]) == (404, "not_found")


async def test_the_same_key_asks_once(chat: Chat, add_provider: AddProvider, runner: SmallRunner) -> None:
    await add_provider()
    conversation = await chat.begin()
    path = f"/api/v1/conversations/{conversation}/messages"
    headers = {**chat.person.headers, "Idempotency-Key": "k1"}
    first, second = [await chat.person.client.post(path, json={"content": "Once?"}, headers=headers) for _ in range(2)]
    assert (second.status_code, second.json()) == (202, first.json())
    other = await chat.person.client.post(path, json={"content": "Twice?"}, headers=headers)
    assert (other.status_code, problem_code(other)) == (409, "idempotency_conflict")
    assert len(await chat.branch(conversation)) == 2


async def test_what_may_be_sent(chat: Chat) -> None:
    conversation = await chat.begin()
    path = f"/conversations/{conversation}/messages"
    for content in ("", "  \n", "a\x00b", "x" * 100_001, "字" * 40_000, 5, None):
        answer = await chat.person.send("POST", path, {"content": content})
        assert (answer.status_code, problem_code(answer)) == (422, "validation_failed"), content
    for parent in (999, "1", 0):
        answer = await chat.person.send("POST", path, {"content": "x", "parent_id": parent})
        assert (answer.status_code, problem_code(answer)) == (422, "validation_failed"), parent
    assert await chat.branch(conversation) == []


async def test_the_longest_message_is_taken(chat: Chat) -> None:
    assert (await chat.say(await chat.begin(), "字" * 33_333))["user_message"]["content"] == "字" * 33_333


async def test_no_word_of_it_is_in_the_operation_log(chat: Chat, database: Database) -> None:
    conversation = await chat.begin(system_prompt="the secret prompt", title="the secret title")
    await chat.say(conversation, "the secret question")
    log = (await chat.person.send("GET", "/operation-logs?page_size=200")).text
    entries = (await chat.person.send("GET", "/operation-logs")).json()["items"]
    details = [(await chat.person.send("GET", f"/operation-logs/{entry['id']}")).text for entry in entries]
    assert any("chat_message" in detail for detail in details)
    assert "secret" not in log + "".join(details)
    async with database.work() as work, work.reading() as session:
        assert await session.scalar(select(Message.content).where(Message.role == "user")) == "the secret question"


def test_what_fits_into_the_context() -> None:
    turns = [Turn("user" if number % 2 == 0 else "assistant", f"{number} " + "x" * 350) for number in range(21)]
    told, used = fit("System.", turns, 1000)
    assert told[0] == Turn("system", "System.")
    assert (told[1].role, told[-1]) == ("user", turns[-1])
    assert used == sum(estimate(turn.content) for turn in told) <= 750
    assert len(told) == 8
    with pytest.raises(ContextTooLongError):
        fit("", [Turn("user", "字" * 1000)], 1000)


def test_turns_alternate() -> None:
    said = [("user", "a"), ("assistant", ""), ("user", "b"), ("assistant", "c"), ("user", "d")]
    assert alternating(said) == [Turn("user", "a\n\nb"), Turn("assistant", "c"), Turn("user", "d")]


async def test_a_question_that_does_not_fit(chat: Chat, add_provider: AddProvider, runner: SmallRunner) -> None:
    conversation = await chat.begin(provider_id=await add_provider(context_tokens=256))
    await runner.run((await chat.say(conversation, "字" * 300))["id"])
    answer = await chat.last(conversation)
    assert (answer["state"], answer["error"]["code"]) == ("failed", "context_too_long")
    assert answer["error"]["details"] == {"tokens": 304, "limit": 128}

"""Versions of questions and answers, and titles."""

import pytest

from app.chat.answers.repository import FEW, said
from app.chat.answers.service import first_words
from app.chat.answers.titles import tidy
from app.chat.conversations.models import Conversation, Message
from app.chat.conversations.tree import Tree
from app.core.database import Database
from tests.app.chat.conftest import AddProvider, Chat
from tests.app.chat.runner import SmallRunner
from tests.simulators.ollama import OllamaSimulator


async def _ask(chat: Chat, runner: SmallRunner, conversation: int, content: str, **more: object) -> tuple[int, int]:
    sent = await chat.say(conversation, content, **more)
    await runner.run(sent["id"])
    return sent["user_message"]["id"], sent["assistant_message"]["id"]


async def _shown(chat: Chat, conversation: int) -> list[int]:
    return [message["id"] for message in await chat.branch(conversation)]


async def test_edit_and_resend_keeps_both(chat: Chat, add_provider: AddProvider, runner: SmallRunner) -> None:
    await add_provider()
    conversation = await chat.begin()
    one = await _ask(chat, runner, conversation, "One?")
    two = await _ask(chat, runner, conversation, "Two?")
    other = await _ask(chat, runner, conversation, "Two, but otherwise?", parent_id=one[1])
    assert await _shown(chat, conversation) == [*one, *other]
    siblings = [message["sibling_ids"] for message in await chat.branch(conversation)]
    assert siblings == [[one[0]], [one[1]], [two[0], other[0]], [other[1]]]

    chosen = await chat.person.send("PATCH", f"/conversations/{conversation}", {"leaf_message_id": two[0]})
    assert chosen.json()["leaf_id"] == two[1]
    assert await _shown(chat, conversation) == [*one, *two]
    three = await _ask(chat, runner, conversation, "Three?")
    await chat.person.send("PATCH", f"/conversations/{conversation}", {"leaf_message_id": other[1]})
    await chat.person.send("PATCH", f"/conversations/{conversation}", {"leaf_message_id": one[0]})
    assert await _shown(chat, conversation) == [*one, *two, *three]


async def test_another_first_question(chat: Chat, add_provider: AddProvider, runner: SmallRunner) -> None:
    await add_provider()
    conversation = await chat.begin()
    one = await _ask(chat, runner, conversation, "One?")
    other = await _ask(chat, runner, conversation, "Other?", parent_id=None)
    assert (await chat.branch(conversation))[0]["sibling_ids"] == [one[0], other[0]]


async def test_regenerate_by_another_model(
    chat: Chat, add_provider: AddProvider, runner: SmallRunner, ollama: OllamaSimulator
) -> None:
    await add_provider(sort_order=-1)
    conversation = await chat.begin()
    question, answer = await _ask(chat, runner, conversation, "One?")
    other = await add_provider("ollama", ollama.url)
    again = await chat.person.send("POST", f"/messages/{answer}/regenerate", {"provider_id": other, "model": "sim"})
    assert again.status_code == 202, again.text
    assert again.json()["assistant_message"]["sibling_ids"] == [answer, again.json()["assistant_message"]["id"]]
    await runner.run(again.json()["id"])
    shown = await chat.branch(conversation)
    assert [message["model"] for message in shown] == ["", "sim"]
    assert [turn["content"] for turn in ollama.seen[0].body["messages"]] == ["One?"]
    refused = await chat.person.send("POST", f"/messages/{question}/regenerate", {})
    assert refused.status_code == 422


async def test_a_message_of_another_conversation_is_no_parent(
    chat: Chat, add_provider: AddProvider, runner: SmallRunner
) -> None:
    await add_provider()
    _, answer = await _ask(chat, runner, await chat.begin(), "One?")
    other = await chat.begin()
    path = f"/conversations/{other}"
    for method, where, body in (
        ("POST", f"{path}/messages", {"content": "x", "parent_id": answer}),
        ("PATCH", path, {"leaf_message_id": answer}),
    ):
        assert (await chat.person.send(method, where, body)).status_code == 422


def test_the_newest_leaf() -> None:
    tree = Tree([(1, None), (2, 1), (3, 2), (4, 3), (5, 2), (6, 5), (7, None)])
    assert [tree.newest_leaf(id_) for id_ in range(1, 8)] == [6, 6, 4, 4, 6, 6, 7]
    assert tree.siblings(3) == [3, 5]
    assert tree.siblings(1) == [1, 7]


async def test_a_title_from_the_first_exchange(
    chat: Chat, add_provider: AddProvider, runner: SmallRunner, ollama: OllamaSimulator
) -> None:
    conversation = await chat.begin(provider_id=await add_provider("ollama", ollama.url), model="sim")
    ollama.behaviour.tokens = 3
    await _ask(chat, runner, conversation, "Why is the sky blue?\nTell me.")
    assert (await chat.conversation(conversation))["title"] == "Why is the sky blue?"
    await runner.all("chat.title")
    assert (await chat.conversation(conversation))["title"] == "You asked: Write"  # what the simulator says
    await _ask(chat, runner, conversation, "And the sea?")
    assert await runner.queued("chat.title") == []


async def test_a_title_that_a_person_gave_stays(
    chat: Chat, add_provider: AddProvider, runner: SmallRunner, ollama: OllamaSimulator
) -> None:
    conversation = await chat.begin(provider_id=await add_provider("ollama", ollama.url), model="sim")
    await _ask(chat, runner, conversation, "Why?")
    await chat.person.send("PATCH", f"/conversations/{conversation}", {"title": "Mine"})
    await runner.all("chat.title")
    assert (await chat.conversation(conversation))["title"] == "Mine"


def test_first_words_and_tidy_titles() -> None:
    assert first_words("\n  What   is\tit? \nmore") == "What is it?"
    assert first_words("word " * 30) == ("word " * 12).strip() + "…"
    assert first_words("字" * 80) == "字" * 60 + "…"
    assert tidy('\n"The Sky"\n\nmore') == "The Sky"
    assert tidy("Title: 天空为什么是蓝的。") == "天空为什么是蓝的"
    assert tidy("x" * 81) == tidy("") == tidy("***\n") == ""


@pytest.mark.parametrize("number", [1, FEW - 1, FEW, FEW + 1, 3 * FEW])
async def test_a_model_is_told_all_of_a_branch(chat: Chat, database: Database, number: int) -> None:
    conversation = await chat.begin()
    async with database.work() as work:
        session = await work.writing()
        row = await session.get_one(Conversation, conversation)
        before: int | None = None
        for place in range(number):
            role = "assistant" if place % 2 else "user"
            message = Message(
                conversation_id=row.id, user_id=row.user_id, parent_id=before, role=role, content=f"{place}"
            )
            session.add(message)
            await session.flush()
            before = message.id
    async with database.work() as work:
        told = await said(work, before or 0)
    assert [each.content for each in told] == [str(place) for place in range(number)]
    assert [each.role for each in told[:2]] == ["user", "assistant"][:number]

"""Lists, search, deleting and undoing; and that a chat is its owner's alone."""

import time

import pytest
from sqlalchemy import insert

from app.chat.conversations import repository
from app.chat.conversations.models import Conversation, Message
from app.core.clock import utc_now
from app.core.database import Database
from tests.app.chat.conftest import AddProvider, Chat
from tests.app.chat.runner import SmallRunner
from tests.app.harness import Person, SignInAs, problem_code, rows
from tests.app.plans import recorded


@pytest.fixture
async def someone(sign_in_as: SignInAs) -> Person:
    return await sign_in_as("eve", is_administrator=True)


async def _listed(chat: Chat, query: str = "") -> list[str]:
    answer = await chat.person.send("GET", f"/conversations{query}")
    assert answer.status_code == 200, answer.text
    return [each["title"] for each in answer.json()["items"]]


async def test_the_list_and_its_order(chat: Chat, add_provider: AddProvider) -> None:
    await add_provider()
    ids = {title: await chat.begin(title=title) for title in ("a", "b", "c", "d")}
    await chat.say(ids["a"], "Hello?")
    await chat.person.send("PATCH", f"/conversations/{ids['c']}", {"is_pinned": True})
    await chat.person.send("PATCH", f"/conversations/{ids['b']}", {"is_archived": True})
    assert await _listed(chat) == ["c", "a", "d"]
    assert await _listed(chat, "?archived=true") == ["b"]
    assert await _listed(chat, "?page=2&page_size=2") == ["d"]


async def test_only_what_is_sent_changes(chat: Chat, add_provider: AddProvider) -> None:
    provider = await add_provider()
    id_ = await chat.begin(title="a", temperature=1.0, provider_id=provider, model="demo")
    path = f"/conversations/{id_}"
    changed = (await chat.person.send("PATCH", path, {"temperature": None})).json()
    assert (changed["title"], changed["temperature"], changed["provider_id"]) == ("a", None, provider)
    changed = (await chat.person.send("PATCH", path, {"provider_id": None, "model": ""})).json()
    assert (changed["provider_id"], changed["model"]) == (None, "")
    for body in ({"title": ""}, {"title": None}, {"temperature": 2.1}, {"provider_id": 999}, {"user_id": 1}):
        assert (await chat.person.send("PATCH", path, body)).status_code == 422, body


async def test_nobody_else_sees_it(chat: Chat, someone: Person, add_provider: AddProvider, runner: SmallRunner) -> None:
    await add_provider()
    id_ = await chat.begin(title="Mine")
    sent = await chat.say(id_, "A secret word")
    message = sent["assistant_message"]["id"]
    before = await chat.branch(id_)
    for method, path, body in (
        ("GET", f"/conversations/{id_}", None),
        ("PATCH", f"/conversations/{id_}", {"title": "x"}),
        ("DELETE", f"/conversations/{id_}", None),
        ("GET", f"/conversations/{id_}/messages", None),
        ("POST", f"/conversations/{id_}/messages", {"content": "x"}),
        ("GET", f"/conversations/{id_}/export", None),
        ("POST", "/conversations/batch-delete", {"ids": [id_]}),
        ("POST", f"/messages/{message}/regenerate", {}),
        ("POST", f"/messages/{message}/stop", None),
    ):
        answer = await someone.send(method, path, body)
        assert (path, answer.status_code, problem_code(answer)) == (path, 404, "not_found")
    stranger = Chat(someone)
    assert await stranger.found("secret") == await stranger.found("Mine") == []
    assert "secret" not in (await someone.send("GET", "/conversations/export")).text
    assert await chat.branch(id_) == before
    await chat.person.send("DELETE", f"/conversations/{id_}")
    assert (await someone.send("POST", "/conversations/restore", {"ids": [id_]})).status_code == 404


async def test_without_the_right(sign_in_as: SignInAs) -> None:
    person = await sign_in_as("noright")
    for path in ("/conversations", "/chat-models", "/conversations/1/messages"):
        answer = await person.send("GET", path)
        assert (answer.status_code, problem_code(answer)) == (403, "permission_denied")


async def test_deleting_stops_the_answer_and_can_be_undone(
    chat: Chat, add_provider: AddProvider, runner: SmallRunner
) -> None:
    await add_provider()
    id_ = await chat.begin(title="a")
    sent = await chat.say(id_, "A findable word")
    assert (await chat.person.send("DELETE", f"/conversations/{id_}")).status_code == 204
    assert (await runner.job(sent["id"])).state == "cancelled"
    assert await _listed(chat) == []
    assert await chat.found("findable") == []
    assert (await chat.person.send("GET", f"/conversations/{id_}/messages")).status_code == 404
    assert (await chat.person.send("POST", "/conversations/restore", {"ids": [id_]})).status_code == 204
    assert await _listed(chat) == ["a"]
    assert len(await chat.found("findable")) == 1
    assert (await chat.last(id_))["state"] == "stopped"


async def test_search_looks_into_titles_and_messages(
    chat: Chat, add_provider: AddProvider, runner: SmallRunner
) -> None:
    await add_provider()
    sky = await chat.begin(title="Colours")
    await runner.run((await chat.say(sky, "Why is the sky blue over Zürich?"))["id"])
    weather = await chat.begin(title="天气")
    await chat.say(weather, "北京明天的天气怎么样？会不会下雨")
    await chat.person.send("PATCH", f"/conversations/{weather}", {"is_archived": True})

    async def ids(q: str) -> list[int]:
        return [each["id"] for each in await chat.found(q)]

    assert await ids("colour") == await ids("SKY BLUE") == await ids("zürich") == [sky]
    assert await ids("北京明天的天气") == await ids("下雨") == await ids("雨") == [weather]  # three, two, one character
    assert await ids("sky 北京") == await ids("nowhere") == await ids('"§') == await ids("%") == []
    assert await ids('sky" OR body : "北京') == []
    (hit,) = await chat.found("blue")
    assert "Why is the sky blue" in hit["snippet"]


async def test_a_word_of_an_answer_is_found_when_it_is_whole(
    chat: Chat, add_provider: AddProvider, runner: SmallRunner
) -> None:
    await add_provider()
    id_ = await chat.begin(title="a")
    sent = await chat.say(id_, "Hello?")
    assert await chat.found("built-in demo") == []
    await runner.run(sent["id"])
    assert [each["id"] for each in await chat.found("built-in demo")] == [id_]


async def test_the_index_forgets_what_is_removed_for_good(
    chat: Chat, add_provider: AddProvider, runner: SmallRunner, database: Database
) -> None:
    await add_provider()
    id_ = await chat.begin(title="a")
    sent = await chat.say(id_, "A findable word")
    await runner.run(sent["id"])
    again = await chat.say(id_, "B findable word", parent_id=None)
    await runner.run(again["id"])
    await chat.person.send("DELETE", f"/conversations/{id_}")
    async with database.work() as work:
        assert await repository.purge(await work.writing(), utc_now(), 10) == 1
    if database.settings.uses_sqlite:
        assert rows(database.settings, "SELECT rowid FROM chat_search WHERE chat_search MATCH 'findable'") == []
    assert rows(database.settings, "SELECT id FROM chat_message") == []


async def test_other_tabs_are_told(chat: Chat, database: Database) -> None:
    id_ = await chat.begin()
    await chat.person.send("PATCH", f"/conversations/{id_}", {"title": "b"})
    await chat.person.send("DELETE", f"/conversations/{id_}")
    asked = "SELECT CAST(data AS TEXT), user_id FROM core_event WHERE name = 'conversation' ORDER BY id"
    told = rows(database.settings, asked)
    assert [row[0] for row in told] == [
        f'{{"id": {id_}, "change": "{change}"}}' for change in ("created", "updated", "deleted")
    ]
    assert {row[1] for row in told} == {chat.person.user.id}


async def _fill(database: Database, user_id: int, conversations: int, messages: int) -> list[int]:
    """That many conversations of so many messages each, in one line each."""
    async with database.work() as work:
        session = await work.writing()
        rows = [
            Conversation(user_id=user_id, title=f"Number {number}", is_titled=True) for number in range(conversations)
        ]
        session.add_all(rows)
        await session.flush()
        next_id = 1
        for row in rows:
            values = [
                {
                    "id": next_id + place,
                    "conversation_id": row.id,
                    "user_id": user_id,
                    "parent_id": next_id + place - 1 if place else None,
                    "role": "assistant" if place % 2 else "user",
                    "content": f"Message {place} of {row.title}: 一些中文内容 and some words",
                }
                for place in range(messages)
            ]
            await session.execute(insert(Message), values)
            next_id += messages
            row.leaf_id = next_id - 1
    return [row.id for row in rows]


async def test_a_long_conversation_answers_fast(chat: Chat, database: Database) -> None:
    (id_,) = await _fill(database, chat.person.user.id, 1, 1000)
    await chat.branch(id_)
    began = time.process_time()
    with recorded(database) as queries:
        shown = await chat.branch(id_)
    spent = time.process_time() - began
    assert [message["content"].split(" of ")[0] for message in shown] == [f"Message {place}" for place in range(1000)]
    assert len(queries.found) <= 3
    assert spent < 0.5


async def test_lists_walk_along_indexes_with_few_queries(chat: Chat, database: Database) -> None:
    await _fill(database, chat.person.user.id, 60, 4)
    for query in ("", "?archived=true", "?q=number", "?q=一些中文", "?q=中"):
        with recorded(database) as queries:
            assert (await chat.person.send("GET", f"/conversations{query}")).status_code == 200
        assert len(queries.found) <= 5, query
    with recorded(database) as queries:
        await _listed(chat)
    tables = {"chat_conversation", "chat_message"}
    assert queries.bad_plans(database.settings, tables) == []

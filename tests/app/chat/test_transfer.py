"""Conversations as files: out, and in again."""

import copy
import json
from typing import Any

import httpx
import pytest

from tests.app.chat.conftest import AddProvider, Chat
from tests.app.chat.runner import SmallRunner
from tests.app.harness import Person, SignInAs, problem_code


@pytest.fixture
async def talked(chat: Chat, add_provider: AddProvider, runner: SmallRunner) -> int:
    """A conversation with two versions of its second question."""
    await add_provider()
    conversation = await chat.begin(title="天空: the sky/blue?", system_prompt="Be brief.", temperature=0.5)
    first = await chat.say(conversation, "One?")
    await runner.run(first["id"])
    for question in ("Two?", "Two, otherwise?"):
        sent = await chat.say(conversation, question, parent_id=first["assistant_message"]["id"])
        await runner.run(sent["id"])
    return conversation


async def _exported(person: Person, path: str) -> dict[str, Any]:
    answer = await person.send("GET", path)
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


async def _import(person: Person, content: object) -> httpx.Response:
    text = content if isinstance(content, bytes) else json.dumps(content).encode()
    return await person.client.post(
        "/api/v1/conversations/import", files={"file": ("chat.json", text)}, headers=person.headers
    )


async def test_as_markdown(chat: Chat, talked: int) -> None:
    answer = await chat.person.send("GET", f"/conversations/{talked}/export?format=markdown")
    assert answer.headers["content-type"] == "text/markdown; charset=utf-8"
    assert answer.headers["content-disposition"] == (
        "attachment; filename*=UTF-8''%E5%A4%A9%E7%A9%BA_%20the%20sky_blue_.md"
    )
    lines = answer.text.splitlines()
    assert lines[:3] == ["# 天空: the sky/blue?", "", "> Be brief."]
    assert [line for line in lines if line.startswith("## ")] == ["## You", "## Answer (demo)"] * 2
    assert "Two, otherwise?" in answer.text
    assert "\nTwo?" not in answer.text


async def test_out_and_in_again_is_the_same(chat: Chat, talked: int, sign_in_as: SignInAs) -> None:
    filed = await _exported(chat.person, "/conversations/export")
    assert (filed["format"], filed["version"], len(filed["conversations"])) == ("groundwork.chat", 1, 1)
    assert len(filed["conversations"][0]["messages"]) == 6
    other = await sign_in_as("other", is_administrator=True)
    imported = await _import(other, filed)
    assert (imported.status_code, imported.json()) == (201, {"imported": 1})
    again = await _exported(other, "/conversations/export")

    def comparable(document: dict[str, Any]) -> object:
        (one,) = copy.deepcopy(document)["conversations"]
        places = {message["id"]: place for place, message in enumerate(one["messages"])}
        for message in one["messages"]:
            message["id"], message["parent_id"] = places[message["id"]], places.get(message["parent_id"])
        one["leaf_id"] = places[one["leaf_id"]]
        return one

    assert comparable(again) == comparable(filed)
    theirs = Chat(other)
    (listed,) = await theirs.found("otherwise")
    shown = await theirs.branch(listed["id"])
    assert [message["content"] for message in shown if message["role"] == "user"] == ["One?", "Two, otherwise?"]


async def test_one_as_json_can_be_taken_in(chat: Chat, talked: int) -> None:
    filed = await _exported(chat.person, f"/conversations/{talked}/export?format=json")
    assert (await _import(chat.person, filed)).json() == {"imported": 1}
    assert len((await chat.person.send("GET", "/conversations")).json()["items"]) == 2


async def test_what_is_no_export(chat: Chat, talked: int) -> None:
    filed = await _exported(chat.person, f"/conversations/{talked}/export?format=json")

    def changed(**fields: object) -> dict[str, Any]:
        document = copy.deepcopy(filed)
        document["conversations"][0]["messages"][-1].update(fields)
        return document

    first = filed["conversations"][0]["messages"][0]["id"]
    for content in (
        b"",
        b"\xff\xfe",
        b"[]",
        b"[" * 100_000,
        {"format": "other", "version": 1},
        {**filed, "version": 2},
        {**filed, "more": 1},
        changed(role="system"),
        changed(content="a\x00b"),
        changed(id=first),
        changed(parent_id=999_999),
        changed(parent_id=filed["conversations"][0]["messages"][-1]["id"]),
        changed(user_id=1),
        changed(created_at="yesterday"),
    ):
        answer = await _import(chat.person, content)
        assert (answer.status_code, problem_code(answer)) == (422, "validation_failed"), content
        assert answer.json()["errors"][0]["code"] == "not_an_export"
    assert len((await chat.person.send("GET", "/conversations")).json()["items"]) == 1


async def test_an_answer_that_was_being_made_comes_in_as_stopped(chat: Chat, add_provider: AddProvider) -> None:
    await add_provider()
    conversation = await chat.begin()
    await chat.say(conversation, "One?")
    filed = await _exported(chat.person, f"/conversations/{conversation}/export?format=json")
    await chat.person.send("DELETE", f"/conversations/{conversation}")
    await _import(chat.person, filed)
    (listed,) = (await chat.person.send("GET", "/conversations")).json()["items"]
    assert (listed["running_job_id"], (await chat.last(listed["id"]))["state"]) == (None, "stopped")

"""A real model behind the chat: its words come through nginx as they are written, and it keeps to itself."""

from __future__ import annotations

import re
import time

from chat import Chat
from witness import PRODUCT, ROOT, SHARED, Machine, wait_until

UNIT = f"{PRODUCT}-model.service"
MODEL = "gemma3-270m"
PIECES = 60  # some seconds of them: long beside the wait for the first one, also on a busy machine


def pid(machine: Machine) -> str:
    return machine.unit(UNIT)["MainPID"]


def test_it_runs_starts_at_boot_and_never_gives_up(machine: Machine) -> None:
    state = machine.unit(UNIT)
    assert (state["ActiveState"], state["UnitFileState"], state["Restart"]) == ("active", "enabled", "always")
    assert state["StartLimitIntervalUSec"] == "0"


def test_only_this_machine_reaches_it(machine: Machine) -> None:
    listening = machine.lines("ss -Hltn | awk '$4 ~ /:11434$/ {print $4}'")
    assert listening == ["127.0.0.1:11434"]


def test_it_is_a_user_of_its_own_that_sees_nothing_of_the_products(machine: Machine) -> None:
    assert machine.out(f"ps -o user:32= -p {pid(machine)}") == f"{PRODUCT}-model"
    seen = f"/proc/{pid(machine)}/root"
    for path in (f"{SHARED}/data/{PRODUCT}.db", f"{SHARED}/.env", "/root/.bashrc"):
        assert machine.run(f"test -e {seen}{path}").rc == 1, path
    assert machine.run(f"touch {seen}{ROOT}/models/probe").rc != 0, "it could change its model"


def test_security_exposure_is_at_most_2(machine: Machine) -> None:
    words = machine.out(f"systemd-analyze security --no-pager {UNIT} | tail -1")
    found = re.search(r"exposure level for \S+: ([0-9.]+)", words)
    assert found, words
    assert float(found[1]) <= 2.0


def test_the_model_is_the_one_that_was_wanted(machine: Machine) -> None:
    [file] = machine.lines(f"find {ROOT}/models -type f")
    assert machine.out(f"sha256sum {file}").startswith(
        "a5fd3b62230aa5ec60212297dc9d20eaa70578ac519e00d93a17e44c087a6818"
    )
    assert machine.out(f"stat --format '%U %a' {file}") == "root 644"


def test_the_table_has_its_rows_and_is_green(machine: Machine) -> None:
    report = machine.read(f"{SHARED}/link-check/latest.json")
    assert '"ok": true' in report[:600]
    assert {"model-answers", "service-model"} <= set(re.findall(r'"id": "([a-z-]+)"', report))


def test_the_product_found_it_by_itself(chat: Chat) -> None:
    provider = chat.providers()["openai"]
    assert [model["name"] for model in provider["models"]] == [MODEL]
    assert chat.ask("GET", "/chat-models").json["default"] == {"provider_id": provider["id"], "model": MODEL}


def test_a_real_answer_comes_word_by_word(chat: Chat) -> None:
    conversation = chat.conversation("openai")
    sent = chat.say(conversation, "Write a long story about a lighthouse, a storm and a cat.")
    # It is a base model, which goes on for as long as it may: so much of it is enough.
    told = chat.follow(int(sent["id"]), until="delta", times=PIECES)
    assert chat.ask("POST", f"/messages/{sent['assistant_message']['id']}/stop").status == 202
    wait_until("the answer has stopped", lambda: chat.answer(conversation)["state"] == "stopped", 10)
    kept = chat.answer(conversation)
    assert len(told.text) > 20
    assert kept["content"].startswith(told.text)
    assert kept["model"] == MODEL
    # Kept back by whoever stands between, all words would come at once, at the end.
    assert len(told.moments) >= 5
    assert told.moments[-1] - told.moments[0] > 0.3 * told.moments[-1], told.moments


def test_stop_frees_the_model(machine: Machine, chat: Chat) -> None:
    conversation = chat.conversation("openai")
    sent = chat.say(conversation, "Count from one to ten thousand in words, with a sentence about each number.")
    chat.follow(int(sent["id"]), until="delta")
    assert chat.ask("POST", f"/messages/{sent['assistant_message']['id']}/stop").status == 202
    wait_until("the answer has stopped", lambda: chat.answer(conversation)["state"] == "stopped", 5)

    def ticks() -> int:
        fields = machine.read(f"/proc/{pid(machine)}/stat").rsplit(")", 1)[1].split()
        return int(fields[11]) + int(fields[12])

    def is_idle() -> bool:
        before = ticks()
        time.sleep(0.5)
        return ticks() - before <= 5

    wait_until("the model computes no more", is_idle, 5)
    assert chat.answer(conversation)["content"], "what it had written is kept"


def test_a_killed_one_comes_back_and_the_chat_with_it(machine: Machine, chat: Chat) -> None:
    before = pid(machine)
    machine.out(f"kill -KILL {before}")
    wait_until("another one runs", lambda: pid(machine) not in ("0", before), 10)
    wait_until("it answers", lambda: "openai" in chat.providers(), 30)
    sent = chat.say(chat.conversation("openai"), "Say hello.")
    assert chat.follow(int(sent["id"]), until="delta").text
    assert chat.ask("POST", f"/messages/{sent['assistant_message']['id']}/stop").status == 202


def test_nothing_has_drifted(machine: Machine) -> None:
    assert machine.out("groundwork drift").startswith("nothing has drifted")


def test_its_log_is_the_journals(machine: Machine) -> None:
    assert f"{MODEL} answers at http://127.0.0.1:11434" in machine.out(f"journalctl -u {UNIT} --no-pager -o cat")

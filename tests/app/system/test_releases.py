"""The history of releases, read from the end of the audit log."""

import json
from pathlib import Path
from typing import Any

import pytest
from loguru import logger

from app.core.settings import Settings
from app.system.releases.repository import read_end
from app.system.releases.service import merged
from tests.app.harness import SignInAs, problem_code

PATH = "/api/v1/system/releases"


def started(number: int, **fields: Any) -> dict[str, Any]:
    return {
        "schema": 1,
        "id": f"run-{number}",
        "event": "started",
        "action": "deploy",
        "release": f"r{number}",
        "from_release": f"r{number - 1}" if number > 1 else "",
        "by": "ada",
        "host": "laptop",
        "reason": "",
        "at": f"2026-11-22T03:{number:02}:00Z",
        **fields,
    }


def finished(number: int, **fields: Any) -> dict[str, Any]:
    end = {
        "event": "finished",
        "at": f"2026-11-22T03:{number:02}:20Z",
        "seconds": 20.5,
        "stages": [{"name": "ship", "seconds": 2.5}, {"name": "switch", "seconds": 3}],
        "outcome": "good",
        "failed_stage": None,
        "message": "",
        "report": {"passed": 16, "failed": 0},
    }
    return started(number) | end | fields


def write(path: Path, *entries: dict[str, Any], tail: str = "") -> None:
    path.write_text("".join(json.dumps(entry) + "\n" for entry in entries) + tail)


async def test_start_and_end_are_one_run_and_the_newest_is_first(sign_in_as: SignInAs, settings: Settings) -> None:
    person = await sign_in_as(is_administrator=True)
    switched = started(1, event="switched", at="2026-11-22T03:01:15Z")
    write(
        settings.audit_log,
        started(1),
        switched,
        finished(1),
        started(2),
        finished(2, outcome="bad", failed_stage="prove", message="login: 502"),
    )
    answer = (await person.get(PATH)).json()
    assert [run["id"] for run in answer["items"]] == ["run-2", "run-1"]
    assert answer["items"][1] == {
        "id": "run-1",
        "action": "deploy",
        "release": "r1",
        "from_release": "",
        "by": "ada",
        "host": "laptop",
        "reason": "",
        "started_at": "2026-11-22T03:01:00Z",
        "seconds": 20.5,
        "outcome": "good",
        "stages": [{"name": "ship", "seconds": 2.5}, {"name": "switch", "seconds": 3}],
        "failed_stage": None,
        "message": "",
    }
    assert (answer["items"][0]["failed_stage"], answer["items"][0]["message"]) == ("prove", "login: 502")
    assert (answer["total"], answer["total_is_exact"], answer["page"], answer["page_size"]) == (2, True, 1, 20)


async def test_pages(sign_in_as: SignInAs, settings: Settings) -> None:
    person = await sign_in_as(is_administrator=True)
    write(settings.audit_log, *(finished(number) for number in range(1, 8)))
    page = (await person.get(f"{PATH}?page=2&page_size=3")).json()
    assert [run["release"] for run in page["items"]] == ["r4", "r3", "r2"]
    beyond = (await person.get(f"{PATH}?page=9&page_size=3")).json()
    assert (beyond["items"], beyond["total"]) == ([], 7)
    assert (await person.get(f"{PATH}?page_size=201")).status_code == 422


async def test_no_log_is_an_empty_list(sign_in_as: SignInAs) -> None:
    person = await sign_in_as(is_administrator=True)
    answer = await person.get(PATH)
    assert (answer.status_code, answer.json()["items"], answer.json()["total"]) == (200, [], 0)


async def test_only_with_its_label(sign_in_as: SignInAs) -> None:
    person = await sign_in_as()
    answer = await person.get(PATH)
    assert (answer.status_code, problem_code(answer)) == (403, "permission_denied")


def test_a_run_without_an_end_runs_or_was_interrupted() -> None:
    runs = merged([started(1), started(2), finished(2), started(3)])
    assert [(run.id, run.outcome, run.seconds) for run in runs] == [
        ("run-3", "running", None),
        ("run-2", "good", 20.5),
        ("run-1", "interrupted", None),
    ]


def test_an_end_without_its_start_is_shown_all_the_same() -> None:
    (run,) = merged([finished(1)])
    assert (run.outcome, run.started_at.minute) == ("good", 1)


@pytest.mark.parametrize("tail", ['{"id": "run-9", "eve', "\x00\x00\x00", "[1]", "[" * 100_000])
def test_a_torn_last_line_costs_nothing_else(tmp_path: Path, tail: str) -> None:
    log = tmp_path / "audit.jsonl"
    write(log, finished(1), tail=tail)
    assert [entry["id"] for entry in read_end(log).entries] == ["run-1"]


def test_a_run_that_says_too_little_is_left_out() -> None:
    assert merged([{"id": "x", "event": "started"}, {"event": "finished"}, finished(1)])[0].id == "run-1"
    assert len(merged([{"id": "x", "event": "started"}, finished(1)])) == 1


def test_no_more_than_the_end_of_a_long_log_is_read(tmp_path: Path) -> None:
    log = tmp_path / "audit.jsonl"
    write(log, *(finished(number) for number in range(1, 51)))
    last = len(json.dumps(finished(50))) + 1
    said: list[str] = []
    sink = logger.add(said.append)
    end = read_end(log, most_bytes=3 * last + 10)
    logger.remove(sink)
    assert said == []  # the line that the limit cuts is nobody's fault
    assert [entry["id"] for entry in end.entries] == ["run-48", "run-49", "run-50"]
    assert end.is_whole is False
    assert read_end(log).is_whole is True

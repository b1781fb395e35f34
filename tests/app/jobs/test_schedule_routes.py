"""The routes of schedules: what is refused, what is shown, and running at once."""

from datetime import timedelta
from typing import Any

import pytest
from pydantic import BaseModel

from app.core.clock import utc_now
from app.core.database import Database
from app.jobs import Job, registry
from app.jobs.schedules.forms import fields_of
from app.jobs.schemas import Ping, RemoveFinished
from tests.app.harness import Person, SignInAs, problem_code, rows
from tests.app.jobs import kinds
from tests.app.jobs.conftest import Work

NIGHTLY: dict[str, Any] = {
    "name": "Nightly",
    "kind": "test.arguments",
    "payload": {"words": "hello"},
    "cron": "30 2 * * mon-fri",
    "time_zone": "Europe/Berlin",
}


@pytest.fixture
async def chief(sign_in_as: SignInAs) -> Person:
    return await sign_in_as("grace", is_administrator=True)


async def made(chief: Person, **fields: Any) -> dict[str, Any]:
    answer = await chief.send("POST", "/schedules", {**NIGHTLY, **fields})
    assert answer.status_code == 201, answer.text
    body: dict[str, Any] = answer.json()
    return body


async def test_what_is_made_is_planned_and_shown_with_its_next_ten(chief: Person) -> None:
    row = await made(chief)
    assert (row["cron"], row["misfire"], row["overlap"], row["is_known"]) == ("30 2 * * MON-FRI", "once", "skip", True)
    plan = (await chief.get(f"/api/v1/schedules/{row['id']}/plan")).json()["runs"]
    seen = (await chief.get("/api/v1/schedules/preview?cron=30+2+*+*+MON-FRI&time_zone=Europe/Berlin")).json()["runs"]
    assert plan == seen
    assert len(plan) == 10
    assert plan[0] == row["next_run_at"]
    paused = await chief.send("POST", "/schedules/batch-enable", {"ids": [row["id"]], "is_enabled": False})
    assert paused.status_code == 204
    assert (await chief.get(f"/api/v1/schedules/{row['id']}/plan")).json()["runs"] == []


@pytest.mark.parametrize(
    ("change", "loc", "rule"),
    [
        ({"kind": "os.system"}, ["body", "kind"], "task_unknown"),
        ({"kind": "test.image"}, ["body", "kind"], "task_unknown"),  # a task, and not one that may be scheduled
        ({"cron": "61 * * * *"}, ["body", "cron"], "cron_invalid"),
        ({"cron": "0 0 31 2 *"}, ["body", "cron"], "cron_invalid"),
        ({"time_zone": "Europe/Atlantis"}, ["body", "time_zone"], "time_zone_invalid"),
        ({"payload": {}}, ["body", "payload", "words"], "missing"),
        ({"payload": {"words": "x", "number": 10}}, ["body", "payload", "number"], "less_than_equal"),
        ({"payload": {"words": "x", "number": "3"}}, ["body", "payload", "number"], "int_type"),
        ({"payload": {"words": "x", "colour": "green"}}, ["body", "payload", "colour"], "literal_error"),
        ({"payload": {"words": "x", "__class__": "y"}}, ["body", "payload", "__class__"], "extra_forbidden"),
    ],
)
async def test_what_does_not_fit_is_refused_at_its_place(
    chief: Person, change: dict[str, Any], loc: list[str], rule: str
) -> None:
    answer = await chief.send("POST", "/schedules", {**NIGHTLY, **change})
    assert (answer.status_code, problem_code(answer)) == (422, "validation_failed")
    assert [(error["loc"], error["code"]) for error in answer.json()["errors"]] == [(loc, rule)]
    row = await made(chief)
    assert (await chief.send("PATCH", f"/schedules/{row['id']}", change)).status_code == 422


async def test_a_name_is_taken_once(chief: Person) -> None:
    await made(chief)
    assert problem_code(await chief.send("POST", "/schedules", NIGHTLY)) == "conflict"


async def test_run_now_has_its_own_log_and_does_not_shift_the_plan(
    chief: Person, jobs: Work, database: Database
) -> None:
    row = await made(chief, is_enabled=True)
    path = f"/api/v1/schedules/{row['id']}/run"
    headers = {**chief.headers, "Idempotency-Key": "once"}
    answers = [await chief.client.post(path, headers=headers) for _ in range(2)]
    assert [answer.status_code for answer in answers] == [202, 202]
    assert answers[0].json() == answers[1].json()
    job_id = answers[0].json()["id"]
    assert answers[0].headers["Location"] == f"/api/v1/jobs/{job_id}"
    (run,) = (await chief.get(f"/api/v1/schedule-runs?schedule_id={row['id']}")).json()["items"]
    assert (run["state"], run["is_manual"], run["creator_name"], run["planned_for"]) == ("queued", True, "Grace", None)
    async with jobs.worker():
        await jobs.until(job_id)
    detail = (await chief.get(f"/api/v1/schedule-runs/{run['id']}")).json()
    assert (detail["state"], detail["payload"]) == ("done", {"words": "hello"})
    assert detail["result"]["words"] == "hello"
    assert detail["started_at"] <= detail["finished_at"]
    after = (await chief.get(f"/api/v1/schedules/{row['id']}")).json()
    assert after["next_run_at"] == row["next_run_at"]
    assert (after["last_run"]["id"], after["last_run"]["state"]) == (run["id"], "done")


async def test_what_was_changed_stands_in_the_operation_log(chief: Person) -> None:
    row = await made(chief)
    await chief.send("PATCH", f"/schedules/{row['id']}", {"cron": "0 4 * * *"})
    log = (await chief.get("/api/v1/operation-logs?resource=schedules&action=update_schedule")).json()["items"]
    changes = (await chief.get(f"/api/v1/operation-logs/{log[0]['id']}")).json()["changes"]
    assert ("cron", "30 2 * * MON-FRI", "0 4 * * *") in [(one["field"], one["before"], one["after"]) for one in changes]


async def test_the_form_of_a_task_is_its_schema(chief: Person) -> None:
    options = (await chief.get("/api/v1/schedules/options")).json()
    task = next(one for one in options["tasks"] if one["kind"] == "test.arguments")
    shown = [(one["name"], one["kind"], one["item"], one["is_required"], one["default"]) for one in task["fields"]]
    assert shown == [
        ("words", "text", None, True, None),
        ("number", "integer", None, False, 3),
        ("share", "number", None, False, None),
        ("is_loud", "boolean", None, False, False),
        ("colour", "choice", None, False, "red"),
        ("sizes", "list", "choice", False, ["s"]),
        ("notes", "list", "text", False, []),
    ]
    assert "Europe/Berlin" in options["time_zones"]
    assert "test.image" not in [one["kind"] for one in options["tasks"]]


def test_a_task_that_no_form_can_show_cannot_be_declared_as_schedulable() -> None:
    class Nested(BaseModel):
        inner: kinds.Arguments

    with pytest.raises(ValueError, match="inner"):
        fields_of(Nested)
    with pytest.raises(ValueError, match="inner"):
        registry.task("test.nested", payload=Nested, queue="system", schedulable="Never.")
    assert registry.find_task("test.nested") is None


async def test_what_is_built_in_is_shown_with_its_next_run(chief: Person) -> None:
    items = (await chief.get("/api/v1/schedules/built-in")).json()["items"]
    assert {"images.sweep", "chat.purge"} <= {one["kind"] for one in items}
    assert all(one["last_at"] is None and one["every_seconds"] > 0 for one in items)


async def test_finished_jobs_are_removed_by_what_was_asked_for(jobs: Work, database: Database) -> None:
    ids = [await jobs.ask("system.ping", Ping(), title=title) for title in ("Old", "Old too", "Old and other", "New")]
    async with database.work() as work:
        session = await work.writing()
        for job_id, state, days in zip(ids, ("done", "failed", "done", "done"), (3, 3, 3, 0), strict=True):
            job = await session.get(Job, job_id)
            assert job is not None
            job.state, job.finished_at = state, utc_now() - timedelta(days=days)
    async with jobs.worker():
        found = await jobs.until(await jobs.ask("system.remove_jobs", RemoveFinished(days=1, only_count=True)))
        removed = await jobs.until(await jobs.ask("system.remove_jobs", RemoveFinished(days=1, title="Old and")))
    assert (found.result, removed.result) == ({"found": 2}, {"removed": 1})
    left = rows(database.settings, "SELECT id FROM job WHERE title != '' ORDER BY id")
    assert [row[0] for row in left] == [ids[0], ids[1], ids[3]]

"""Schedules on a moved clock: what was missed, what overlaps, who races, what is told."""

import asyncio
from datetime import timedelta

import pytest
from sqlalchemy.ext.asyncio import AsyncSession

from app.core import alerts
from app.core.database import Database
from app.jobs.engine.repository import ended_before, remove
from app.jobs.errors import JobError
from app.jobs.models import JobState
from app.jobs.schedules import planner, repository, runs, service
from app.jobs.schedules.planner import Planner
from app.jobs.schedules.watch import OverdueWatch
from app.system.parameters.service import CachedParameters
from tests.app.harness import rows
from tests.app.jobs.conftest import Work
from tests.app.jobs.planned import Clock, at
from tests.app.plans import point_plan

MINUTE = timedelta(minutes=1)


@pytest.fixture
def clock(database: Database, jobs: Work, monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock(database, monkeypatch)
    monkeypatch.setattr(alerts, "_listeners", [clock.heard])
    return clock


def number_of_jobs(clock: Clock) -> int:
    found = rows(clock.database.settings, "SELECT count(*) FROM job WHERE schedule_run_id IS NOT NULL")
    return int(found[0][0])


async def test_a_due_run_is_one_job_and_the_plan_moves_on(clock: Clock) -> None:
    id_ = await clock.make("30 12 * * *", time_zone="Asia/Shanghai")
    assert (await clock.plan(id_))[0] == at("2026-03-02T12:30", "Asia/Shanghai")
    await clock.move(at("2026-03-02T04:29:59"))
    assert number_of_jobs(clock) == 0
    for _ in range(3):
        await clock.move(at("2026-03-02T04:30:01"))
    assert await clock.told(id_) == [("04:30", "given", 1)]
    assert number_of_jobs(clock) == 1
    assert (await clock.plan(id_))[0] == at("2026-03-03T12:30", "Asia/Shanghai")
    assert clock.alerts == []


@pytest.mark.parametrize(
    ("misfire", "told"),
    [
        ("each", [("13:00", "given", 1), ("14:00", "given", 1), ("15:00", "given", 1), ("16:00", "given", 1)]),
        ("once", [("16:00", "given", 4)]),
        ("skip", [("15:00", "missed", 3), ("16:00", "given", 1)]),
    ],
)
async def test_missed_hours(clock: Clock, misfire: str, told: list[tuple[str, str, int]]) -> None:
    id_ = await clock.make(misfire=misfire, overlap="allow")
    await clock.move(at("2026-03-01T16:00:20"))
    assert await clock.told(id_) == told
    assert (await clock.plan(id_))[0] == at("2026-03-01T17:00")
    assert [(alert.kind.code, alert.details["missed"]) for alert in clock.alerts] == [("schedule_did_not_run", 3)]


async def test_a_year_of_missed_minutes_is_a_bounded_number_of_runs(clock: Clock) -> None:
    id_ = await clock.make("* * * * *", misfire="each", overlap="allow")
    once = await clock.make("* * * * *", misfire="once", overlap="allow", name="once")
    await clock.move(at("2027-03-01T12:00:30"))
    told = await clock.told(id_)
    assert len(told) == planner.MOST_CAUGHT_UP + 2  # those, one row for all before, and the one that is on time
    assert sum(number for _, _, number in told) == planner.MOST_COUNTED
    assert await clock.told(once) == [("12:00", "given", planner.MOST_COUNTED)]


@pytest.mark.parametrize(
    ("overlap", "told"),
    [
        ("allow", ["given", "given", "given"]),
        ("skip", ["given", "skipped", "skipped"]),
        ("wait", ["given", "waiting", "waiting"]),
    ],
)
async def test_a_run_that_is_due_while_the_one_before_is_at_work(clock: Clock, overlap: str, told: list[str]) -> None:
    id_ = await clock.make("* * * * *", overlap=overlap)
    await clock.walk(at("2026-03-01T12:03:00"))
    assert [state for _, state, _ in await clock.told(id_)] == told


async def test_what_waits_begins_in_turn_and_not_after_a_pause(clock: Clock) -> None:
    id_ = await clock.make("* * * * *", overlap="wait")
    await clock.walk(at("2026-03-01T12:04:00"))
    await clock.end(1)
    assert [state for _, state, _ in await clock.told(id_)] == ["done", "given", "waiting", "waiting"]
    await clock.end(2, JobState.CANCELLED)
    await clock.change(id_, is_enabled=False)
    await clock.end(3)
    assert [state for _, state, _ in await clock.told(id_)] == ["done", "cancelled", "done", "skipped"]
    await clock.walk(at("2026-03-01T12:06:00"))
    assert number_of_jobs(clock) == 3
    assert await clock.plan(id_) == []


async def test_nothing_was_missed_while_it_was_paused_or_deleted(clock: Clock) -> None:
    id_ = await clock.make()
    await clock.change(id_, is_enabled=False)
    await clock.move(at("2026-03-01T15:30:00"))
    await clock.change(id_, is_enabled=True)
    assert (await clock.plan(id_))[0] == at("2026-03-01T16:00")
    async with clock.database.work() as work:
        await service.service.delete(await work.writing(), [id_])
    await clock.move(at("2026-03-01T18:30:00"))
    async with clock.database.work() as work:
        await service.service.restore(await work.writing(), [id_])
    assert (await clock.plan(id_))[0] == at("2026-03-01T19:00")
    assert await clock.runs(id_) == []


async def test_a_clock_that_is_put_back_runs_nothing_twice(clock: Clock) -> None:
    id_ = await clock.make()
    await clock.move(at("2026-03-01T13:00:05"))
    clock.now = at("2026-03-01T12:10:00")
    await clock.change(id_, cron="0,30 * * * *")
    assert (await clock.plan(id_))[0] == at("2026-03-01T13:30")
    await clock.walk(at("2026-03-01T13:01:00"))
    assert len(await clock.runs(id_)) == 1


async def test_two_workers_race_and_each_time_has_one_run(clock: Clock) -> None:
    other = Database(clock.database.settings, patience=30)
    id_ = await clock.make("* * * * *", overlap="allow", misfire="each")
    workers = [Planner(clock.database), Planner(other), Planner(clock.database), Planner(other)]
    for minute in range(1, 6):
        clock.now = at("2026-03-01T12:00:01") + minute * MINUTE
        await asyncio.gather(*(worker.begin_due(clock.now) for worker in workers))
    await other.close()
    assert [told[0] for told in await clock.told(id_)] == [f"12:0{minute}" for minute in range(1, 6)]
    assert number_of_jobs(clock) == 5


async def test_a_crash_between_run_and_plan_leaves_neither(clock: Clock, monkeypatch: pytest.MonkeyPatch) -> None:
    id_ = await clock.make()
    before = await clock.plan(id_)

    async def crash(*_: object, **__: object) -> None:
        raise RuntimeError("killed here")

    with monkeypatch.context() as broken:
        broken.setattr(repository, "advance", crash)
        await clock.move(at("2026-03-01T13:00:05"))
    assert await clock.runs(id_) == []
    assert number_of_jobs(clock) == 0
    assert await clock.plan(id_) == before
    # The worker that starts then finds what is due.
    await clock.move(at("2026-03-01T13:00:09"), Planner(clock.database))
    assert await clock.told(id_) == [("13:00", "given", 1)]


async def test_one_that_cannot_be_seen_to_does_not_stop_the_others(
    clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    bad, good = await clock.make(), await clock.make("5 13 * * *")
    place = runs.place

    async def broken(session: AsyncSession, schedule: object, run: object) -> None:
        if getattr(schedule, "id", None) == bad:
            raise RuntimeError("broken")
        await place(session, schedule, run)  # type: ignore[arg-type]

    monkeypatch.setattr(planner, "place", broken)
    await clock.move(at("2026-03-01T13:05:05"))
    assert await clock.runs(bad) == []
    assert await clock.told(good) == [("13:05", "given", 1)]


async def test_a_restart_in_mid_run_is_still_one_run(clock: Clock, jobs: Work) -> None:
    id_ = await clock.make("* * * * *", kind="test.sleep", payload={"seconds": 2}, overlap="wait")
    async with jobs.worker("worker-1"):
        await clock.move(at("2026-03-01T12:01:01"))
        await jobs.until(1, "running")
    async with jobs.worker("worker-2"):
        await clock.move(at("2026-03-01T12:02:01"), Planner(clock.database))
        first = await jobs.until(1)
        await jobs.until(2)
    assert first.attempts == 2
    assert await clock.told(id_) == [("12:01", "done", 1), ("12:02", "done", 1)]
    assert [run.job_id for run in await clock.runs(id_)] == [1, 2]


async def test_the_log_keeps_what_came_of_it_when_the_job_is_gone(clock: Clock) -> None:
    id_ = await clock.make("* * * * *", overlap="allow")
    await clock.walk(at("2026-03-01T12:02:00"))
    await clock.end(1, result={"rows": 7})
    await clock.end(2, JobState.FAILED, error=JobError("disk_full", "No room.", details={"free": 0}))
    async with clock.database.work() as work:
        await remove(await work.writing(), ended_before(at("2999-01-01T00:00")), 10)
    done, failed = await clock.runs(id_)
    assert (done.state, done.result, done.finished_at is not None) == ("done", {"rows": 7}, True)
    assert (failed.state, failed.error_code, failed.error_details) == ("failed", "disk_full", {"free": 0})
    (alert,) = clock.alerts
    assert (alert.kind.code, alert.details["code"], alert.details["schedule_id"]) == (
        "schedule_failed",
        "disk_full",
        id_,
    )
    assert alert.link == f"/schedules?schedule={id_}"


async def test_an_end_that_nobody_noted_is_found(clock: Clock, monkeypatch: pytest.MonkeyPatch) -> None:
    id_ = await clock.make("* * * * *", overlap="wait")
    await clock.walk(at("2026-03-01T12:02:00"))
    with monkeypatch.context() as old_release:
        old_release.setattr("app.jobs.service.end_listeners", lambda _: [])
        await clock.end(1)
    assert [state for _, state, _ in await clock.told(id_)] == ["given", "waiting"]
    await clock.planner.settle()
    assert [state for _, state, _ in await clock.told(id_)] == ["done", "given"]
    await clock.planner.settle()
    assert number_of_jobs(clock) == 2


@pytest.mark.parametrize(
    ("columns", "code"),
    [({"kind": "test.gone"}, "task_unknown"), ({"payload": {"words": 1}}, "payload_invalid")],
)
async def test_what_this_release_cannot_do_fails_and_says_so(
    clock: Clock, columns: dict[str, object], code: str
) -> None:
    id_ = await clock.make()
    async with clock.database.work() as work:
        await repository.advance(await work.writing(), id_, **columns)
    await clock.move(at("2026-03-01T13:00:05"))
    (run,) = await clock.runs(id_)
    assert (run.state, run.error_code, run.job_id) == ("failed", code, None)
    assert [alert.details["code"] for alert in clock.alerts] == [code]
    assert (await clock.plan(id_))[0] == at("2026-03-01T14:00")


async def test_a_plan_that_is_none_any_more_is_paused(clock: Clock) -> None:
    id_ = await clock.make()
    async with clock.database.work() as work:
        await repository.advance(await work.writing(), id_, time_zone="Europe/Atlantis")
    await clock.move(at("2026-03-01T13:00:05"))
    assert await clock.plan(id_) == []
    assert [alert.details["code"] for alert in clock.alerts] == ["plan_invalid"]


async def test_silence_is_told_once_by_whoever_serves(clock: Clock) -> None:
    await clock.make()
    watches = [OverdueWatch(clock.database, CachedParameters(clock.database)) for _ in range(2)]
    for moment in ("13:04:00", "13:06:00", "13:30:00"):
        await asyncio.gather(*(watch.look(at(f"2026-03-01T{moment}")) for watch in watches))
    assert [(alert.kind.code, alert.details["planned_for"]) for alert in clock.alerts] == [
        ("schedule_did_not_run", "2026-03-01T13:00:00+00:00")
    ]
    # The worker is back: what was told is not told again, and what was missed after that is.
    await clock.move(at("2026-03-01T13:31:00"))
    assert len(clock.alerts) == 1
    await clock.move(at("2026-03-01T16:31:00"))
    assert [alert.details["missed"] for alert in clock.alerts] == [1, 3]


async def test_a_job_that_nobody_begins_is_told_of_too(clock: Clock, monkeypatch: pytest.MonkeyPatch) -> None:
    await clock.make("0 0 * * *")
    await clock.move(at("2026-03-02T00:00:01"))
    watch = OverdueWatch(clock.database, CachedParameters(clock.database))
    created = (await clock.runs(1))[0].created_at
    for minutes in (4, 6, 60):
        await watch.look(min(created + minutes * MINUTE, at("2099-01-01T00:00")))
    silent = [alert for alert in clock.alerts if alert.details["planned_for"] == "2026-03-02T00:00:00+00:00"]
    assert len(silent) == 1


async def test_old_runs_are_removed_and_active_ones_stay(clock: Clock) -> None:
    id_ = await clock.make("* * * * *", overlap="wait")
    await clock.walk(at("2026-03-01T12:03:00"))
    await clock.end(1)
    await runs.prune(clock.database, at("2999-01-01T00:00"))
    assert [state for _, state, _ in await clock.told(id_)] == ["given", "waiting"]


@pytest.mark.sqlite
async def test_the_due_query_walks_its_index(clock: Clock) -> None:
    for query in (repository._DUE, repository._OVERDUE):
        plan = point_plan(clock.database.settings, query, {"moment": str(clock.now)})
        assert "ix_job_schedule_due" in plan[0], plan

"""When a cron expression falls due, where the clock changes; and that page and engine never disagree on it."""

from datetime import UTC, datetime, timedelta
from itertools import islice, takewhile
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as some

from app.core.database import Database
from app.jobs.schedules import repository
from app.jobs.schedules.cron import CronError, check, following, latest, time_zones, upcoming
from app.jobs.schedules.planner import Planner
from tests.app.harness import rows
from tests.app.jobs.conftest import Work
from tests.app.jobs.planned import Clock, at

BERLIN = "Europe/Berlin"  # 02:00 -> 03:00 on 29 March 2026, 03:00 -> 02:00 on 25 October
MINUTE = timedelta(minutes=1)


def on_the_wall(cron: str, zone: str, after: datetime, until: datetime) -> list[str]:
    ticks = takewhile(lambda tick: tick < until, upcoming(cron, zone, after))
    return [f"{tick.astimezone(ZoneInfo(zone)):%d %H:%M%z}" for tick in ticks]


@pytest.mark.parametrize(
    ("cron", "found"),
    [
        ("30 2 * * *", ["28 02:30+0100", "29 03:00+0200", "30 02:30+0200"]),  # it is not there: right after the jump
        ("0,30 2 * * *", ["28 02:00+0100", "28 02:30+0100", "29 03:00+0200", "30 02:00+0200", "30 02:30+0200"]),
        ("0 3 * * *", ["28 03:00+0100", "29 03:00+0200", "30 03:00+0200"]),
        ("0 */6 29 * *", ["29 00:00+0100", "29 06:00+0200", "29 12:00+0200", "29 18:00+0200"]),
    ],
)
def test_the_hour_that_is_jumped_over(cron: str, found: list[str]) -> None:
    assert on_the_wall(cron, BERLIN, at("2026-03-28T00:00", BERLIN) - MINUTE, at("2026-03-31T00:00", BERLIN)) == found


@pytest.mark.parametrize(
    ("cron", "found"),
    [
        ("30 2 * * *", ["24 02:30+0200", "25 02:30+0200", "26 02:30+0100"]),  # once, the first time
        ("0 3 * * *", ["24 03:00+0200", "25 03:00+0100", "26 03:00+0100"]),
        (
            "30 * 25 * *",
            [f"25 {hour:02}:30+0200" for hour in range(3)] + [f"25 {hour:02}:30+0100" for hour in range(2, 24)],
        ),
    ],
)
def test_the_hour_that_comes_twice(cron: str, found: list[str]) -> None:
    assert on_the_wall(cron, BERLIN, at("2026-10-24T00:00", BERLIN) - MINUTE, at("2026-10-27T00:00", BERLIN)) == found


def test_begun_in_the_second_of_both_hours_it_does_not_run_again() -> None:
    second = at("2026-10-25T02:10", BERLIN, fold=1)
    assert on_the_wall("30 2 * * *", BERLIN, second, second + timedelta(days=2)) == ["26 02:30+0100"]


def test_where_the_clock_changes_by_half_an_hour() -> None:
    zone = "Australia/Lord_Howe"
    second = at("2026-04-05T01:45", zone, fold=1)
    assert on_the_wall("*/30 0,2 * * *", zone, second, second + timedelta(days=1)) == [
        "05 02:00+1030",
        "05 02:30+1030",
        "06 00:00+1030",
        "06 00:30+1030",
    ]


@pytest.mark.parametrize(
    ("cron", "zone"),
    [
        ("* * * *", "UTC"),
        ("* * * * * *", "UTC"),
        ("60 * * * *", "UTC"),
        ("@daily", "UTC"),
        ("0 0 31 2 *", "UTC"),
        ("0 0 * * *", "Europe/Atlantis"),
        ("0 0 * * *", "../../etc/passwd"),
        ("import os; x y z", "UTC"),
    ],
)
def test_what_is_no_plan_is_refused_in_words(cron: str, zone: str) -> None:
    with pytest.raises(CronError, match=r"\w+ .*\."):
        check(cron, zone, at("2026-03-01T00:00"))


ZONES = [
    "UTC",
    BERLIN,
    "America/New_York",
    "Asia/Shanghai",
    "Australia/Lord_Howe",
    "Africa/Cairo",
    "America/Santiago",
    "Asia/Kathmandu",
]
minutes = some.one_of(
    some.just("*"),
    some.integers(0, 59).map(str),
    some.sampled_from(["*/5", "*/20", "*/45", "0,30", "15-45/10", "59"]),
)
hours = some.one_of(some.just("*"), some.integers(0, 23).map(str), some.sampled_from(["*/2", "*/6", "0-3", "1,2,3"]))
days = some.sampled_from(["*", "*", "*", "1", "L", "25-31", "*/3"])
weekdays = some.sampled_from(["*", "*", "*", "SUN", "MON-FRI", "SUN#1", "6L"])
crons = some.builds(lambda *fields: " ".join(fields), minutes, hours, days, some.just("*"), weekdays)
# Around the changes of the clock, where it is hard, and anywhere else.
CHANGES = [
    "2026-03-08",
    "2026-03-29",
    "2026-04-05",
    "2026-04-24",
    "2026-09-06",
    "2026-10-04",
    "2026-10-25",
    "2026-11-01",
]
near_a_change = some.builds(
    lambda day, minute: at(day) + minute * MINUTE,
    some.sampled_from(CHANGES),
    some.integers(-2 * 1440, 2 * 1440),
)
anywhere = some.integers(0, 5 * 365 * 1440).map(lambda minute: datetime(2025, 1, 1, tzinfo=UTC) + minute * MINUTE)
moments = some.one_of(near_a_change, anywhere)
zones = some.sampled_from(ZONES)


def test_the_zones_of_the_tests_may_be_chosen() -> None:
    assert set(ZONES) <= set(time_zones())


@settings(max_examples=40, deadline=None)
@given(crons, zones, moments, some.integers(0, 3 * 1440))
def test_wherever_one_begins_the_ticks_are_the_same(cron: str, zone: str, start: datetime, later: int) -> None:
    ticks = list(islice(upcoming(cron, zone, start), 60))
    assert ticks == sorted(set(ticks))
    assert all(tick > start for tick in ticks)
    middle = start + later * MINUTE
    ahead = [tick for tick in ticks if tick > middle]
    if ahead:
        assert following(cron, zone, middle) == ahead[0]
    if ticks:
        assert latest(cron, zone, ticks[0], ticks[-1], 1000) == ticks
        assert latest(cron, zone, ticks[0], ticks[-1], 7) == ticks[-7:]


def gaps() -> some.SearchStrategy[list[int]]:
    """How long the worker is away each time, in seconds: mostly a moment, now and then long."""
    return some.lists(some.one_of(some.integers(1, 90), some.integers(1, 3 * 86_400)), min_size=2, max_size=6)


@pytest.fixture
def clocks(database: Database, jobs: Work, monkeypatch: pytest.MonkeyPatch) -> Clock:
    return Clock(database, monkeypatch)


@settings(max_examples=10, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(crons, zones, moments, gaps(), some.sampled_from(["each", "once", "skip"]), some.data())
async def test_page_and_engine_never_disagree(
    clocks: Clock, cron: str, zone: str, start: datetime, away: list[int], misfire: str, data: some.DataObject
) -> None:
    """Whatever the clock, the pauses and the changes: what begins is what the page said would be next."""
    clock = clocks
    clock.now = start
    name = f"{misfire} {cron} {zone} {start}"
    count = rows(clock.database.settings, "SELECT count(*) FROM job_schedule")[0][0]
    async with clock.database.work() as work:  # the example before has ended
        await repository.advance(await work.writing(), count, next_run_at=None)
    id_ = await clock.make(cron, name=f"{count} {name}", time_zone=zone, misfire=misfire, overlap="allow")
    known = 0
    for seconds in away:
        shown = await clock.plan(id_)
        event = data.draw(some.sampled_from(["look", "look", "look", "pause and go on", "another worker"]))
        if event == "pause and go on":
            await clock.change(id_, is_enabled=False)
            assert await clock.plan(id_) == []
            clock.now += timedelta(seconds=seconds)
            await clock.move(clock.now)
            await clock.change(id_, is_enabled=True)
            assert all(tick > clock.now for tick in await clock.plan(id_))
            assert len(await clock.runs(id_)) == known
            continue
        now = clock.now + timedelta(seconds=seconds)
        if event == "another worker":
            clock.planner = Planner(clock.database)
        await clock.move(now)
        runs = (await clock.runs(id_))[known:]
        known += len(runs)
        due = [tick for tick in shown if tick <= now]
        whole = len(due) < len(shown)  # the page showed everything that has fallen due
        if whole:
            assert sum(run.stands_for for run in runs) == len(due)
            assert {run.planned_for for run in runs} <= set(due)
            assert not due or runs[-1].planned_for == due[-1]
            assert (await clock.plan(id_))[: len(shown) - len(due)] == shown[len(due) :]
        else:
            assert runs
            assert runs[0].planned_for in {*due, *upcoming_until(cron, zone, due[-1], now)}
        assert all(tick > now for tick in await clock.plan(id_))


def upcoming_until(cron: str, zone: str, after: datetime, until: datetime) -> set[datetime]:
    return set(takewhile(lambda tick: tick <= until, upcoming(cron, zone, after)))

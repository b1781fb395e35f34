"""Who is next: priority, then everybody in turn; and how it is asked of the database."""

from collections.abc import Mapping, Sequence

import pytest

from app.core.clock import utc_now
from app.core.database import Database, PointQuery
from app.core.settings import Settings
from app.jobs import repository
from app.jobs.engine.repository import _CANCELLING, Line
from app.jobs.registry import known_kinds
from app.jobs.schemas import Ping
from tests.app.harness import AddUser, rows
from tests.app.jobs.conftest import Work
from tests.app.jobs.kinds import Sleep
from tests.app.plans import point_plan


async def take(database: Database, number: int) -> list[int | None]:
    """Whose jobs a worker would take next, one after the other."""
    owners: list[int | None] = []
    for _ in range(number):
        async with database.work() as work:
            taken = await Line(known_kinds()).take(await work.writing(), "system", 1, "worker-1", utc_now())
            owners += [job.user_id for job in taken]
    return owners


async def ask(jobs: Work, *owners: int | None, priority: int = 0) -> list[int]:
    return [await jobs.ask("system.ping", Ping(), owner, priority=priority) for owner in owners]


async def places(database: Database, ids: Sequence[int]) -> list[int | None]:
    found = []
    for job_id in ids:
        job = await repository.view(database.points, job_id)
        assert job is not None
        found.append(await repository.place_in_line(database.points, job))
    return found


@pytest.fixture
async def people(add_user: AddUser) -> list[int]:
    return [(await add_user(name)).id for name in ("ada", "bob", "eve")]


async def test_everybody_in_turn(jobs: Work, database: Database, people: list[int]) -> None:
    ada, bob, eve = people
    many = await ask(jobs, *[ada] * 4)
    few = await ask(jobs, bob, bob, eve)
    assert await places(database, many) == [1, 4, 6, 7]
    assert await places(database, few) == [2, 5, 3]
    assert await take(database, 9) == [ada, bob, eve, ada, bob, ada, ada]


async def test_who_comes_late_is_not_behind_all_that_one_has(jobs: Work, database: Database, people: list[int]) -> None:
    ada, bob, _ = people
    await ask(jobs, *[ada] * 20)
    await take(database, 5)
    late = await ask(jobs, bob, bob)
    assert await places(database, late) == [1, 3]
    assert await take(database, 4) == [bob, ada, bob, ada]


async def test_nobody_saves_up_turns(jobs: Work, database: Database, people: list[int]) -> None:
    """Who asked for nothing for long has no more right than others when he comes back."""
    ada, bob, _ = people
    await ask(jobs, *[ada] * 10)
    await take(database, 10)
    await ask(jobs, *[ada] * 3, *[bob] * 3)
    assert await take(database, 6) == [ada, bob, ada, bob, ada, bob]


async def test_priority_comes_first_and_can_be_changed(jobs: Work, database: Database, people: list[int]) -> None:
    ada, bob, eve = people
    first, second = await ask(jobs, ada, bob)
    (urgent,) = await ask(jobs, eve, priority=5)
    assert await places(database, [urgent, first, second]) == [1, 2, 3]
    async with database.work() as work:
        job = await repository.jobs.get(await work.writing(), second)
        assert job is not None
        job.rank, job.turn = -9, await repository.next_turn(await work.writing(), job.queue, bob, -9)
    assert await places(database, [second, urgent, first]) == [1, 2, 3]
    assert await take(database, 3) == [bob, eve, ada]


async def test_what_belongs_to_nobody_is_one_more_in_the_line(
    jobs: Work, database: Database, people: list[int]
) -> None:
    await ask(jobs, None, None, None, people[0])
    assert await take(database, 4) == [None, people[0], None, None]


async def test_a_queue_runs_so_many_at_once(jobs: Work) -> None:
    ids = [await jobs.ask("test.image", Sleep(seconds=0.3)) for _ in range(5)]
    async with jobs.worker(queue_limits={"images": 2}):
        await jobs.until(ids[0], "running")
        most = 0
        while (await jobs.get(ids[-1])).state == "queued":
            states = [(await jobs.get(job_id)).state for job_id in ids]
            most = max(most, states.count("running"))
        assert most == 2
        assert (await jobs.until(ids[-1])).state == "done"


@pytest.mark.sqlite
async def test_the_hot_questions_walk_an_index(settings: Settings) -> None:
    line = Line(["a", "b"], ["chat", "images"])
    asked: list[tuple[PointQuery, Mapping[str, object]]] = [
        (repository._VIEW, {"id": 1}),
        (repository._BEFORE, {"queue": "chat", "rank": 0, "turn": 1, "id": 1}),
        (repository._HEAD, {}),
        (repository._EVENTS, {"after": 0, "until": 1}),
        (repository._EVENTS_OF, {"job": 1, "after": 0, "limit": 1}),
        (line._waiting, line._asked),
        (_CANCELLING, {}),
    ]
    for query, parameters in asked:
        plan = point_plan(settings, query, parameters)
        assert not [step for step in plan if step.startswith("SCAN job") or "TEMP B-TREE" in step], plan
    before = point_plan(settings, *asked[1])
    assert sum("COVERING INDEX ix_job_line " in step for step in before) == 3, before


@pytest.mark.sqlite
async def test_the_order_is_walked_and_not_sorted(jobs: Work, settings: Settings) -> None:
    await ask(jobs, None)
    statement = (
        "SELECT id FROM job WHERE state = 'queued' AND queue = 'system' AND kind IN ('system.ping')"
        " ORDER BY rank, turn, id LIMIT 1"
    )
    plan = [str(row[3]) for row in rows(settings, f"EXPLAIN QUERY PLAN {statement}")]
    assert "ix_job_line " in plan[0], plan
    assert not [step for step in plan if "TEMP B-TREE" in step], plan

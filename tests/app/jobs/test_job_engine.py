"""DBOS itself: steps that are remembered, in the app's own database, and what is left of them."""

import asyncio
import threading
from collections.abc import AsyncIterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from dbos import DBOS
from typer.testing import CliRunner

from app.cli import cli
from app.cli import database as database_command
from app.cli import worker as worker_command
from app.core import migrations
from app.core.clock import utc_now
from app.core.database import Database
from app.core.settings import Settings
from app.jobs.engine.chores import Chores
from app.jobs.engine.durable import Durable
from app.jobs.errors import JobError
from app.jobs.models import Job, JobState
from app.jobs.registry import Schedule
from app.jobs.schemas import Ping
from app.system.parameters.service import CachedParameters
from app.tables import metadata
from tests.app.harness import rows
from tests.app.jobs.conftest import Work


@pytest.fixture
async def durable(settings: Settings) -> AsyncIterator[Durable]:
    durable = Durable(settings)
    yield durable
    await durable.stop()


async def test_a_finished_step_is_not_run_again(durable: Durable, settings: Settings) -> None:
    ran: list[str] = []
    interrupt, done = asyncio.Event(), asyncio.Event()
    found: list[object] = []

    async def value() -> dict[str, object]:
        ran.append("value")
        return {"text": "文", "pair": (1, 2)}

    async def failure() -> None:
        ran.append("failure")
        raise JobError("provider_error", "It said 500.", details={"status": 500})

    async def carry_out(job_id: int) -> None:
        found.append(await durable.step("value", value))
        try:
            await durable.step("failure", failure)
        except JobError as error:
            found.append((error.code, error.message, error.details))
        if not interrupt.is_set():
            interrupt.set()
            raise asyncio.CancelledError
        done.set()

    durable.launch(carry_out)
    await durable.start(7)
    async with asyncio.timeout(10):
        await interrupt.wait()
    await asyncio.sleep(0.2)
    await durable.stop()
    asyncio.get_running_loop().set_default_executor(ThreadPoolExecutor())  # a new process has one that is not shut down
    again = Durable(settings)
    again.launch(carry_out)
    async with asyncio.timeout(10):
        await done.wait()
    await again.start(7)
    await asyncio.sleep(0.2)
    assert ran == ["value", "failure"]
    first = [{"text": "文", "pair": [1, 2]}, ("provider_error", "It said 500.", {"status": 500})]
    assert found == first * 2
    assert await again.forget(utc_now() - timedelta(hours=1)) == 0
    assert await again.forget(utc_now() + timedelta(seconds=5)) == 1
    await again.stop()


async def test_whoever_ends_with_it_does_not_wait_for_its_threads(
    durable: Durable, monkeypatch: pytest.MonkeyPatch
) -> None:
    """They see only once a second that they are to end, and a switch waits for the worker."""
    let_go, destroy, ended = threading.Event(), DBOS.destroy, threading.Event()

    def slowly() -> None:
        let_go.wait(30)
        destroy()
        ended.set()

    async def carry_out(_: int) -> None: ...

    monkeypatch.setattr(DBOS, "launch", lambda: None)  # its threads would outlive their connections
    durable.launch(carry_out)
    monkeypatch.setattr(DBOS, "destroy", slowly)
    async with asyncio.timeout(1.9):  # less than it waits where nothing is said
        await durable.stop(0.05)
    assert not ended.is_set()
    let_go.set()
    assert await asyncio.to_thread(ended.wait, 10)
    asyncio.get_running_loop().set_default_executor(ThreadPoolExecutor())


async def test_what_is_old_is_removed_and_the_rest_stays(jobs: Work, database: Database, settings: Settings) -> None:
    class Nothing(Durable):
        async def forget(self, before: object) -> int:
            return 0

    ids = [await jobs.ask("system.ping", Ping()) for _ in range(3)]
    retry_of = await jobs.get(ids[0])
    ids.append(await jobs.ask("system.ping", Ping(), retry_of=retry_of))
    async with database.work() as work:
        session = await work.writing()
        for job_id, days in ((ids[0], 31), (ids[1], 29)):
            job = await session.get(Job, job_id)
            assert job is not None
            job.state, job.finished_at = JobState.DONE, utc_now() - timedelta(days=days)
    chores = Chores(database, CachedParameters(database), Nothing(settings), {"name": "worker-1"})
    await chores.prune()
    left = rows(settings, "SELECT id, retry_of_id FROM job ORDER BY id")
    assert left == [(ids[1], None), (ids[2], None), (ids[3], None)]
    assert await jobs.ask("system.ping", Ping()) == ids[3] + 1


async def test_what_is_scheduled_is_put_in_line_when_it_is_due(
    jobs: Work, database: Database, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    planned = Schedule("system.ping", Ping(text="planned"), 3600)
    monkeypatch.setattr("app.jobs.schedules.planner.schedules", lambda: [planned])
    chores = Chores(database, CachedParameters(database), Durable(settings), {"name": "worker-1"})
    for _ in range(2):
        await chores.begin_built_in()
    assert rows(settings, "SELECT count(*) FROM job") == [(1,)]
    async with database.work() as work:
        job = await (await work.writing()).get(Job, 1)
        assert job is not None
        job.created_at = utc_now() - timedelta(hours=1)
    await chores.begin_built_in()
    assert rows(settings, "SELECT count(*) FROM job") == [(2,)]


async def test_the_heart_beats_and_the_status_tells(
    database: Database, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(worker_command, "get_settings", lambda: settings)

    def status() -> tuple[int, str]:
        answer = CliRunner().invoke(cli, ["worker", "status", "--json"])
        return answer.exit_code, answer.output

    assert (await asyncio.to_thread(status))[0] == 1
    worker = {"name": "worker-1", "release": "r1", "host": "here", "pid": 7}
    chores = Chores(database, CachedParameters(database), Durable(settings), worker)
    await chores.beat()
    await chores.beat()
    code, output = await asyncio.to_thread(status)
    assert (code, '"is_alive": true' in output) == (0, True)
    await chores.sign_off()
    assert (await asyncio.to_thread(status))[0] == 1


def test_the_engine_s_tables_are_known_and_left_alone(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    if settings.uses_sqlite:
        tables = {row[0] for row in rows(settings, "SELECT name FROM sqlite_master WHERE type = 'table'")}
        assert tables >= migrations.FOREIGN_TABLES
    else:
        asked = "SELECT tablename FROM pg_tables WHERE schemaname = :schema"
        tables = {row[0] for row in rows(settings, asked, schema="public")}
        assert {row[0] for row in rows(settings, asked, schema="dbos")} >= migrations.FOREIGN_TABLES
    foreign = {name for name in tables if not migrations.is_ours(name, "table", {})}
    assert tables - foreign - {"alembic_version", "sqlite_sequence"} == set(metadata.tables)
    monkeypatch.setattr(database_command, "get_settings", lambda: settings)
    answer = CliRunner().invoke(cli, ["db", "check"])
    assert answer.exit_code == 0, answer.output

"""PostgreSQL: the schema that migrations make there, turns to write, and a server that goes away."""

import asyncio
import subprocess
import threading
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
from fastapi import FastAPI
from sqlalchemy import text
from typer.testing import CliRunner

from app.cli import cli, seed, users
from app.cli import database as database_commands
from app.core.database import UNAVAILABLE, Database
from app.core.databases import provider_of
from app.core.databases.postgresql_ddl import condition_in_postgresql
from app.core.events import publish
from app.core.settings import Settings
from app.tables import metadata
from tests.app.harness import Person, SignInAs, client_of, make_settings, problem_code, rows, served
from tests.app.postgres import Postgres

pytestmark = [pytest.mark.slow, pytest.mark.postgresql]


@pytest.fixture
def database_kind() -> str:
    return "postgresql"


@pytest.fixture
async def admin(sign_in_as: SignInAs) -> Person:
    return await sign_in_as("grace", is_administrator=True)


# The schema.


def test_from_nothing_to_head_and_the_first_administrator(
    postgres: Postgres, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with postgres.database("template0") as url:
        empty = make_settings(tmp_path, database_url=url)
        for module in (database_commands, seed, users):
            monkeypatch.setattr(module, "get_settings", lambda: empty)
        command = CliRunner()
        assert command.invoke(cli, ["db", "check"]).exit_code == 1
        assert command.invoke(cli, ["db", "upgrade"]).output.startswith("changed: nothing -> ")
        assert command.invoke(cli, ["db", "upgrade"]).output.startswith("unchanged")
        checked = command.invoke(cli, ["db", "check"])
        assert (checked.exit_code, "the models agree" in checked.output) == (0, True), checked.output
        assert "changed: " in command.invoke(cli, ["seed"]).output
        assert command.invoke(cli, ["seed"]).output == "unchanged\n"
        assert command.invoke(cli, ["users", "create-admin", "--username", "ada"]).exit_code == 0
        assert "exists already" in command.invoke(cli, ["users", "create-admin", "--username", "ada"]).output
        copy = tmp_path / "copy"
        snapshot = command.invoke(cli, ["db", "snapshot", "--output", str(copy)])
        assert (snapshot.exit_code, copy.stat().st_mode & 0o777) == (0, 0o600), snapshot.output
        listed = subprocess.run(["pg_restore", "--list", str(copy)], check=True, capture_output=True, text=True).stdout
        assert "TABLE DATA public iam_user" in listed
    gone = command.invoke(cli, ["db", "snapshot", "--output", str(tmp_path / "another")])
    assert (gone.exit_code, "does not exist" in gone.output, (tmp_path / "another").exists()) == (3, True, False)


def test_indexes_leave_out_the_rows_that_they_leave_out_in_sqlite(settings: Settings) -> None:
    """Alembic compares columns of indexes, not conditions."""
    asked = (
        "SELECT CAST(CAST(indexrelid AS regclass) AS text), pg_get_expr(indpred, indrelid)"
        " FROM pg_index WHERE indpred IS NOT NULL"
    )
    found = {name: condition.replace("(", "").replace(")", "") for name, condition in rows(settings, asked)}
    meant = {
        str(index.name): str(index.dialect_options["sqlite"]["where"])
        for table in metadata.tables.values()
        for index in table.indexes
        if index.dialect_options["sqlite"]["where"] is not None
    }
    ours = {name: condition for name, condition in found.items() if "." not in name}
    assert set(ours) == set(meant)
    assert ours["uq_iam_menu_path"] == "NOT is_deleted AND kind::text = 'page'::text"
    assert condition_in_postgresql(meant["ix_iam_user_deleted"]) == ours["ix_iam_user_deleted"] == "is_deleted"


def test_names_are_bytes_and_numbers_have_64_bits(settings: Settings) -> None:
    columns = (
        "SELECT table_name || '.' || column_name FROM information_schema.columns WHERE table_schema = 'public' AND "
    )
    assert rows(settings, f"{columns} data_type = 'integer'") == []
    assert rows(settings, f"{columns} data_type = 'character varying' AND collation_name IS DISTINCT FROM 'C'") == []


# Writing.


async def test_events_come_in_the_order_of_their_commits(database: Database, settings: Settings) -> None:
    """Or a feed that has seen the later one never hears of the earlier."""
    other, first_wrote = Database(settings), asyncio.Event()

    async def first() -> None:
        async with other.work() as work:
            await publish(await work.writing(), "first")
            first_wrote.set()
            await asyncio.sleep(0.3)

    beginning = asyncio.create_task(first())
    await first_wrote.wait()
    async with database.work() as work:
        await publish(await work.writing(), "second")
        seen = await (await work.writing()).scalar(text("SELECT count(*) FROM core_event"))
    await beginning
    await other.close()
    assert seen == 2
    assert [row[0] for row in rows(settings, "SELECT name FROM core_event ORDER BY id")] == ["first", "second"]


async def test_who_waits_too_long_for_the_turn_is_told_so(admin: Person, settings: Settings, app: FastAPI) -> None:
    impatient = Database(settings, patience=0.3)
    holds, may_go = threading.Event(), threading.Event()

    def hold() -> None:
        with provider_of(settings).sole_writer():
            holds.set()
            may_go.wait(10)

    holder = threading.Thread(target=hold)
    holder.start()
    await asyncio.to_thread(holds.wait, 10)
    before, app.state.database = app.state.database, impatient
    try:
        answer = await admin.send("POST", "/roles", {"code": "x", "name": "X"})
        read = await admin.send("GET", "/roles")
    finally:
        app.state.database = before
        may_go.set()
        holder.join()
        await impatient.close()
    assert (answer.status_code, problem_code(answer), read.status_code) == (503, "service_unavailable", 200)
    assert (await admin.send("POST", "/roles", {"code": "x", "name": "X"})).status_code == 201


async def test_a_conflict_names_its_field(admin: Person) -> None:
    for path, body, field in (
        ("/roles", {"code": "x", "name": "X"}, "code"),
        ("/users", {"username": "bob", "display_name": "Bob", "password": "a good long password"}, "username"),
    ):
        assert (await admin.send("POST", path, body)).status_code == 201
        answer = await admin.send("POST", path, body)
        assert (answer.status_code, problem_code(answer)) == (409, "conflict")
        assert answer.json()["errors"][0]["loc"] == ["body", field]


# When the server goes.


@pytest.fixture
def own_server(tmp_path: Path) -> Iterator[Postgres]:
    server = Postgres()
    try:
        server.start()
        yield server
    finally:
        server.remove()


@pytest.fixture
async def lone_app(own_server: Postgres, tmp_path: Path) -> AsyncIterator[tuple[FastAPI, Settings]]:
    settings = make_settings(tmp_path, database_url=own_server.create("lone"))
    await asyncio.to_thread(database_commands.upgrade_to_head, settings)
    async with served(settings) as app:
        yield app, settings


async def test_a_restart_of_the_server(own_server: Postgres, lone_app: tuple[FastAPI, Settings]) -> None:
    app, settings = lone_app
    provider, stopping = provider_of(settings), asyncio.Event()
    hold = await provider.sole_worker(stopping)
    assert hold is not None
    second = asyncio.create_task(provider.sole_worker(stopping))
    watching = asyncio.create_task(hold.watch())
    async with client_of(app) as client:
        assert (await client.get("/api/v1/health/ready")).status_code == 200
        await asyncio.sleep(0.5)
        assert not second.done(), "two workers at once"
        second.cancel()
        await asyncio.to_thread(own_server.stop)
        assert (await client.get("/api/v1/health/ready")).status_code == 503
        with pytest.raises(UNAVAILABLE):
            await asyncio.wait_for(watching, 5)
        await hold.let_go()
        await asyncio.to_thread(own_server.start)
        answers = [(await client.get("/api/v1/health/ready")).status_code for _ in range(5)]
        assert answers[-1] == 200, answers
        assert (await client.get("/api/v1/auth/options")).status_code == 200
    again = await provider.sole_worker(stopping)
    assert again is not None
    await again.let_go()

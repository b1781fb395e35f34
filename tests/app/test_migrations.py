"""The schema: migrations and models agree, and a migration applies whole or not at all."""

import shutil
import sqlite3
from pathlib import Path

import pytest
from alembic import command
from sqlalchemy import Column, Integer
from typer.testing import CliRunner

from app.cli import cli
from app.cli import database as database_commands
from app.core import migrations
from app.core.migrations import alembic_config
from app.core.settings import PROJECT_ROOT, Settings
from app.tables import metadata
from tests.app.harness import make_settings, rows

MIGRATION = '''"""{name}"""

from alembic import op

revision = "{revision}"
down_revision = "{before}"
branch_labels = None
depends_on = None


def upgrade() -> None:
{body}
'''

(HEAD,) = migrations.migration_heads(Settings.model_construct())
NEXT = f"{int(HEAD) + 1:04d}"


@pytest.fixture
def run(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> CliRunner:
    monkeypatch.setattr(database_commands, "get_settings", lambda: settings)
    return CliRunner()


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of the migrations that a test may add to; returns the folder of versions."""
    shutil.copytree(PROJECT_ROOT / "app" / "migrations", tmp_path / "app" / "migrations")
    monkeypatch.setattr(migrations, "PROJECT_ROOT", tmp_path)
    return tmp_path / "app" / "migrations" / "versions"


def _add(project: Path, revision: str, before: str, *statements: str) -> None:
    body = "\n".join(f"    op.execute({statement!r})" for statement in statements)
    content = MIGRATION.format(name=revision, revision=revision, before=before, body=body)
    (project / f"{revision}.py").write_text(content)


def _tables(settings: Settings) -> set[str]:
    in_sqlite = "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite%'"
    in_postgresql = "SELECT tablename FROM pg_tables WHERE schemaname = 'public'"
    return {row[0] for row in rows(settings, in_sqlite if settings.uses_sqlite else in_postgresql)}


def test_migrations_at_head_are_the_models(run: CliRunner) -> None:
    result = run.invoke(cli, ["db", "check"])
    assert result.exit_code == 0, result.output


def test_check_notices_a_model_that_has_no_migration(run: CliRunner) -> None:
    table = metadata.tables["iam_user"]
    column: Column[int] = Column("shoe_size", Integer)
    table.append_column(column)
    try:
        result = run.invoke(cli, ["db", "check"])
    finally:
        table._columns.remove(column)
    assert result.exit_code == 1
    assert "shoe_size" in result.output
    assert "db revise" in result.output


def test_check_notices_a_database_behind(tmp_path: Path, run: CliRunner, monkeypatch: pytest.MonkeyPatch) -> None:
    empty = make_settings(tmp_path, database_url=f"sqlite+aiosqlite:///{tmp_path}/empty.db")
    monkeypatch.setattr(database_commands, "get_settings", lambda: empty)
    result = run.invoke(cli, ["db", "check"])
    assert result.exit_code == 1
    assert "db upgrade" in result.output
    first, second = (run.invoke(cli, ["db", "upgrade"]).output for _ in range(2))
    assert first == f"changed: nothing -> {HEAD}\n"
    assert second == f"unchanged: at {HEAD}\n"


def test_down_and_up_again(settings: Settings) -> None:
    command.downgrade(alembic_config(settings), "base")
    assert _tables(settings) - migrations.FOREIGN_TABLES == {"alembic_version"}
    command.upgrade(alembic_config(settings), "head")
    assert {"iam_user", "iam_session", "iam_login_failure"} <= _tables(settings)


def test_a_failing_migration_takes_itself_back_and_keeps_the_one_before(
    project: Path, settings: Settings, run: CliRunner
) -> None:
    _add(project, "9001", HEAD, "CREATE TABLE good (id INTEGER)")
    insert = "INSERT INTO iam_login_failure (username, client_network, created_at) VALUES ('a', 'b', '2026-01-01')"
    _add(project, "9002", "9001", "CREATE TABLE half (id INTEGER)", insert, "INSERT INTO missing VALUES (1)")
    result = run.invoke(cli, ["db", "upgrade"])
    assert result.exit_code == 1
    assert "good" in _tables(settings)
    assert "half" not in _tables(settings)
    assert rows(settings, "SELECT version_num FROM alembic_version") == [("9001",)]
    assert rows(settings, "SELECT count(*) FROM iam_login_failure") == [(0,)]


@pytest.mark.sqlite
def test_changing_a_parent_table_keeps_the_children(project: Path, settings: Settings, run: CliRunner) -> None:
    with sqlite3.connect(settings.database_path) as connection:
        connection.execute(
            "INSERT INTO iam_user (id, username, display_name, password_hash, created_at)"
            " VALUES (1, 'ada', 'Ada', 'x', '2026-01-01')"
        )
        connection.execute("CREATE TABLE child (parent INTEGER REFERENCES iam_user (id) ON DELETE CASCADE)")
        connection.execute("INSERT INTO child VALUES (1)")
    body = '    with op.batch_alter_table("iam_user", recreate="always") as b:\n        b.drop_column("time_zone")'
    (project / "9001.py").write_text(MIGRATION.format(name="x", revision="9001", before=HEAD, body=body))
    result = run.invoke(cli, ["db", "upgrade"])
    assert result.exit_code == 0, result.output
    with sqlite3.connect(settings.database_path) as connection:
        assert connection.execute("SELECT count(*) FROM child").fetchone() == (1,)


@pytest.mark.sqlite
def test_a_migration_that_breaks_a_reference_is_refused(project: Path, settings: Settings, run: CliRunner) -> None:
    orphan = (
        "INSERT INTO iam_session (id, user_id, expires_at, is_remembered, refresh_id, refreshed_at, client_network,"
        " user_agent, created_at) VALUES ('s', 99, '', 0, '', '', '', '', '')"
    )
    _add(project, "9001", HEAD, orphan)
    result = run.invoke(cli, ["db", "upgrade"])
    assert "broken references" in str(result.exception)
    with sqlite3.connect(settings.database_path) as connection:
        assert connection.execute("SELECT count(*) FROM iam_session").fetchone() == (0,)


def test_revise_writes_and_applies(project: Path, settings: Settings, run: CliRunner) -> None:
    assert run.invoke(cli, ["db", "revise", "-m", "nothing"]).output.startswith("unchanged")
    table = metadata.tables["iam_user"]
    column: Column[int] = Column("shoe_size", Integer)
    table.append_column(column)
    try:
        result = run.invoke(cli, ["db", "revise", "-m", "shoe size"])
    finally:
        table._columns.remove(column)
    assert result.exit_code == 0, result.output
    assert f"changed: {HEAD} -> {NEXT}" in result.output
    assert "shoe_size" in (project / f"{NEXT}_shoe_size.py").read_text()

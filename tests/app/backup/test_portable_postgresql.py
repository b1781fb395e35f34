"""From SQLite to PostgreSQL and back: every row is equal."""

from __future__ import annotations

import asyncio
import shutil
import sqlite3
from pathlib import Path

import pytest
from sqlalchemy import text

from app.core.databases import provider_of
from app.core.settings import Settings
from tests.app.backup.conftest import TEXTS, Run, fill, manifest_of
from tests.app.harness import make_settings
from tests.app.postgres import Postgres

pytestmark = [pytest.mark.slow, pytest.mark.postgresql]


@pytest.fixture
def filled(tmp_path: Path, template_database: Path) -> Settings:
    settings = make_settings(tmp_path)
    shutil.copyfile(template_database, settings.database_path)
    asyncio.run(fill(settings, "a hash"))
    return settings


def test_every_row_is_equal_there_and_back(
    filled: Settings, elsewhere: Settings, at: Run, postgres: Postgres, tmp_path: Path
) -> None:
    with sqlite3.connect(filled.database_path) as connection:
        # What PostgreSQL cannot keep has a test of its own.
        connection.execute("DELETE FROM chat_message WHERE instr(content, char(0)) > 0")
    first, second, third = (tmp_path / f"{number}.zip" for number in range(3))
    assert at(filled, "export", first).exit_code == 0
    with postgres.database("template0") as url:
        (tmp_path / "server").mkdir()
        there = make_settings(tmp_path / "server", database_url=url, output_dir=tmp_path / "server" / "output")
        result = at(there, "import", first, "--into-empty-only")
        assert result.exit_code == 0, result.output
        again = at(there, "import", first)
        assert (again.exit_code, "holds data already" in again.output) == (1, True)
        assert at(there, "export", second).exit_code == 0
        # The next id comes after the last one that was ever given.
        with provider_of(there).migrations().begin() as connection:
            given = connection.scalar(text("SELECT nextval(pg_get_serial_sequence('job', 'id'))"))
    tables = {part["name"]: part for part in manifest_of(first)["tables"]}  # type: ignore[attr-defined]
    assert given == tables["job"]["last_id"] + 1
    assert at(elsewhere, "import", second).exit_code == 0
    assert at(elsewhere, "export", third).exit_code == 0
    assert manifest_of(first)["tables"] == manifest_of(second)["tables"] == manifest_of(third)["tables"]
    assert [manifest_of(path)["dialect"] for path in (first, second, third)] == ["sqlite", "postgresql", "sqlite"]


CONSTRAINTS = text("SELECT conname, pg_get_constraintdef(oid) FROM pg_constraint ORDER BY 1, 2")


def test_over_a_seed_and_what_it_cannot_keep_is_said(
    exported: Path, at: Run, postgres: Postgres, tmp_path: Path
) -> None:
    with postgres.database() as url:
        there = make_settings(tmp_path, database_url=url, output_dir=tmp_path / "output")
        with provider_of(there).migrations().begin() as connection:
            constraints = connection.execute(CONSTRAINTS).all()
            connection.execute(text("INSERT INTO core_version VALUES ('of a test', 40)"))
            connection.execute(
                text("INSERT INTO dbos.workflow_status (workflow_uuid, created_at, updated_at) VALUES ('job-1', 1, 1)")
            )
        result = at(there, "import", exported)
        assert result.exit_code == 0, result.output
        with provider_of(there).migrations().begin() as connection:
            found = connection.scalars(text("SELECT content FROM chat_message ORDER BY id")).all()
            assert connection.execute(CONSTRAINTS).all() == constraints
            assert connection.scalar(text("SELECT value FROM core_version WHERE name = 'of a test'")) == 41
            # Otherwise a job of that number would be taken for one that has been done.
            assert connection.scalar(text("SELECT count(*) FROM dbos.workflow_status")) == 0
    assert "warning: 2 texts had the character NUL" in result.output
    assert found == [each.replace("\0", "\ufffd") for each in TEXTS]

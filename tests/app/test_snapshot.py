"""`db snapshot` and what `db upgrade` does before a migration and on a database that a later release migrated."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest
from typer.testing import CliRunner

from app.cli import cli
from app.cli import database as commands
from app.cli import seed as seed_command
from app.core.migrations import is_ahead, migration_heads
from app.core.settings import Settings

pytestmark = pytest.mark.sqlite


@pytest.fixture
def run(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> CliRunner:
    monkeypatch.setattr(commands, "get_settings", lambda: settings)
    return CliRunner()


def _set_revision(settings: Settings, revision: str) -> None:
    with sqlite3.connect(settings.database_path) as connection:
        connection.execute("UPDATE alembic_version SET version_num = ?", (revision,))


def test_a_snapshot_is_whole_while_somebody_writes(run: CliRunner, settings: Settings, tmp_path: Path) -> None:
    copy = tmp_path / "copy.db"
    with sqlite3.connect(settings.database_path, isolation_level=None) as writer:
        writer.execute("CREATE TABLE later (id INTEGER)")
        writer.execute("BEGIN IMMEDIATE")
        writer.execute("INSERT INTO later VALUES (1)")
        result = run.invoke(cli, ["db", "snapshot", "--output", str(copy)])
        writer.execute("COMMIT")
    assert result.exit_code == 0, result.output
    with sqlite3.connect(copy) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        assert connection.execute("SELECT count(*) FROM later").fetchone() == (0,)  # not what was not committed
        assert connection.execute("PRAGMA journal_mode").fetchone() == ("delete",)
    assert sorted(file.name for file in tmp_path.glob("copy.db*")) == ["copy.db"]
    assert copy.stat().st_mode & 0o777 == 0o600


def test_a_snapshot_never_goes_over_a_file_or_through_a_link(run: CliRunner, tmp_path: Path) -> None:
    precious = tmp_path / "precious"
    precious.write_text("precious")
    link = tmp_path / "link"
    link.symlink_to(precious)
    for output in (precious, link):
        result = run.invoke(cli, ["db", "snapshot", "--output", str(output)])
        assert result.exit_code == commands.SNAPSHOT_FAILED
    assert precious.read_text() == "precious"


def test_an_upgrade_with_nothing_to_do_takes_no_snapshot(run: CliRunner, tmp_path: Path) -> None:
    copy = tmp_path / "copy.db"
    result = run.invoke(cli, ["db", "upgrade", "--snapshot", str(copy)])
    assert result.output.startswith("unchanged: at ")
    assert not copy.exists()


def test_a_failed_snapshot_migrates_nothing(run: CliRunner, settings: Settings, tmp_path: Path) -> None:
    _set_revision(settings, "0001")  # behind; upgrading would fail on tables that are there
    result = run.invoke(cli, ["db", "upgrade", "--snapshot", str(tmp_path / "no" / "folder.db")])
    assert result.exit_code == commands.SNAPSHOT_FAILED
    assert "nothing was changed" in result.output


def test_a_migration_has_its_snapshot_first(run: CliRunner, settings: Settings, tmp_path: Path) -> None:
    _set_revision(settings, "0001")
    copy = tmp_path / "copy.db"
    run.invoke(cli, ["db", "upgrade", "--snapshot", str(copy)])
    with sqlite3.connect(copy) as connection:
        assert connection.execute("SELECT version_num FROM alembic_version").fetchone() == ("0001",)


def test_prepare_does_both_and_a_failed_snapshot_stops_it_before_either(
    run: CliRunner, settings: Settings, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """The release flow asks for this, and tells a failed snapshot by its status."""
    monkeypatch.setattr(seed_command, "get_settings", lambda: settings)
    probe = tmp_path / "probe"
    probe.write_text("a password that nobody else knows\n")
    with probe.open() as file:
        words = ["prepare", "--snapshot", str(tmp_path / "copy.db"), "--probe-password-fd", str(file.fileno())]
        first = run.invoke(cli, words)
    assert first.exit_code == 0, first.output
    assert first.output.startswith("unchanged: at ")
    assert "changed: created system user link-check" in first.output
    assert run.invoke(cli, ["seed"]).output == "unchanged\n"
    _set_revision(settings, "0001")
    result = run.invoke(cli, ["prepare", "--snapshot", str(tmp_path / "no" / "folder.db")])
    assert result.exit_code == commands.SNAPSHOT_FAILED
    assert "nothing was changed" in result.output
    assert "unchanged" not in result.output


def test_a_database_of_a_later_release_is_left_alone(run: CliRunner, settings: Settings, tmp_path: Path) -> None:
    (head,) = migration_heads(settings)
    later = f"{int(head) + 1:04d}"
    _set_revision(settings, later)
    result = run.invoke(cli, ["db", "upgrade", "--snapshot", str(tmp_path / "copy.db")])
    assert (result.exit_code, result.output) == (0, f"unchanged: at {later}\n")
    assert run.invoke(cli, ["db", "check"]).exit_code == 0


@pytest.mark.parametrize(
    ("now", "needed", "ahead"),
    [
        ({"0006"}, {"0005"}, True),
        ({"0005"}, {"0005"}, False),
        ({"0004"}, {"0005"}, False),
        ({"nonsense"}, {"0005"}, False),
        (set(), {"0005"}, False),
        ({"0006", "0007"}, {"0005"}, False),
    ],
)
def test_which_revision_is_a_later_one(now: set[str], needed: set[str], ahead: bool) -> None:
    assert is_ahead(frozenset(now), frozenset(needed)) is ahead

"""All data out and in again: nothing is lost, nothing damaged is taken, nobody's data is replaced."""

from __future__ import annotations

import sqlite3
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
from typer.testing import CliRunner

from app.backup.portable import loading, repository, values
from app.backup.portable.repository import LEFT_OUT, exported_tables
from app.cli import cli, seed
from app.cli.database import upgrade_to_head
from app.core.databases import provider_of
from app.core.migrations import migration_heads
from app.core.settings import Settings
from app.tables import metadata
from tests.app.backup.conftest import TEXTS, Run, manifest_of
from tests.app.harness import make_settings

ARCHIVES = Path(__file__).parent / "archives"


def ask(settings: Settings, statement: str) -> list[tuple[object, ...]]:
    with sqlite3.connect(settings.database_path) as connection:
        return connection.execute(statement).fetchall()


def test_every_table_is_known(settings: Settings) -> None:
    """A column of a new type needs a way to be written; a new table of cached numbers, to be left out."""
    assert {table.name for table in metadata.sorted_tables} - {table.name for table in exported_tables()} == LEFT_OUT
    for table in exported_tables():
        assert table.primary_key.columns, table.name
        for column in table.columns:
            assert values.kind_of(column) in values.TYPES


def test_out_and_in_again_every_row_is_equal(filled: Settings, elsewhere: Settings, at: Run, tmp_path: Path) -> None:
    first, second = tmp_path / "first.zip", tmp_path / "second.zip"
    result = at(filled, "export", first, "--files")
    assert result.exit_code == 0, result.output
    assert first.stat().st_mode & 0o777 == 0o600
    assert at(elsewhere, "verify", first).exit_code == 0
    result = at(elsewhere, "import", first, "--into-empty-only")
    assert result.exit_code == 0, result.output
    assert "1 keys of other services were sealed with another secret key" in result.output
    assert at(elsewhere, "export", second, "--files").exit_code == 0
    before, after = manifest_of(first), manifest_of(second)
    for name in ("tables", "files", "revision", "sealed_columns"):
        assert before[name] == after[name], name
    assert before["secret_key_mark"] != after["secret_key_mark"]
    # And as the database itself sees it, byte for byte.
    for table in exported_tables():
        rows = f"SELECT * FROM {table.name} ORDER BY 1, 2"  # noqa: S608 - names of our own tables
        assert ask(filled, rows) == ask(elsewhere, rows), table.name
    assert [text for (text,) in ask(elsewhere, "SELECT content FROM chat_message ORDER BY id")] == TEXTS
    assert (elsewhere.output_path / "bb" / f"{'b' * 32}.png").read_bytes() == b"png"
    assert not (elsewhere.output_path / "zips").exists()


@pytest.mark.slow
def test_what_is_derived_is_made_anew(filled: Settings, elsewhere: Settings, at: Run, tmp_path: Path) -> None:
    at(filled, "export", tmp_path / "all.zip")
    assert at(elsewhere, "import", tmp_path / "all.zip").exit_code == 0
    found = ask(elsewhere, "SELECT rowid FROM chat_search WHERE chat_search MATCH '\"quoted\"'")
    assert found == ask(elsewhere, "SELECT id FROM chat_message WHERE content LIKE '%quoted%'")
    assert ask(elsewhere, "PRAGMA foreign_key_check") == []
    assert ask(elsewhere, "SELECT count(*) FROM workflow_status") == [(0,)]
    # The id of the job that was removed is not given again.
    ((given,),) = ask(filled, "SELECT seq FROM sqlite_sequence WHERE name = 'job'")
    assert (given,) > ask(filled, "SELECT max(id) FROM job")[0]
    insert = "INSERT INTO job (kind, queue, title, state, payload, created_at) VALUES ('a', 'b', '', 'done', '{}', '')"
    with sqlite3.connect(elsewhere.database_path) as connection:
        assert connection.execute(insert).lastrowid == given + 1  # type: ignore[operator]


USER = (
    "INSERT INTO iam_user (username, display_name, password_hash, created_at, modifier_id) VALUES (?, 'U', 'h', ?, ?)"
)
NOW = "2026-01-01 00:00:00.000000"


def new_installation(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    """As provisioned: seeded, and the first administrator has logged in and chosen a password."""
    folder.mkdir()
    settings = make_settings(folder)
    upgrade_to_head(settings)
    monkeypatch.setattr(seed, "get_settings", lambda: settings)
    assert CliRunner().invoke(cli, ["seed"]).exit_code == 0
    with sqlite3.connect(settings.database_path) as connection:
        connection.execute(USER, ("admin", NOW, 1))
        connection.execute("INSERT INTO core_version VALUES ('of a test', 40)")
    return settings


@pytest.mark.slow
def test_a_new_installation_may_be_replaced_and_another_not(
    exported: Path, tmp_path: Path, at: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    new = new_installation(tmp_path / "new", monkeypatch)
    refused = at(new, "import", exported, "--into-empty-only")
    assert (refused.exit_code, "is not empty" in refused.output) == (1, True)
    done = at(new, "import", exported)
    assert done.exit_code == 0, done.output
    assert ask(new, "SELECT username FROM iam_user ORDER BY id") == [("user0",), ("user1",), ("user2",)]
    # What a process that runs has copied is old now.
    assert ask(new, "SELECT value FROM core_version WHERE name = 'of a test'") == [(41,)]
    again = at(new, "import", exported)
    assert (again.exit_code, "holds data already" in again.output) == (1, True)


@pytest.mark.slow
@pytest.mark.parametrize(
    "change",
    [
        ("UPDATE system_parameter SET modifier_id = 1 WHERE id = ?", (1,)),
        (USER, ("somebody", NOW, None)),
    ],
)
def test_what_people_changed_counts_as_data(
    exported: Path, tmp_path: Path, at: Run, monkeypatch: pytest.MonkeyPatch, change: tuple[str, tuple[object, ...]]
) -> None:
    other = new_installation(tmp_path / "other", monkeypatch)
    with sqlite3.connect(other.database_path) as connection:
        connection.execute(*change)
    before = ask(other, "SELECT * FROM iam_user") + ask(other, "SELECT * FROM system_parameter")
    result = at(other, "import", exported)
    assert (result.exit_code, "Nothing was changed" in result.output) == (1, True), result.output
    assert ask(other, "SELECT * FROM iam_user") + ask(other, "SELECT * FROM system_parameter") == before


def test_a_worker_at_work_is_in_the_way(
    exported: Path, elsewhere: Settings, at: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(loading, "WORKER_SECONDS", 0.2)
    with loading._no_worker(provider_of(elsewhere)):
        result = at(elsewhere, "import", exported)
    assert (result.exit_code, "The worker is at work" in result.output) == (1, True)
    assert not elsewhere.database_path.exists()


@pytest.mark.slow
def test_an_import_that_fails_in_the_middle_changes_nothing(
    exported: Path, elsewhere: Settings, at: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    upgrade_to_head(elsewhere)
    tables = ask(elsewhere, "SELECT name, sql FROM sqlite_master ORDER BY name")

    def broken(*_: object) -> None:
        raise OSError("no more room")

    monkeypatch.setattr(loading, "_load_files", broken)
    result = at(elsewhere, "import", exported)
    assert (result.exit_code, "no more room" in result.output) == (1, True)
    assert ask(elsewhere, "SELECT name, sql FROM sqlite_master ORDER BY name") == tables
    assert ask(elsewhere, "SELECT count(*) FROM iam_user") == [(0,)]


def rewrite(source: Path, target: Path, change: Callable[[str, bytes], bytes | None]) -> None:
    with zipfile.ZipFile(source) as old, zipfile.ZipFile(target, "w") as new:
        for name in old.namelist():
            content = change(name, old.read(name))
            if content is not None:
                new.writestr(name, content)


@pytest.mark.parametrize(
    ("damage", "said"),
    [
        ("a row changed", "its hash is another"),
        ("a table missing", "not those of the manifest"),
        ("a stranger", "not those of the manifest"),
        ("a file changed", "damaged"),
        ("no manifest", "no export of all data"),
        ("a later form", "Update this installation"),
        ("a later schema", "does not know"),
        ("a way out", "names a file that cannot be"),
        ("cut off", "cannot be read as a zip"),
    ],
)
def test_nothing_damaged_is_taken(
    exported: Path, elsewhere: Settings, at: Run, tmp_path: Path, damage: str, said: str
) -> None:
    bad = tmp_path / "bad.zip"

    def change(name: str, content: bytes) -> bytes | None:
        if damage == "a row changed" and name == "iam_user.csv":
            return content.replace(b"user1", b"user7")
        if (damage, name) in {("a table missing", "iam_role.csv"), ("no manifest", "manifest.json")}:
            return None
        if damage == "a stranger" and name == "manifest.json":
            return content.replace(b'"iam_role.csv"', b'"iam_roll.csv"')
        if damage == "a file changed" and name.endswith(".png"):
            return content + b"!"
        if damage == "a later form" and name == "manifest.json":
            return content.replace(b'"format": 1', b'"format": 2')
        if damage == "a later schema" and name == "manifest.json":
            (head,) = migration_heads(elsewhere)
            return content.replace(f'"revision": "{head}"'.encode(), b'"revision": "9999"')
        if damage == "a way out" and name == "files.csv":
            return content.replace(b"bb/", b"../")
        return content

    if damage == "cut off":
        bad.write_bytes(exported.read_bytes()[:-100])
    else:
        rewrite(exported, bad, change)
    result = at(elsewhere, "import", bad)
    assert (result.exit_code, said in result.output) == (1, True), result.output
    assert not elsewhere.database_path.exists()
    if damage != "a later schema":
        assert at(elsewhere, "verify", bad).exit_code == 1


@pytest.mark.parametrize("archive", sorted(ARCHIVES.glob("*.zip")), ids=lambda path: path.stem)
def test_an_export_of_an_earlier_release_is_brought_to_this_one(archive: Path, elsewhere: Settings, at: Run) -> None:
    result = at(elsewhere, "import", archive)
    assert result.exit_code == 0, result.output
    assert {revision for (revision,) in ask(elsewhere, "SELECT version_num FROM alembic_version")} == migration_heads(
        elsewhere
    )
    assert [text for (text,) in ask(elsewhere, "SELECT content FROM chat_message ORDER BY id")] == TEXTS
    assert ask(elsewhere, "SELECT username FROM iam_user ORDER BY id") == [("user0",), ("user1",), ("user2",)]


def test_there_are_old_exports_to_read() -> None:
    assert {"0007", "0008"} <= {path.stem for path in ARCHIVES.glob("*.zip")}


def test_an_export_is_of_one_moment(filled: Settings, at: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Somebody writes while it is made: rows that come later are in none of its tables."""
    last_id = repository.last_id

    async def with_writer(session: object, source: object) -> int | None:
        with sqlite3.connect(filled.database_path) as connection:
            connection.execute("UPDATE core_event SET name = 'later'")
            connection.execute("DELETE FROM chat_message")
        return await last_id(session, source)  # type: ignore[arg-type]

    monkeypatch.setattr(repository, "last_id", with_writer)
    assert at(filled, "export", tmp_path / "all.zip").exit_code == 0
    with zipfile.ZipFile(tmp_path / "all.zip") as archive:
        assert archive.read("chat_message.csv").count(b",user,") == len(TEXTS)
        assert b"later" not in archive.read("core_event.csv")
    assert ask(filled, "SELECT count(*) FROM chat_message") == [(0,)]


def test_a_full_disk_ends_it_and_leaves_nothing(
    filled: Settings, at: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("app.backup.portable.writing.KEPT_FREE", 1 << 60)
    result = at(filled, "export", tmp_path / "all.zip")
    assert (result.exit_code, "nearly full" in result.output) == (1, True)
    assert not list(tmp_path.glob("all.zip*"))

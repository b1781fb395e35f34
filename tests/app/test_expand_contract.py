"""The previous release goes on working on the new schema: migrations only add, and its own tests pass on it."""

from __future__ import annotations

import ast
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from app.cli.database import upgrade_to_head
from app.core.settings import PROJECT_ROOT
from tests.app.harness import make_settings

VERSIONS = PROJECT_ROOT / "app" / "migrations" / "versions"
MARK = "CONTRACT"  # CONTRACT = "since which release nothing uses what is taken away" at the top of a migration
TAKES_AWAY = {"drop_table", "drop_column", "rename_table", "drop_constraint", "create_check_constraint"}
ABOUT_THE_SECOND = {"create_index", "create_unique_constraint"}  # their first word is their own name
SQL_TAKES_AWAY = re.compile(r"\b(DROP|RENAME|TRUNCATE)\b", re.IGNORECASE)


def _words(node: ast.expr | None) -> object:
    return node.value if isinstance(node, ast.Constant) else None


def _options(call: ast.Call) -> dict[str, ast.expr]:
    return {keyword.arg: keyword.value for keyword in call.keywords if keyword.arg}


def _name(call: ast.Call) -> str:
    return call.func.attr if isinstance(call.func, ast.Attribute) else getattr(call.func, "id", "")


def _column(call: ast.Call) -> ast.Call | None:
    return next((one for one in call.args if isinstance(one, ast.Call)), None)


def _calls(upgrade: ast.FunctionDef) -> Iterator[tuple[ast.Call, object]]:
    """Each call with the table it is about: its own first word, or that of the batch around it."""
    batches: dict[int, object] = {}
    for block in ast.walk(upgrade):
        if isinstance(block, ast.With) and isinstance(block.items[0].context_expr, ast.Call):
            given = block.items[0].context_expr.args
            batches |= {id(one): _words(given[0]) for one in ast.walk(block) if given}
    for call in ast.walk(upgrade):
        if isinstance(call, ast.Call):
            own = call.args[1:2] if _name(call) in ABOUT_THE_SECOND else call.args[:1]
            yield call, batches.get(id(call), _words(own[0]) if own else None)


def _complaints(call: ast.Call, table: object, made: set[object], added: set[object]) -> Iterator[str]:
    name, options = _name(call), _options(call)
    if name in TAKES_AWAY:
        yield f"{name} takes away what the previous release may use"
    if name == "alter_column" and {"new_column_name", "type_", "nullable"} & options.keys():
        yield "alter_column changes what the previous release may write"
    column = _column(call)
    if name == "add_column" and column:
        given = _options(column)
        if _words(given.get("nullable")) is False and "server_default" not in given:
            yield "add_column without nullable or server_default refuses the rows of the previous release"
    if name == "create_unique_constraint" or (name == "create_index" and _words(options.get("unique")) is True):
        columns = {_words(one) for one in ast.walk(call) if isinstance(one, ast.Constant)}
        # Of a new table, or with a column that the previous release leaves empty, it refuses nothing.
        if table is not None and table not in made and not columns & added:
            yield f"{name} on what was there may refuse the rows of the previous release"
    if name == "execute" and call.args and SQL_TAKES_AWAY.search(str(_words(call.args[0]) or "")):
        yield "execute takes away what the previous release may use"


def complaints(source: str) -> list[str]:
    """What in a migration's upgrade() the previous release could not live with."""
    tree = ast.parse(source)
    if any(isinstance(node, ast.Assign) and getattr(node.targets[0], "id", "") == MARK for node in tree.body):
        return []
    found = []
    functions = [node for node in tree.body if isinstance(node, ast.FunctionDef)]
    # A function of the migration's own that makes the table it is given counts as create_table.
    makers = {"create_table"} | {
        node.name for node in functions if any(_name(call) == "create_table" for call, _ in _calls(node))
    }
    for node in functions:
        if node.name == "upgrade":
            calls = list(_calls(node))
            made = {table for call, table in calls if _name(call) in makers}
            new = [_column(call) for call, _ in calls if _name(call) == "add_column"]
            added = {_words(column.args[0]) for column in new if column}
            found += [complaint for call, table in calls for complaint in _complaints(call, table, made, added)]
    return found


@pytest.mark.parametrize("migration", sorted(VERSIONS.glob("*.py")), ids=lambda file: file.stem)
def test_a_migration_only_adds(migration: Path) -> None:
    assert complaints(migration.read_text(encoding="utf-8")) == []


@pytest.mark.parametrize(
    "statement",
    [
        "op.drop_table('iam_user')",
        "op.drop_column('iam_user', 'email')",
        "op.rename_table('a', 'b')",
        "op.execute('ALTER TABLE a RENAME TO b')",
        "op.add_column('iam_user', sa.Column('size', sa.Integer(), nullable=False))",
        "op.alter_column('iam_user', 'email', nullable=False)",
        "op.create_index('ix', 'iam_user', ['email'], unique=True)",
    ],
)
def test_what_takes_away_is_noticed_unless_it_is_marked(statement: str) -> None:
    migration = f"def upgrade() -> None:\n    {statement}\n"
    assert len(complaints(migration)) == 1
    assert complaints(f'{MARK} = "nothing has used it since 1.4"\n{migration}') == []


@pytest.mark.parametrize(
    "statement",
    [
        "op.add_column('iam_user', sa.Column('size', sa.Integer(), nullable=True))",
        "op.add_column('iam_user', sa.Column('size', sa.Integer(), nullable=False, server_default='0'))",
        "op.create_table('new', sa.Column('id')); op.create_index('ix', 'new', ['id'], unique=True)",
    ],
)
def test_what_adds_is_let_through(statement: str) -> None:
    assert complaints(f"def upgrade() -> None:\n    {statement}\n") == []


def _git(*words: str) -> bytes:
    command = ["git", "-c", f"safe.directory={PROJECT_ROOT}", "-C", str(PROJECT_ROOT), *words]
    return subprocess.run(command, capture_output=True, check=True).stdout


def _previous_release() -> str:
    """The newest commit of the main line with another set of migrations than this working copy."""
    folder = VERSIONS.relative_to(PROJECT_ROOT).as_posix()
    here = {file.name for file in VERSIONS.glob("*.py")}
    for commit in _git("log", "--first-parent", "--format=%H", "--max-count=300").decode().split():
        there = {Path(name).name for name in _git("ls-tree", "--name-only", commit, f"{folder}/").decode().split()}
        if there and there != here and there <= here:
            return commit
    return ""


# Loaded into the earlier release's test run: its databases have this working copy's schema.
PLUGIN = """
import os, shutil
import app.cli.database as commands


def newer_schema(settings, *_):
    settings.database_path.parent.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(os.environ["NEWER_DATABASE"], settings.database_path)
    return frozenset(), frozenset()


commands.upgrade_to_head = newer_schema


def pytest_collection_modifyitems(config, items):
    # One case of each test that has a database: the others read and write nothing, or the same again.
    chosen = {item.nodeid.split("[")[0]: item for item in reversed(items) if "settings" in item.fixturenames}
    config.hook.pytest_deselected(items=[item for item in items if item not in chosen.values()])
    items[:] = reversed(chosen.values())
"""
READS_AND_WRITES = ("seed", "iam", "users", "sessions", "roles", "menus", "account", "system", "notify", "events")
FEWEST = 150
ABOUT_ITS_OWN_SCHEMA = "not migration and not schema and not ready and not head"


@pytest.mark.slow
def test_the_previous_release_reads_and_writes_on_the_new_schema(tmp_path: Path) -> None:
    try:
        commit = _previous_release()
    except (OSError, subprocess.CalledProcessError):
        commit = ""
    if not commit:
        pytest.skip("the history of this copy holds no release with an earlier schema")
    release = tmp_path / "release"
    release.mkdir()
    subprocess.run(
        ["tar", "-x", "-C", str(release)], input=_git("archive", commit, "app", "tests", "pyproject.toml"), check=True
    )
    newer = make_settings(tmp_path / "newer")
    upgrade_to_head(newer)
    (release / "newer_schema.py").write_text(PLUGIN, encoding="utf-8")
    folder = release / "tests" / "app"
    chosen = [
        str(entry)
        for entry in sorted(folder.iterdir())
        if entry.name.removeprefix("test_").removesuffix(".py").startswith(READS_AND_WRITES)
    ]
    assert chosen, f"no test of reading or writing in {commit}"
    words = [
        "-q",
        "-p",
        "newer_schema",
        "-p",
        "no:cacheprovider",
        "-o",
        "asyncio_mode=auto",
        "-m",
        "not slow",
        "-k",
        ABOUT_ITS_OWN_SCHEMA,
    ]
    run = subprocess.run(
        [sys.executable, "-m", "pytest", *words, *chosen],
        cwd=release,
        env={**os.environ, "NEWER_DATABASE": str(newer.database_path), "PYTHONPATH": str(release)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert run.returncode == 0, f"{commit}\n{run.stdout[-4000:]}{run.stderr[-2000:]}"
    passed = re.search(r"(\d+) passed", run.stdout)
    assert passed, run.stdout
    assert int(passed[1]) >= FEWEST, f"only {passed[1]} tests of {commit} met the new schema"

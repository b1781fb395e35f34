"""The project's own rules, read from the source: a rule that matters is checked, not hoped."""

import ast
import subprocess
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

from app import jobs
from app.core.settings import PROJECT_ROOT

APP = PROJECT_ROOT / "app"
DOMAIN_FILES = {
    "__init__.py",
    "router.py",
    "schemas.py",
    "models.py",
    "service.py",
    "repository.py",
    "sheet.py",
    "permissions.py",
    "tasks.py",
    "errors.py",
}
# A domain is a folder of sub-packages, one a resource, each with the same file names; small domains have none.
MORE_FILES = {
    "backup": set(),
    "backup/portable": {"loading.py", "manifest.py", "reading.py", "values.py", "writing.py"},
    "chat": {"seed.py"},
    "chat/answers": {"context.py", "partial.py", "titles.py"},
    "chat/conversations": {"transfer.py", "tree.py"},
    "chat/providers": {"catalogue.py"},
    "chat/servers": {"builtin.py", "ollama.py", "openai.py", "port.py", "thinking.py"},
    "events": set(),
    "iam": {"seed.py"},
    "iam/account": {"avatars.py", "letters.py"},
    "iam/menus": {"defaults.py", "planting.py", "rights.py", "why.py"},
    "iam/registration": {"captcha.py", "limits.py"},
    "iam/sessions": {"administration.py", "limits.py"},
    "iam/users": {"passwords.py", "people.py"},
    "images": {"seed.py"},
    "images/gallery": {"archive.py", "disk.py", "files.py", "links.py", "payloads.py", "pixels.py", "sweep.py"},
    "images/generation": {"quota.py"},
    "images/providers": {"builtin.py", "comfyui.py", "families.py", "openai_images.py", "port.py"},
    "jobs": {"access.py", "context.py", "idempotency.py", "registry.py", "stream.py"},
    "jobs/engine": {"chores.py", "durable.py", "port.py", "runner.py", "scribe.py"},
    "jobs/schedules": {"cron.py", "forms.py", "planner.py", "runs.py", "watch.py"},
    "notify": {"message.py", "posting.py", "smtp.py"},
    "notify/channels": {"dingtalk.py", "feishu.py", "generic.py", "port.py", "robots.py", "sending.py", "wecom.py"},
    "notify/templates": {"rendering.py"},
    "system": {"seed.py"},
    "system/activation_codes": {"text.py"},
    "transfer": {"workbook.py"},
    "transfer/exports": {"links.py"},
    "transfer/imports": {"annotated.py", "doing.py", "reading.py", "rows.py", "template.py", "undo.py", "upload.py"},
}
DOMAINS = {name for name in MORE_FILES if "/" not in name}
LONGEST_FILE = 300


@cache
def _sources() -> tuple[tuple[str, ast.Module], ...]:
    """Every file of the app, read and parsed once for all rules."""
    return tuple((str(path.relative_to(APP)), ast.parse(path.read_text())) for path in sorted(APP.rglob("*.py")))


@cache
def _nodes(tree: ast.Module) -> tuple[ast.AST, ...]:
    return tuple(ast.walk(tree))


def _imports(tree: ast.Module) -> Iterator[str]:
    for node in _nodes(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def _calls(tree: ast.Module, *names: str) -> list[ast.Call]:
    found = []
    for node in _nodes(tree):
        if isinstance(node, ast.Call):
            called = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
            if called in names:
                found.append(node)
    return found


def _as_method_call(node: ast.expr) -> str:
    return node.func.attr if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) else ""


def test_transactions_end_in_one_place() -> None:
    driver = "core/databases/sqlite_connections.py"  # does what it is told by SQLAlchemy
    assert {name for name, tree in _sources() if _calls(tree, "commit", "rollback")} == {"core/database.py", driver}


def test_jose_lives_in_one_module() -> None:
    assert {name for name, tree in _sources() if any(i.split(".")[0] == "jose" for i in _imports(tree))} == {
        "core/tokens.py"
    }


def test_queries_live_in_repositories() -> None:
    query_words = {f"sqlalchemy.{word}" for word in ("select", "insert", "update", "delete", "exists")}
    named = {name for name, tree in _sources() if query_words & set(_imports(tree))}
    assert {Path(name).name for name in named} <= {"repository.py"}


def test_no_sql_is_built_from_strings() -> None:
    for name, tree in _sources():
        for call in _calls(tree, "text", "exec_driver_sql"):
            argument = call.args[0]
            fixed = isinstance(argument, ast.Constant) or (isinstance(argument, ast.Name) and argument.id == "begin")
            assert fixed or name.startswith("migrations/"), f"{name}:{call.lineno}"


def test_every_route_is_async_and_no_call_blocks() -> None:
    methods = {"get", "post", "put", "patch", "delete", "api_route"}
    for name, tree in _sources():
        for node in _nodes(tree):
            if isinstance(node, ast.FunctionDef):
                decorators = set(map(_as_method_call, node.decorator_list))
                assert not decorators & methods, f"{name}: {node.name} must be async"
        assert not {"time.sleep", "requests"} & set(_imports(tree)), name


def test_domains_do_not_reach_into_each_other_and_core_into_none() -> None:
    """But for jobs: every domain may have some done, by what the package itself offers."""
    offered = {f"app.jobs.{name}" for name in jobs.__all__}
    for name, tree in _sources():
        place = name.split("/")[0]
        if place in {"core", *DOMAINS}:
            others = DOMAINS - {place}
            found = [i for i in _imports(tree) if i.split(".")[:1] == ["app"] and i.split(".")[1] in others]
            assert not (set(found) if place == "core" else set(found) - offered), name


def test_dbos_lives_in_one_module_that_the_web_does_not_import() -> None:
    assert {name for name, tree in _sources() if any(i.split(".")[0] == "dbos" for i in _imports(tree))} == {
        "jobs/engine/durable.py"
    }
    command = [sys.executable, "-c", "import sys, app.main; sys.exit('dbos' in sys.modules)"]
    assert subprocess.run(command, cwd=PROJECT_ROOT, check=False).returncode == 0


def test_only_who_is_not_signed_in_writes_as_nobody() -> None:
    """Without a principal everything is allowed, as to a seed: a route of a signed-in person takes PrincipalWork."""
    plain = {name for name, tree in _sources() if "app.core.dependencies.WorkDependency" in set(_imports(tree))}
    assert plain == {"iam/registration/router.py", "iam/sessions/router.py"}


def test_every_folder_of_the_app_is_a_domain_or_known() -> None:
    known = {"cli", "core", "migrations", *DOMAINS}
    assert {path.name for path in APP.iterdir() if path.is_dir() and path.name != "__pycache__"} <= known


@pytest.mark.parametrize("domain", sorted(DOMAINS))
def test_the_same_file_names_in_each_domain(domain: str) -> None:
    folders = [APP / domain, *(path.parent for path in (APP / domain).glob("*/__init__.py"))]
    for folder in folders:
        allowed = DOMAIN_FILES | MORE_FILES.get(str(folder.relative_to(APP)), set())
        assert {path.name for path in folder.glob("*.py")} <= allowed, folder
        assert not list(folder.glob("*/*/*.py")), f"{folder}: one level of sub-packages is enough"


def test_files_stay_short() -> None:
    for path in (*APP.rglob("*.py"), *(PROJECT_ROOT / "tests" / "app").rglob("*.py")):
        assert len(path.read_text().splitlines()) <= LONGEST_FILE, path

"""What a seed puts in: labels, menus, roles, demo accounts. A person's changes are never taken back."""

import asyncio
import multiprocessing
import re

import pytest
from typer.testing import CliRunner

from app.cli import cli
from app.cli import seed as seed_command
from app.core.permissions import all_labels
from app.core.settings import PROJECT_ROOT, Environment, Settings
from app.iam.menus import defaults, planting
from app.iam.menus.defaults import DEFAULT_MENU, EVERYDAY, DefaultRole, Page
from app.iam.seed import DEMO_ACCOUNTS
from tests.app.harness import client_of, rows, served
from tests.app.iam.route_table import EXPECTED

AT_ONCE = 50
MENUS, TICKS = "SELECT * FROM iam_menu ORDER BY id", "SELECT * FROM iam_role_menu ORDER BY role_id, menu_id"


@pytest.fixture
def run(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> CliRunner:
    monkeypatch.setattr(seed_command, "get_settings", lambda: settings)
    return CliRunner()


def _ticks(settings: Settings, role: str) -> set[str]:
    """Labels that a role ticks."""
    query = (
        "SELECT iam_role.code, iam_menu.permission FROM iam_role_menu JOIN iam_menu ON iam_menu.id = menu_id"
        " JOIN iam_role ON iam_role.id = role_id WHERE iam_menu.permission IS NOT NULL"
    )
    return {str(label) for code, label in rows(settings, query) if code == role}


def test_every_label_of_the_code_hangs_somewhere(run: CliRunner, settings: Settings) -> None:
    """A label on no menu could be given to nobody."""
    assert run.invoke(cli, ["seed"]).exit_code == 0
    on_menus = {row[0] for row in rows(settings, "SELECT permission FROM iam_menu WHERE permission IS NOT NULL")}
    assert on_menus == set(all_labels())
    assert {row[0] for row in rows(settings, "SELECT label FROM iam_permission")} == set(all_labels())
    marks = {mark for mark in EXPECTED.values() if mark.startswith("perm:")}
    # Asked for inside: the one because one's own need none, the other because one route exports every list.
    inside = {"perm:job:delete", "perm:activation_code:export"}
    assert marks | inside == set(all_labels())


def test_default_roles(run: CliRunner, settings: Settings) -> None:
    run.invoke(cli, ["seed"])
    assert rows(settings, "SELECT code, is_default, is_enabled FROM iam_role ORDER BY id") == [
        ("operator", 0, 1),
        ("member", 1, 1),
    ]
    operator = _ticks(settings, "operator")
    assert {label for label in all_labels() if label.endswith(":get")} < operator
    assert {"perm:parameter:update", "perm:dictionary:create", "perm:activation_code:export"} < operator
    people = {label for label in operator if label.startswith(("perm:user:", "perm:role:", "perm:menu:"))}
    assert people == {"perm:user:get", "perm:role:get", "perm:menu:get"}
    assert "perm:recycle_bin:purge" not in operator
    assert _ticks(settings, "member") == set(EVERYDAY)
    without_label = (
        "SELECT name FROM iam_menu JOIN iam_role_menu ON menu_id = iam_menu.id WHERE role_id = 2 AND permission IS NULL"
    )
    assert rows(settings, without_label) == [("dashboard",), ("jobs",)]


def test_what_people_changed_stays(run: CliRunner, settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    run.invoke(cli, ["seed"])
    changes = (
        "UPDATE iam_menu SET name = 'staff', title = 'Staff', sort_order = 9 WHERE name = 'users'",
        "UPDATE iam_menu SET is_deleted = TRUE WHERE name = 'roles' OR permission = 'perm\\:user\\:unlock'",
        "DELETE FROM iam_role_menu WHERE menu_id = (SELECT id FROM iam_menu WHERE name = 'menus')",
        "UPDATE iam_role SET is_deleted = TRUE WHERE code = 'member'",
    )
    for change in changes:
        rows(settings, change)
    before = rows(settings, MENUS), rows(settings, TICKS)
    assert run.invoke(cli, ["seed"]).output == "unchanged\n"
    # A later release has more: a button on the renamed page, one on the removed page, and a page.
    pages = {page.name: page for top in DEFAULT_MENU if not isinstance(top, Page) for page in top.pages}
    users, roles = pages["users"], pages["roles"]
    monkeypatch.setattr(
        planting,
        "DEFAULT_MENU",
        (
            *DEFAULT_MENU,
            defaults.Page("users", users.view, users.title, users.icon, buttons=("perm:menu:update",)),
            defaults.Page("roles", roles.view, roles.title, roles.icon, buttons=("perm:menu:delete",)),
            defaults.Page("news", "system/NewsView", "News", "news", permission="perm:role:get"),
        ),
    )
    assert run.invoke(cli, ["seed"]).output == "changed: added 2 menus\n"
    assert rows(settings, MENUS)[: len(before[0])] == before[0]
    last = len(before[0])
    ticks = [row for row in rows(settings, TICKS) if int(str(row[1])) <= last]
    assert ticks == before[1]
    new = rows(settings, "SELECT name, parent_id FROM iam_menu ORDER BY id")[last:]
    staff = rows(settings, "SELECT id FROM iam_menu WHERE name = 'staff'")[0][0]
    assert new == [("perm:menu:update", staff), ("news", None)]
    assert "perm:role:get" in _ticks(settings, "operator")


def test_a_person_s_own_page_or_role_of_that_name_is_left(run: CliRunner, settings: Settings) -> None:
    rows(
        settings,
        "INSERT INTO iam_menu (kind, name, title, path, view, created_at) VALUES"
        " ('page', 'mine', 'Mine', '/users', 'shop/MineView', '2026-01-01')",
    )
    rows(settings, "INSERT INTO iam_role (code, name, created_at) VALUES ('operator', 'My own', '2026-01-01')")
    result = run.invoke(cli, ["seed"])
    assert result.exit_code == 0, result.output
    assert rows(settings, "SELECT name FROM iam_menu WHERE path = '/users'") == [("mine",)]
    assert rows(settings, "SELECT name FROM iam_role WHERE code = 'operator'") == [("My own",)]
    assert run.invoke(cli, ["seed"]).output == "unchanged\n"


def test_a_label_that_left_the_code_is_removed(run: CliRunner, settings: Settings) -> None:
    run.invoke(cli, ["seed"])
    rows(settings, "INSERT INTO iam_permission VALUES ('perm\\:fax\\:send', 'Send a fax', 'fax')")
    rows(settings, "UPDATE iam_permission SET meaning = 'old words' WHERE label = 'perm\\:user\\:get'")
    assert run.invoke(cli, ["seed"]).output == "changed: updated the permission labels\n"
    assert {row[0] for row in rows(settings, "SELECT label FROM iam_permission")} == set(all_labels())
    assert rows(settings, "SELECT meaning FROM iam_permission WHERE label = 'perm\\:user\\:get'") == [("See users",)]


def _seed_in_process(settings: Settings, all_are_here: "multiprocessing.synchronize.Barrier") -> None:
    setattr(seed_command, "get_settings", lambda: settings)  # noqa: B010 - this process is only for it
    all_are_here.wait(60)
    asyncio.run(seed_command._seed(None, None))


@pytest.mark.slow
def test_many_at_once_make_one_set(settings: Settings) -> None:
    context = multiprocessing.get_context("fork")
    barrier = context.Barrier(AT_ONCE)
    processes = [context.Process(target=_seed_in_process, args=(settings, barrier)) for _ in range(AT_ONCE)]
    for process in processes:
        process.start()
    for process in processes:
        process.join(120)
    assert [process.exitcode for process in processes] == [0] * AT_ONCE
    number = len([key for key in planting._keys() if key.startswith("menu:")])
    assert rows(settings, "SELECT count(*), count(DISTINCT name) FROM iam_menu") == [(number, number)]
    assert rows(settings, "SELECT count(*) FROM chat_provider") == [(1,)]
    assert rows(settings, "SELECT count(*) FROM iam_role") == [(2,)]
    assert rows(settings, "SELECT count(*) FROM system_parameter GROUP BY key HAVING count(*) > 1") == []


async def _can_log_in(settings: Settings, username: str, password: str) -> bool:
    async with served(settings) as app, client_of(app) as client:
        answer = await client.post("/api/v1/auth/login", data={"username": username, "password": password})
    return answer.status_code == 200


def test_demo_accounts_only_when_asked_for(run: CliRunner, settings: Settings) -> None:
    run.invoke(cli, ["seed"])
    assert rows(settings, "SELECT count(*) FROM iam_user") == [(0,)]
    assert run.invoke(cli, ["seed", "--demo-data"]).output.count("created demo account") == 3
    assert run.invoke(cli, ["seed", "--demo-data"]).output == "unchanged\n"
    assert rows(settings, "SELECT username, is_administrator FROM iam_user ORDER BY id") == [
        ("demo-admin", 1),
        ("demo-operator", 0),
        ("demo-user", 0),
    ]
    for each in DEMO_ACCOUNTS:
        assert asyncio.run(_can_log_in(settings, each.username, each.password))


@pytest.mark.parametrize("is_forced", [False, True])
def test_no_demo_accounts_in_production_but_by_two_words(
    settings: Settings, monkeypatch: pytest.MonkeyPatch, is_forced: bool
) -> None:
    production = settings.model_copy(update={"environment": Environment.PRODUCTION})
    monkeypatch.setattr(seed_command, "get_settings", lambda: production)
    more = ["--demo-data-in-production"] if is_forced else []
    result = CliRunner().invoke(cli, ["seed", "--demo-data", *more])
    assert result.exit_code == (0 if is_forced else 1)
    assert rows(settings, "SELECT count(*) FROM iam_user") == [(3 if is_forced else 0,)]


def test_a_role_without_ticks_is_no_operator() -> None:
    nobody = DefaultRole("x", "X", "", is_default=False)
    assert not any(nobody.ticks(label) for label in (*all_labels(), None))


def test_the_pages_know_every_icon_of_the_menu() -> None:
    source = (PROJECT_ROOT / "web/src/components/icons.ts").read_text(encoding="utf-8")
    known = set(re.findall(r"^  '?([\w-]+)'?: \w+,$", source, re.MULTILINE))
    pages = [page for top in DEFAULT_MENU for page in (top, *(() if isinstance(top, Page) else top.pages))]
    assert len(pages) > 20
    assert {page.icon for page in pages} <= known

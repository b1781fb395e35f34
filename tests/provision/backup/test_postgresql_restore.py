"""On a server a restore lies beside the database until it was compared, and its exchange can be taken back."""

from __future__ import annotations

import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import psycopg
import pytest
from ansible.module_utils.backup import postgresql, postgresql_client, restore, take
from ansible.module_utils.backup.postgresql_client import Session
from sqlalchemy.engine import make_url

from tests.provision.backup.server_site import ServerSite, server, shop
from tests.provision.backup.test_restore import beside

__all__ = ["server", "shop"]  # fixtures
pytestmark = pytest.mark.slow

Changed = tuple[dict[str, Any], dict[str, Any]]


@pytest.fixture
def changed(shop: ServerSite) -> Changed:
    """What was in it when it was backed up, and what is now: rows more and fewer, a table more, another revision."""
    backed_up = shop.look()
    take.stage(shop.plan)
    shutil.copytree(shop.plan.staging, shop.stored)  # copied, for what is staged are links
    with shop.connect() as database:
        database.execute("DELETE FROM notes WHERE id < 100; CREATE TABLE later (id integer)")
        database.execute("UPDATE alembic_version SET version_num = '0009'")
    shop.address_with(query="&application_name=later")
    shop.write("data/output/pictures/b.png", "later")
    return backed_up, shop.look()


def brought(shop: ServerSite) -> str:
    """What fetch does, without a repository."""
    snapshot = beside(shop)
    postgresql.bring(shop.plan, shop.plan.restoring / "database.dump")
    return snapshot


def test_all_comes_back_and_what_was_there_is_kept(shop: ServerSite) -> None:
    shop.good()
    backed_up = shop.look()
    with shop.connect() as database:
        database.execute("DELETE FROM notes WHERE id < 100")
    shop.address_with(query="&application_name=later")
    shop.write(".env", (shop.root / "shared/.env").read_text() + "APP_LATER=1\n")
    now = shop.look()
    fetched = restore.fetch(shop.plan, "latest")
    assert fetched["rows"] == 504
    assert shop.look() == now, "beside it, not over it"
    restore.begin(shop.plan, fetched["id"])
    with shop.connect() as left_open:
        restore.swap(shop.plan)
        with pytest.raises(psycopg.OperationalError):
            left_open.execute("SELECT 1")
    restore.keep(shop.plan)
    assert shop.look() == backed_up
    assert shop.databases() == ["_before_restore"]
    with shop.connect() as database:
        row = database.execute(
            "SELECT datlocprovider::text, datcollate, datctype FROM pg_database WHERE datname = current_database()"
        ).fetchone()
        assert row == ("c", "C", "C")
        inserted = database.execute("INSERT INTO notes (text) VALUES ('more') RETURNING id").fetchone()
        assert inserted == (501,), "numbers go on where they were"
    with shop.connect_to("_before_restore") as database:
        assert database.execute("SELECT count(*) FROM notes").fetchone() == (401,)
    settings = (shop.root / "shared/.env").read_text()
    assert "APP_LATER" not in settings, "they are the backup's"
    assert settings.count("APP_DATABASE_URL") == 1
    assert settings.endswith("&application_name=later\n"), "but the address of the server is the machine's"
    # The next one forgets what this one replaced.
    restore.begin(shop.plan, "1234")
    assert shop.databases() == []
    assert restore.undo(shop.plan) is True


def test_the_apps_own_schema_comes_back_and_is_still_what_its_models_say(shop: ServerSite, tmp_path: Path) -> None:
    from app.cli.database import _differences, upgrade_to_head  # large: only this test needs the app
    from tests.app.harness import make_settings

    with shop.connect() as database:
        database.execute("DROP SCHEMA public, dbos CASCADE; CREATE SCHEMA public")
    url = make_url(postgresql_client.setting(shop.plan, "APP_DATABASE_URL")).render_as_string(hide_password=False)
    settings = make_settings(tmp_path, database_url=url)
    _, head = upgrade_to_head(settings)
    before = shop.look()
    assert (len(before["tables"]) > 40, before["revision"]) == (True, *head)
    postgresql.copy(shop.plan, tmp_path / "database.dump")
    (tmp_path / "shared").mkdir()
    (tmp_path / "shared/.env").touch()
    assert postgresql.bring(shop.plan, tmp_path / "database.dump") == before
    postgresql.exchange(shop.plan)
    assert _differences(settings) == []
    assert upgrade_to_head(settings) == (head, head)


def test_it_is_taken_back_from_wherever_it_stopped(
    shop: ServerSite, changed: Changed, monkeypatch: pytest.MonkeyPatch
) -> None:
    _, now = changed
    files = shop.files()
    really: Callable[[Session, str], list[Any]] = Session.ask  # each question to the server is a place to be killed at
    left = 0

    def ask(session: Session, statement: str) -> list[Any]:
        nonlocal left
        if left == 0:
            raise KeyboardInterrupt
        left -= 1
        return really(session, statement)

    for after in range(20):
        restore.begin(shop.plan, brought(shop))
        monkeypatch.setattr(Session, "ask", ask)
        left, whole = after, False
        try:
            restore.swap(shop.plan)
            whole = True
            left = 6  # and taking it back is killed as well
            restore.undo(shop.plan)
        except KeyboardInterrupt:
            pass
        monkeypatch.setattr(Session, "ask", really)
        assert restore.undo(shop.plan)
        assert (shop.look(), shop.files(), shop.databases()) == (now, files, []), after
        assert not shop.plan.journal.exists()
        if whole:
            break
    assert whole
    assert after >= 6


def test_a_process_that_is_killed_in_mid_exchange(shop: ServerSite, changed: Changed) -> None:
    """Its psql outlives it for a moment, and what takes the exchange back waits for that."""
    _, now = changed
    restore.begin(shop.plan, brought(shop))
    program = (
        "import ansible.module_utils, pathlib, sys; ansible.module_utils.__path__.append(sys.argv[1])\n"
        "from ansible.module_utils.backup import model, restore\n"
        "restore.swap(model.load_plan(pathlib.Path(sys.argv[2])))"
    )
    modules = str(Path(__file__).resolve().parents[3] / "plugins/module_utils")
    # An administrator who looks at the database: renaming waits some seconds for him to leave.
    with psycopg.connect(host=str(shop.server.folder), user="groundwork", dbname=shop.name, autocommit=True) as other:
        process = subprocess.Popen([sys.executable, "-c", program, modules, str(shop.plan_file)])
        under_way = "SELECT count(*) FROM pg_stat_activity WHERE state = 'active' AND query ~ '^ALTER DATABASE'"
        due = time.monotonic() + 20
        while other.execute(under_way).fetchone() != (1,):
            assert time.monotonic() < due
            assert process.poll() is None
            time.sleep(0.05)
        process.send_signal(signal.SIGKILL)
        assert process.wait() == -signal.SIGKILL
    assert restore.undo(shop.plan) is True
    assert shop.look() == now
    assert shop.databases() == []


def test_a_restore_works_where_the_database_was_lost(shop: ServerSite, changed: Changed) -> None:
    backed_up, _ = changed
    shop.server.execute(f'DROP DATABASE "{shop.name}" WITH (FORCE)')
    told = shop.take()
    assert told["ok"] is False
    assert "does not let us in" in told["message"]
    restore.begin(shop.plan, brought(shop))
    restore.swap(shop.plan)
    restore.keep(shop.plan)
    assert shop.look() == backed_up

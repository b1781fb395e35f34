"""The same of a database on a server: one snapshot of it while others write, tried in a database beside it."""

from __future__ import annotations

import os
import subprocess
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from ansible.module_utils.backup import databases, manifest, postgresql, postgresql_client, take
from ansible.module_utils.backup.model import RefusedError
from ansible.module_utils.backup.restic import Repository
from sqlalchemy.engine import make_url

from tests.app.postgres import Postgres
from tests.provision.backup.conftest import Site
from tests.provision.backup.server_site import PASSWORD, ROWS, ServerSite, server, shop
from tests.provision.backup.test_take import TIMES

__all__ = ["server", "shop"]  # fixtures


@pytest.mark.parametrize(
    "url",
    [
        "postgresql+psycopg://groundwork:p%40ss%25/#:word@db.example:6543/groundwork?sslmode=require&connect_timeout=3",
        "postgresql+psycopg://groundwork@/groundwork?host=/run/postgresql",
        "postgresql+psycopg://groundwork:secret@[::1]/ground%20work",
        "postgresql+psycopg://db/groundwork",
    ],
)
def test_an_address_is_read_as_the_app_reads_it(site: Site, url: str) -> None:
    site.write(".env", f"APP_DATABASE_URL=sqlite+aiosqlite:////x\nAPP_DATABASE_URL='{url}'\n")
    meant = make_url(url)
    host = meant.host or meant.query.get("host")
    wanted = {"PGHOST": host, "PGUSER": meant.username, "PGPASSWORD": meant.password, "PGDATABASE": meant.database}
    more = {"PGSSLMODE": meant.query.get("sslmode"), "PGCONNECT_TIMEOUT": meant.query.get("connect_timeout")}
    port = {"PGPORT": meant.port and str(meant.port)}
    assert postgresql_client.address(site.plan) == {
        name: value for name, value in (wanted | more | port).items() if value
    }


def test_a_plan_that_is_not_as_the_settings_say_is_refused(site: Site) -> None:
    site.write(".env", "APP_DATABASE_URL=postgresql+psycopg://shop@/shop\n")
    told = take.database_of(site.plan)
    with pytest.raises(RefusedError, match="names a PostgreSQL server"):
        told.require(site.plan)
    site.write(".env", "APP_DATABASE_URL=sqlite+aiosqlite:////x\n")
    site.kind = {"kind": "postgresql"}
    with pytest.raises(RefusedError, match="names no PostgreSQL database"):
        take.database_of(site.plan_with()).require(site.plan)


@pytest.mark.slow
def test_one_is_taken_tried_and_told_of(shop: ServerSite, monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[str] = []
    really = subprocess.Popen

    def start(words: list[str], **given: Any) -> Any:
        seen.append(" ".join(words))
        return really(words, **given)

    monkeypatch.setattr(postgresql_client.subprocess, "Popen", start)
    shop.server.execute(f'CREATE DATABASE "{shop.name}_backup_trying" OWNER shop')  # one that was killed left it
    good = shop.good()["last_good"]
    assert (good["rows"], good["tables"], good["release"], good["revision"]) == (504, 4, "r1", "0008")
    assert good["files"] == 5
    assert shop.databases() == [], "what it was tried in is gone"
    assert {each.split()[0].rpartition("/")[2] for each in seen} == {"psql", "pg_dump", "pg_restore", "restic"}
    assert not any("canary" in each for each in [*seen, shop.plan.report.read_text()])


@pytest.mark.slow
def test_all_that_was_acknowledged_before_it_began_is_in_it(shop: ServerSite, tmp_path: Path) -> None:
    for _ in range(TIMES):
        with shop.writers() as acknowledged:
            time.sleep(0.5)
            before = len(acknowledged)
            told = shop.good()
            during = len(acknowledged) - before
        assert during > 100, "the writers were held up"
        target = tmp_path / told["last_good"]["snapshot"]
        Repository(shop.plan).restore(told["last_good"]["snapshot"], target)
        postgresql.bring(shop.plan, target / "database.dump")
        with shop.connect_to("_backup_restoring") as database:
            there = {row[0] for row in database.execute("SELECT id FROM notes")}
        assert set(acknowledged[:before]) <= there


@pytest.mark.slow
def test_it_is_of_the_moment_that_was_looked_at(
    shop: ServerSite, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    really = postgresql.run
    written: list[int] = []

    def run(*words: Any, **streams: Any) -> None:
        if "pg_dump" in words:
            began = len(acknowledged)
            while len(acknowledged) < began + 50:
                time.sleep(0.01)
            written.append(len(acknowledged) - began)
        really(*words, **streams)

    monkeypatch.setattr(postgresql, "run", run)
    with shop.writers() as acknowledged:
        looked = postgresql.copy(shop.plan, tmp_path / "dump")
    assert written
    assert postgresql.contents(shop.plan, tmp_path / "dump") == looked


@pytest.mark.slow
def test_a_hash_is_of_the_rows_and_not_of_their_order(shop: ServerSite) -> None:
    before = shop.look()
    assert before["tables"] == ROWS
    with shop.connect() as database:
        database.execute("UPDATE notes SET text = text WHERE id = 1")  # written anew, at another place
    assert shop.look() == before
    for change in ("UPDATE notes SET text = upper(text) WHERE id = 1", """UPDATE "odd ""name" SET b = '\\x01ff'"""):
        with shop.connect() as database:
            database.execute(change)
        now = shop.look()
        assert now["tables"] == before["tables"]
        assert len([table for table in ROWS if now["hashes"][table] != before["hashes"][table]]) == 1
        before = now


@pytest.mark.slow
def test_machines_that_share_a_database_try_their_copies_in_turn(shop: ServerSite, tmp_path: Path) -> None:
    looked = postgresql.copy(shop.plan, tmp_path / "dump")
    with ThreadPoolExecutor(4) as machines:
        tried = [machines.submit(postgresql.contents, shop.plan, tmp_path / "dump") for _ in range(4)]
    assert [each.result() for each in tried] == [looked] * 4


@pytest.mark.slow
def test_every_difference_is_named(shop: ServerSite) -> None:
    described = take.stage(shop.plan)
    staged, database = shop.plan.staging, described["database"]
    assert manifest.differences(shop.plan, described, staged) == []
    database["tables"]["public.notes"] += 1
    database["hashes"]["dbos.steps"] = "1"
    database["revision"] = "0009"
    assert manifest.differences(shop.plan, described, staged) == [
        "public.notes has 500 rows, 501 were backed up",
        "dbos.steps has other rows",
        "the schema has another revision",
    ]
    dump = staged / "database.dump"
    whole = dump.read_bytes()
    middle = whole.index(b"note 250note")
    dump.write_bytes(whole[:middle])
    with pytest.raises(RefusedError, match="pg_restore failed"):
        postgresql.contents(shop.plan, dump)
    assert shop.databases() == []
    dump.write_bytes(whole[:20])
    assert "pg_restore failed" in postgresql.damage(shop.plan, dump)
    shop.kind = {"kind": "sqlite", "file": "shop.db"}
    with pytest.raises(RefusedError, match="is of the kind postgresql, this machine's of the kind sqlite"):
        manifest.read(shop.plan_with(), staged)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("fault", "words", "fix"),
    [
        ("createdb", "The role modest may not create databases", 'ALTER ROLE "modest" CREATEDB'),
        ("owner", "is groundwork's and not shop's", 'OWNER TO "shop"'),
        ("password", "does not let us in: .*password authentication failed", "see APP_DATABASE_URL"),
        ("port", "does not let us in: .*No such file", "see APP_DATABASE_URL"),
        ("programs", "psql is not installed", "--tags backup"),
        ("long", "is longer than 46 bytes", "rename it"),
    ],
)
def test_what_is_refused_says_why(
    shop: ServerSite, monkeypatch: pytest.MonkeyPatch, fault: str, words: str, fix: str
) -> None:
    if fault == "createdb":
        shop.server.execute("CREATE ROLE modest LOGIN")
        shop.server.execute(f'ALTER DATABASE "{shop.name}" OWNER TO modest')
        shop.role = "modest"
        shop.address_with()
    elif fault == "owner":
        shop.server.execute(f'ALTER DATABASE "{shop.name}" OWNER TO groundwork')
    elif fault == "password":
        shop.address_with(password="another")
    elif fault == "port":
        shop.address_with(query="&port=1")
    elif fault == "programs":
        monkeypatch.setattr(postgresql_client, "PROGRAMS", "/nowhere")
    else:
        shop.name = "x" * 47
        shop.address_with()
    with pytest.raises(RefusedError, match=words) as refused:
        databases.database_of(shop.plan).require(shop.plan)
    assert fix in refused.value.fix
    assert PASSWORD not in str(refused.value)


@pytest.mark.slow
@pytest.mark.skipif(os.geteuid() != 0, reason="becoming another user is root's")
def test_a_socket_knows_the_command_by_the_apps_user(tmp_path: Path, server: Postgres) -> None:
    rules = server.folder / "data/pg_hba.conf"
    before = rules.read_text()
    server.execute("CREATE ROLE daemon LOGIN CREATEDB")
    server.folder.chmod(0o711)
    shop = ServerSite(tmp_path, server, "daemon")
    shop.plan_with(user="daemon")
    rules.write_text(f"local all daemon peer\n{before}")
    server.execute("SELECT pg_reload_conf()")
    done = shop.command()
    assert done.returncode == 0, done.stderr
    assert "restored on trial and compared: 504 rows in 4 tables, 5 files" in done.stdout

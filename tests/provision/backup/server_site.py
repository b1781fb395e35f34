"""A small site whose database is on a server: Debian's own PostgreSQL, asked as a role that is no administrator."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import count
from pathlib import Path
from typing import Any
from urllib.parse import quote

import psycopg
import pytest
from ansible.module_utils.backup import postgresql, postgresql_client

from tests.app.postgres import Postgres
from tests.provision.backup.conftest import Site

PASSWORD = "canary of/?#: @%'\\ pg"
SCHEMA = """
    CREATE TABLE alembic_version (version_num text); INSERT INTO alembic_version VALUES ('0008');
    CREATE TABLE notes (id bigserial PRIMARY KEY, text text);
    INSERT INTO notes (text) SELECT repeat('note ' || n, 20) FROM generate_series(1, 500) AS n;
    CREATE TABLE "odd ""name" (id integer, the_row jsonb, t timestamptz, f float8, b bytea);
    INSERT INTO "odd ""name" VALUES (1, '{"a": [1, "\\u7f8e"]}', now(), 0.1 + 0.2, '\\x00ff');
    INSERT INTO "odd ""name" VALUES (2);
    CREATE SCHEMA dbos; CREATE TABLE dbos.steps (id integer); INSERT INTO dbos.steps VALUES (1);
    CREATE EXTENSION pg_trgm; CREATE INDEX ix_text ON notes USING gin (text gin_trgm_ops);
"""
ROWS = {"dbos.steps": 1, "public.alembic_version": 1, "public.notes": 500, 'public."odd ""name"': 2}
NAMES = count()


class ServerSite(Site):
    """Its database is on a server."""

    def __init__(self, folder: Path, server: Postgres, role: str = "shop") -> None:
        self.server = server
        self.role = role
        self.name = f"Shop's {next(NAMES)}"
        super().__init__(folder)

    def make_database(self) -> None:
        self.kind = {"kind": "postgresql"}
        # Another order of letters than the server's own.
        self.server.execute(
            f'CREATE DATABASE "{self.name}" OWNER {self.role} TEMPLATE template0 LOCALE_PROVIDER libc LOCALE "C"'
        )
        self.address_with()
        with self.connect() as database:
            database.execute(SCHEMA)

    def address_with(self, password: str = PASSWORD, query: str = "") -> None:
        user = f"{self.role}:{quote(password, safe='')}"
        url = f"postgresql+psycopg://{user}@/{self.name}?host={self.server.folder}{query}"
        self.write(".env", f"APP_DATABASE_URL=sqlite+aiosqlite:////nowhere\nAPP_NAME=shop\nAPP_DATABASE_URL={url}\n")

    def connect(self) -> Any:
        return self.connect_to("")

    def connect_to(self, which: str) -> Any:
        """As the app does; or to a database beside its own."""
        return psycopg.connect(
            host=str(self.server.folder), user=self.role, password=PASSWORD, dbname=self.name + which
        )

    def databases(self) -> list[str]:
        """What there is besides the one in use, and after its name."""
        with psycopg.connect(host=str(self.server.folder), user="groundwork", dbname="postgres") as database:
            found = database.execute("SELECT datname FROM pg_database ORDER BY datname").fetchall()
        return [name.removeprefix(self.name) for (name,) in found if name.startswith(self.name) and name != self.name]

    def look(self) -> dict[str, Any]:
        with postgresql_client.connect(self.plan, self.name) as session:
            return dict(postgresql._look(session))


@pytest.fixture(scope="session")
def server() -> Iterator[Postgres]:
    server = Postgres()
    try:
        server.start()
        server.execute(f"CREATE ROLE shop LOGIN CREATEDB PASSWORD '{PASSWORD.replace(chr(39), chr(39) * 2)}'")
        rules = server.folder / "data/pg_hba.conf"
        rules.write_text(f"local all shop scram-sha-256\n{rules.read_text()}")
        server.execute("SELECT pg_reload_conf()")
        yield server
    finally:
        server.remove()


@pytest.fixture
def shop(tmp_path: Path, server: Postgres) -> ServerSite:
    return ServerSite(tmp_path, server)

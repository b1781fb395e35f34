"""A PostgreSQL server, by Debian's own programs: the machine's Python has no driver.

They run as the product's user, as the app does: who comes through a socket is often known by that. The password is in
their environment, never in a command line.
"""

from __future__ import annotations

import json
import os
import pwd
import re
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from typing import IO, Any
from urllib.parse import parse_qsl, unquote

from .model import Plan, RefusedError, setting

PROGRAMS = "/usr/bin"  # Debian's choose the newest version that is installed
ADMINISTRATIVE = "postgres"  # a database that every role may connect to, where none of ours is in the way
# As SQLAlchemy reads it, which is not as strict as a URL: a password may have anything but an @.
ADDRESS = re.compile(
    r"postgresql(\+\w+)?://((?P<user>[^:/]*)(:(?P<password>[^@]*))?@)?"
    r"(\[(?P<host6>[^/?]+)\]|(?P<host>[^/:?]+))?(:(?P<port>\d+))?/(?P<dbname>[^?]+)(\?(?P<query>.*))?"
)
# What libpq calls otherwise in the environment; the rest is PG and the word without underscores.
NAMES = {"application_name": "PGAPPNAME", "connect_timeout": "PGCONNECT_TIMEOUT", "dbname": "PGDATABASE"}
# A server that has vanished is noticed within a minute. These have no name in the environment.
WATCH = "keepalives_idle=30 keepalives_interval=10 keepalives_count=3 tcp_user_timeout=60000"
# Rows are compared as text, so that text must not depend on who asks; nothing may end a transaction that waits for us.
MANNERS = (
    "SET search_path = ''; SET datestyle = 'ISO, YMD'; SET intervalstyle = 'postgres'; SET timezone = 'UTC';"
    " SET extra_float_digits = 1; SET bytea_output = 'hex'; SET standard_conforming_strings = on;"
    " SET row_security = off; SET statement_timeout = 0; SET idle_in_transaction_session_timeout = 0;"
    " SET lock_timeout = '10min'"
)
MARK = "-- that was all --"
NO_SERVER = ("The database server does not let us in: {words}", "see APP_DATABASE_URL in {shared}/.env")
# The first that the programs' words match is what a person is told.
MEANINGS: tuple[tuple[str, tuple[str, str]], ...] = (
    (
        "server version mismatch",
        ("pg_dump is older than the server: {words}", "install the server's postgresql-client"),
    ),
    ("no space left on device", ("A disk is full: {words}", "df -h, here and on the database server")),
    ("connection to server", NO_SERVER),
    ("could not translate host name", NO_SERVER),
)


def address(plan: Plan) -> dict[str, str]:
    """The machine's APP_DATABASE_URL, as libpq takes it from the environment. Raises RefusedError."""
    found = ADDRESS.fullmatch(setting(plan, "APP_DATABASE_URL"))
    if found is None:
        raise RefusedError(
            f"APP_DATABASE_URL in {plan.shared}/.env names no PostgreSQL database.",
            "name it in service_settings, then: ansible-playbook site.yml --tags service,backup",
        )
    parts = found.groupdict()
    given = {
        "host": parts["host"] or parts["host6"],
        "port": parts["port"],
        "user": unquote(parts["user"] or ""),
        "password": unquote(parts["password"] or ""),
        "dbname": unquote(parts["dbname"]),
        **dict(parse_qsl(parts["query"] or "")),
    }
    return {NAMES.get(word, f"PG{word.upper().replace('_', '')}"): value for word, value in given.items() if value}


def literal(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


def identifier(text: str) -> str:
    return '"' + text.replace('"', '""') + '"'


def _start(plan: Plan, program: str, database: str, *words: str, **streams: Any) -> subprocess.Popen[str]:
    quoted = database.replace("\\", "\\\\").replace("'", "\\'")
    environment = {
        "PATH": os.environ.get("PATH", "/usr/bin:/bin"),
        "HOME": str(plan.root),
        "LC_ALL": "C.UTF-8",
        "PGCLIENTENCODING": "UTF8",
        "PGCONNECT_TIMEOUT": "10",
        "PGAPPNAME": f"{plan.product}-backup",
        **address(plan),
    }
    ours = pwd.getpwnam(plan.user)
    groups = os.getgrouplist(plan.user, ours.pw_gid)
    become: dict[str, Any] = (
        {"user": ours.pw_uid, "group": ours.pw_gid, "extra_groups": groups} if os.geteuid() == 0 else {}
    )
    try:
        process: subprocess.Popen[str] = subprocess.Popen(  # noqa: S603  # our own words, no shell
            [f"{PROGRAMS}/{program}", f"--dbname=dbname='{quoted}' {WATCH}", "--no-password", *words],
            env=environment,
            text=True,
            **become,
            **streams,
        )
    except FileNotFoundError as error:
        raise RefusedError(f"{program} is not installed.", "ansible-playbook site.yml --tags backup") from error
    return process


def _refused(plan: Plan, program: str, complaints: IO[str]) -> RefusedError:
    complaints.seek(0)
    lines = [line.strip() for line in complaints if line.strip()]
    # What failed comes first; what was given up because of it after that.
    words = "; ".join([line for line in lines if "error" in line.lower() or "FATAL" in line][:2] or lines[-3:])[:600]
    for sign, (meaning, fix) in MEANINGS:
        if sign in words.lower():
            return RefusedError(meaning.format(words=words), fix.format(shared=plan.shared))
    return RefusedError(f"{program} failed: {words or 'it said nothing'}")


def run(plan: Plan, program: str, database: str, *words: str, **streams: Any) -> None:
    """Run one of PostgreSQL's programs to its end. Raises RefusedError."""
    with tempfile.TemporaryFile("w+") as complaints:
        process = _start(plan, program, database, *words, stderr=complaints, **streams)
        try:
            process.wait()
        except BaseException:
            process.kill()
            process.wait()
            raise
        if process.returncode != 0:
            raise _refused(plan, program, complaints)


class Session:
    """One connection to a database. It ends with this process, however that ends, and takes back what it had begun."""

    def __init__(self, plan: Plan, process: subprocess.Popen[str], complaints: IO[str]) -> None:
        self._plan = plan
        self._process = process
        self._complaints = complaints

    def ask(self, statement: str) -> list[Any]:
        """The one column of each row, which must be JSON. Raises RefusedError."""
        asked, answered = self._process.stdin, self._process.stdout
        assert asked is not None  # noqa: S101  # both are pipes
        assert answered is not None  # noqa: S101
        rows: list[Any] = []
        try:
            asked.write(f"{statement};\n\\echo {MARK}\n")
            asked.flush()
            for line in answered:
                if line.rstrip("\n") == MARK:
                    return rows
                rows.append(json.loads(line))
        except BrokenPipeError:
            pass  # it has ended, and said why
        self._process.wait()
        raise _refused(self._plan, "psql", self._complaints)

    def one(self, statement: str) -> Any:
        """The only row."""
        (row,) = self.ask(statement)
        return row


@contextmanager
def connect(plan: Plan, database: str) -> Iterator[Session]:
    with tempfile.TemporaryFile("w+") as complaints:
        quiet = ("--no-psqlrc", "--quiet", "--tuples-only", "--no-align", "--set=ON_ERROR_STOP=1")
        streams = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": complaints}
        process = _start(plan, "psql", database, *quiet, **streams)
        try:
            session = Session(plan, process, complaints)
            session.ask(MANNERS)
            yield session
        except BaseException:
            process.kill()
            raise
        finally:
            process.communicate()  # nothing more is asked, which ends it

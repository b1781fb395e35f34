"""A PostgreSQL of the tests' own: Debian's, in a folder that goes with it, reached through a socket in there only."""

import os
import pwd
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path

import psycopg

BINARIES = Path("/usr/lib/postgresql")
UNPRIVILEGED = "nobody"  # it refuses to run as root
OWNER = "groundwork"
TEMPLATE = "template_of_tests"
# Sorted as people do and not byte by byte, as on many machines: nothing may rely on the one or the other.
LOCALE = ("--encoding=UTF8", "--locale=C.UTF-8", "--locale-provider=icu", "--icu-locale=en")
# Only the app is killed here, never the server.
HASTY = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}
MODEST = {"listen_addresses": "", "max_connections": "200", "shared_buffers": "64MB", "log_min_messages": "fatal"}


def _binary(name: str) -> str:
    found = sorted(BINARIES.glob(f"*/bin/{name}"), key=lambda path: int(path.parts[-3]))
    if not found:
        raise FileNotFoundError("there is no PostgreSQL: apt-get install postgresql")
    return str(found[-1])


class Postgres:
    """`safe`: whether it writes to the disk what it has committed, as a real one does."""

    def __init__(self, *, safe: bool = False) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="groundwork-postgres-"))
        self._as_user = {"user": UNPRIVILEGED, "group": pwd.getpwnam(UNPRIVILEGED).pw_gid, "extra_groups": []}
        if os.geteuid():
            self._as_user = {}
        else:
            shutil.chown(self.folder, UNPRIVILEGED, pwd.getpwnam(UNPRIVILEGED).pw_gid)
        self._options = {**MODEST, "unix_socket_directories": str(self.folder), **({} if safe else HASTY)}
        self._numbers = count(1)

    def _run(self, *command: str) -> None:
        done = subprocess.run(
            command,
            cwd=self.folder,
            capture_output=True,
            text=True,
            check=False,
            env={"PATH": os.environ["PATH"]},
            **self._as_user,  # type: ignore[call-overload]
        )
        assert done.returncode == 0, f"{command[0]}: {done.stdout}{done.stderr}"

    def start(self) -> None:
        data = self.folder / "data"
        if not data.exists():
            self._run(
                _binary("initdb"), "--pgdata", str(data), "--username", OWNER, "--auth=trust", "--no-sync", *LOCALE
            )
        options = " ".join(f"-c {name}={value or chr(39) * 2}" for name, value in self._options.items())
        log = str(self.folder / "log")
        self._run(_binary("pg_ctl"), "--pgdata", str(data), "--wait", "--log", log, "--options", options, "start")

    def stop(self) -> None:
        self._run(_binary("pg_ctl"), "--pgdata", str(self.folder / "data"), "--wait", "--mode=immediate", "stop")

    def remove(self) -> None:
        self.stop()
        shutil.rmtree(self.folder)

    def url(self, name: str) -> str:
        return f"postgresql+psycopg://{OWNER}@/{name}?host={self.folder}"

    def execute(self, statement: str, database: str = "postgres") -> None:
        with psycopg.connect(host=str(self.folder), user=OWNER, dbname=database, autocommit=True) as connection:
            connection.execute(statement.encode())

    def create(self, name: str, template: str = "template0") -> str:
        self.execute(f"CREATE DATABASE {name} TEMPLATE {template}")
        return self.url(name)

    @contextmanager
    def database(self, template: str = TEMPLATE) -> Iterator[str]:
        """The address of one for a single test."""
        name = f"test_{os.getpid()}_{next(self._numbers)}"
        yield self.create(name, template)
        self.execute(f"DROP DATABASE {name} WITH (FORCE)")

"""What the tests see of a machine, with their own eyes: its shell over SSH and its web server from outside.

Nothing here asks the product how it is doing. A test that only
read the product's own report would be as wrong as the report.
"""

from __future__ import annotations

import gzip
import http.client
import json
import shlex
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

PRODUCT = "groundwork"
ROOT = f"/srv/{PRODUCT}"
SHARED = f"{ROOT}/shared"
PRIVATE = f"{SHARED}/private"
SECRETS = f"{SHARED}/secrets"
RUN = f"/run/{PRODUCT}"


class Machine:
    """One machine of the lab, reached over SSH as root."""

    def __init__(self, host: Any, address: str, container: str) -> None:
        self.host = host
        self.address = address
        self.container = container

    def run(self, command: str) -> Any:
        """Run a shell command and return its result, whatever its exit status."""
        return self.host.run(f"sh -c {shlex.quote(command)}")

    def out(self, command: str) -> str:
        """Run a shell command that must succeed and return its output without the last newline."""
        result = self.run(command)
        assert result.rc == 0, f"{command!r} exited {result.rc}\n{result.stdout}\n{result.stderr}"
        return str(result.stdout).rstrip("\n")

    def lines(self, command: str) -> list[str]:
        """Like out(), as the list of its lines."""
        return self.out(command).splitlines()

    def read(self, path: str) -> str:
        """Content of a text file."""
        return self.out(f"cat {shlex.quote(path)}")

    def as_user(self, user: str, command: str) -> Any:
        """Run a shell command as another user; returns its result."""
        return self.run(f"runuser -u {shlex.quote(user)} -- sh -c {shlex.quote(command)}")

    def unit(self, unit: str) -> dict[str, str]:
        """Properties of a systemd unit."""
        pairs = (line.partition("=") for line in self.lines(f"systemctl show {shlex.quote(unit)}"))
        return {name: value for name, _, value in pairs}

    @property
    def slot(self) -> str:
        """Colour of the live instance, from the socket that nginx's upstream points to."""
        return self.out(f"basename $(readlink {RUN}/current.sock) .sock")

    @property
    def api_unit(self) -> str:
        """Unit of the live instance."""
        return f"{PRODUCT}-api@{self.slot}.service"

    @property
    def serving_units(self) -> list[str]:
        """Units of the instances that run, but for one that waits until it is needed (app/standby.py)."""
        every = self.lines(f"systemctl list-units --plain --no-legend --state=active '{PRODUCT}-api@*'")
        units = [line.split()[0] for line in every]
        return [unit for unit in units if not self.waits(unit.partition("@")[2].removesuffix(".service"))]

    def waits(self, colour: str) -> bool:
        """Whether the instance of a colour was asked to wait until it is needed, and was not called since."""
        return bool(self.run(f"test -e {RUN}/{colour}.standby").rc == 0)

    @property
    def release(self) -> str:
        """Id of the live release, from the symlink."""
        return self.out(f"basename $(readlink -f {ROOT}/current)")

    def password(self, name: str) -> str:
        """A generated password from root's private folder."""
        return self.read(f"{PRIVATE}/{name}").strip()


@dataclass(frozen=True)
class Answer:
    """An HTTP answer as it came over the wire: nothing decoded, no redirect followed."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    def header(self, name: str) -> str:
        """Value of a header, empty when there is none; several of one name are joined with a newline."""
        return self.headers.get(name.lower(), "")

    @property
    def text(self) -> str:
        """Body as text, unpacked when it came gzipped."""
        packed = self.header("content-encoding") == "gzip"
        return (gzip.decompress(self.body) if packed else self.body).decode()

    @property
    def json(self) -> Any:
        """Body as JSON."""
        return json.loads(self.text)


class Web:
    """The site as a browser elsewhere in the network meets it."""

    def __init__(self, address: str, port: int = 80) -> None:
        self.address = address
        self.port = port

    def ask(
        self, method: str, path: str, headers: Mapping[str, str] | None = None, body: bytes | None = None
    ) -> Answer:
        """Send one request on a connection of its own."""
        connection = http.client.HTTPConnection(self.address, self.port, timeout=15)
        try:
            connection.request(method, path, body=body, headers=dict(headers or {}))
            response = connection.getresponse()
            found: dict[str, str] = {}
            for name, value in response.getheaders():
                key = name.lower()
                found[key] = f"{found[key]}\n{value}" if key in found else value
            return Answer(response.status, found, response.read())
        finally:
            connection.close()

    def get(self, path: str, **headers: str) -> Answer:
        """GET; header names are written with underscores (accept_encoding="gzip")."""
        return self.ask("GET", path, {name.replace("_", "-"): value for name, value in headers.items()})

    def login(self, username: str, password: str, **extra: str) -> Answer:
        """Log in with the password form."""
        form = urlencode({"grant_type": "password", "username": username, "password": password, **extra}).encode()
        headers = {"Content-Type": "application/x-www-form-urlencoded"}
        return self.ask("POST", "/api/v1/auth/login", headers, form)


def wait_until(what: str, holds: Callable[[], bool], seconds: float) -> float:
    """Wait until something holds and return how long it took; fail with its name when it does not."""
    started = time.monotonic()
    while not holds():
        waited = time.monotonic() - started
        assert waited < seconds, f"after {waited:.1f} s still not: {what}"
        time.sleep(0.1)
    return time.monotonic() - started

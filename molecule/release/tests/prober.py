"""Users at a constant rate: an answer that is late, wrong or missing is one that somebody saw."""

from __future__ import annotations

import http.client
import json
import threading
import time
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass, field
from typing import Self
from urllib.parse import urlencode

EVERY = 0.1  # seconds between two requests of one user
PATIENCE = 30.0  # seconds: failures are counted here, times by bench/
FORM = {"Content-Type": "application/x-www-form-urlencoded"}


@dataclass(frozen=True)
class Complaint:
    """A request that a user would have noticed."""

    at: float
    who: str
    why: str


@dataclass
class Prober:
    """Four users: a new connection each time, a kept one, one who is logged in, and one who reads pages."""

    address: str
    password: str
    sent: int = 0
    complaints: list[Complaint] = field(default_factory=list)

    def __enter__(self) -> Self:
        self._stop = threading.Event()
        self._count = threading.Lock()
        token = self.log_in()
        signed = {"Authorization": f"Bearer {token}"}
        users: list[tuple[str, str, dict[str, str], bool]] = [
            ("new connection", "/api/v1/health/live", {}, False),
            ("kept connection", "/health", {}, True),
            ("logged in", "/api/v1/users/me", signed, True),
            ("page", "/", {}, True),
        ]
        self._threads = [threading.Thread(target=self._user, args=user, daemon=True) for user in users]
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        for thread in self._threads:
            thread.join()

    def log_in(self) -> str:
        """A write: log in, which stores a session; returns the token."""
        form = urlencode({"grant_type": "password", "username": "link-check", "password": self.password})
        with closing(self._connect()) as connection:
            answer = self._ask(connection, "POST", "/api/v1/auth/login", FORM, form)
        return str(json.loads(answer)["access_token"])

    def reads_and_writes(self) -> None:
        """Log in and read who that is; fails the test where either is wrong."""
        headers = {"Authorization": f"Bearer {self.log_in()}"}
        with closing(self._connect()) as connection:
            answer = self._ask(connection, "GET", "/api/v1/users/me", headers, None)
        assert json.loads(answer)["username"] == "link-check"

    @property
    def error_seconds(self) -> float:
        """How long users met errors, from the first to the last."""
        times = [complaint.at for complaint in self.complaints]
        return max(times) - min(times) + EVERY if times else 0.0

    def unnoticed(self) -> None:
        """Nobody saw anything."""
        assert self.sent > 0
        assert self.complaints == []

    def _connect(self) -> http.client.HTTPConnection:
        return http.client.HTTPConnection(self.address, 80, timeout=PATIENCE)

    def _ask(
        self, connection: http.client.HTTPConnection, method: str, path: str, headers: dict[str, str], body: str | None
    ) -> bytes:
        connection.request(method, path, body=body, headers=headers)
        response = connection.getresponse()
        content = response.read()
        if response.status != 200:
            raise http.client.HTTPException(f"{response.status} {content[:100]!r}")
        return content

    def _user(self, who: str, path: str, headers: dict[str, str], keep: bool) -> None:
        connection = self._connect()
        due = time.monotonic()
        while not self._stop.is_set():
            self._once(lambda: self._ask(connection, "GET", path, headers, None), who)
            if not keep or (self.complaints and self.complaints[-1].who == who):
                connection.close()  # the next request opens it again
            due += EVERY
            self._stop.wait(max(0.0, due - time.monotonic()))
        connection.close()

    def _once(self, ask: Callable[[], bytes], who: str) -> None:
        at = time.monotonic()
        try:
            ask()
        except (OSError, http.client.HTTPException) as error:
            self.complaints.append(Complaint(at, who, f"{type(error).__name__}: {error}"))
        with self._count:
            self.sent += 1

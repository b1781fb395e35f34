"""What stays open for long: one stream of events that must miss none, and one slow download that must arrive whole."""

from __future__ import annotations

import http.client
import socket
import subprocess
import threading
import time
from typing import Any

from lab import Machine

RETRY_SECONDS = 0.5
DOWNLOAD_SECONDS = 8.0
PIECE = 4096
# Runs on the machine, as the app's user: an event for everybody each half second, until its input ends.
FEEDER = """
import datetime, select, sqlite3, sys
db = sqlite3.connect(sys.argv[1], timeout=10, isolation_level=None)
(before,) = db.execute("SELECT coalesce(max(id), 0) FROM core_event").fetchone()
while not select.select([sys.stdin], [], [], 0.5)[0]:
    now = datetime.datetime.now(datetime.timezone.utc).replace(tzinfo=None).isoformat(sep=" ")
    db.execute("INSERT INTO core_event (user_id, name, data, created_at) VALUES (NULL, 'bench', '{}', ?)", (now,))
made = db.execute("SELECT id FROM core_event WHERE name = 'bench' AND id > ? ORDER BY id", (before,))
print(*[row[0] for row in made])
"""


class Events:
    """Listens to /api/v1/events as a page does: after an end it connects again and says what it saw last."""

    def __init__(self, address: str, token: Any) -> None:
        self.address, self.token = address, token
        self.received: list[int] = []
        self.failures: list[str] = []
        self.resets = 0
        self.connects = 0
        self.longest_absence = 0.0
        self.greeted = threading.Event()
        self._last = ""
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def _run(self) -> None:
        absent_since = time.monotonic()
        while not self._stop.is_set():
            connection = http.client.HTTPConnection(self.address, timeout=30)
            try:
                headers = {"Authorization": f"Bearer {self.token.value.decode()}", "Accept": "text/event-stream"}
                if self._last:
                    headers["Last-Event-ID"] = self._last
                connection.request("GET", "/api/v1/events", headers=headers)
                answer = connection.getresponse()
                if answer.status != http.client.OK:
                    self.failures.append(f"{answer.status} {answer.read()[:200]!r}")
                else:
                    if self.connects:
                        self.longest_absence = max(self.longest_absence, time.monotonic() - absent_since)
                    self.connects += 1
                    self._read(answer)
            except (OSError, http.client.HTTPException) as error:
                if not self._stop.is_set():
                    self.failures.append(f"{type(error).__name__}: {error}")
            finally:
                absent_since = time.monotonic()
                connection.close()
            self._stop.wait(RETRY_SECONDS)

    def _read(self, answer: http.client.HTTPResponse) -> None:
        name = ""
        while not self._stop.is_set() and (line := answer.readline()):
            key, _, value = line.decode().rstrip("\n").partition(": ")
            if key == "event":
                name = value
            elif key == "id":
                self._last = value
                if name == "bench":
                    self.received.append(int(value))
            elif not key and name:
                self.resets += name == "reset"
                self.greeted.set()
                name = ""

    def end(self) -> None:
        """Stop listening."""
        self._stop.set()
        self._thread.join(timeout=35)


class Feeder:
    """Makes events on the machine."""

    def __init__(self, machine: Machine, database: str) -> None:
        container = machine.connection["lab_container"]
        command = ["podman", "exec", "--interactive", container, "runuser", "-u", "groundwork", "--"]
        self._process = subprocess.Popen(
            [*command, "/usr/bin/python3", "-c", FEEDER, database],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def end(self) -> list[int]:
        """Stop, and return the ids of all events that were made."""
        output, _ = self._process.communicate("\n", timeout=30)
        return [int(word) for word in output.split()]


class Downloads:
    """Reads an export through the app so slowly that each lasts some seconds, one after the other."""

    def __init__(self, address: str, token: Any, path: str) -> None:
        self.address, self.token, self.path = address, token, path
        self.whole = 0
        self.bytes = 0
        self.failures: list[str] = []
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def _run(self) -> None:
        expected = 500_000
        while not self._stop.is_set():
            connection = http.client.HTTPConnection(self.address, timeout=30)
            try:
                connection.connect()
                # A small window, so that the kernel does not swallow the whole answer at once.
                connection.sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 16_384)
                connection.request("GET", self.path, headers={"Authorization": f"Bearer {self.token.value.decode()}"})
                answer = connection.getresponse()
                size = 0
                while piece := answer.read(PIECE):
                    size += len(piece)
                    time.sleep(DOWNLOAD_SECONDS * len(piece) / expected)
                if answer.length:  # the library says nothing when a body of known length ends early
                    self.failures.append(f"it ended {answer.length} bytes early")
                elif answer.status == http.client.OK:
                    self.whole, self.bytes, expected = self.whole + 1, size, max(size, PIECE)
                else:
                    self.failures.append(f"status {answer.status}")
            except (OSError, http.client.HTTPException) as error:
                self.failures.append(f"{type(error).__name__}: {error}")
            finally:
                connection.close()
            self._stop.wait(1)

    def end(self) -> None:
        """Let the running download finish, and stop."""
        self._stop.set()
        self._thread.join(timeout=60)

"""One signed-in session for all clients of a measurement."""

from __future__ import annotations

import http.client
import json
import multiprocessing
import threading
import uuid
from typing import Any
from urllib.parse import urlencode

REFRESH_SECONDS = 300


class Session:
    """One log-in for everything, kept fresh, so that no limit of log-ins is met. `token` is shared with the workers."""

    def __init__(self, address: str, password: str) -> None:
        self.address = address
        self.token: Any = multiprocessing.get_context("spawn").Array("c", 4096)
        form = urlencode({"grant_type": "password", "username": "admin", "password": password})
        self._take(*self.ask("POST", "/api/v1/auth/login", form, {"Content-Type": "application/x-www-form-urlencoded"}))
        self.failures: list[str] = []
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._keep_fresh, daemon=True)
        self._thread.start()

    def ask(
        self, method: str, path: str, body: str | None = None, headers: dict[str, str] | None = None
    ) -> tuple[int, str, str]:
        """One request; its status, body and cookie."""
        connection = http.client.HTTPConnection(self.address, timeout=60)
        try:
            connection.request(method, path, body, headers or {})
            answer = connection.getresponse()
            return answer.status, answer.read().decode(), (answer.getheader("Set-Cookie") or "").split(";")[0]
        finally:
            connection.close()

    def signed(self, method: str, path: str, body: str | None = None, content_type: str = "application/json") -> str:
        """One request with the token; its body. It must succeed."""
        headers = {"Authorization": f"Bearer {self.token.value.decode()}", "Content-Type": content_type}
        status, text, _ = self.ask(method, path, body, headers)
        if status // 100 != http.client.OK // 100:
            raise RuntimeError(f"{method} {path} answered {status}: {text[:300]}")
        return text

    def send_file(self, path: str, name: str, text: str) -> str:
        """Upload one file as a form does."""
        edge = uuid.uuid4().hex
        head = f'Content-Disposition: form-data; name="file"; filename="{name}"\r\nContent-Type: application/json'
        form = f"--{edge}\r\n{head}\r\n\r\n{text}\r\n--{edge}--\r\n"
        return self.signed("POST", path, form, f"multipart/form-data; boundary={edge}")

    def _take(self, status: int, text: str, cookie: str) -> None:
        if status != http.client.OK:
            raise RuntimeError(f"signing in answered {status}: {text[:300]}")
        self.token.value = json.loads(text)["access_token"].encode()
        self._cookie = cookie

    def _keep_fresh(self) -> None:
        while not self._stop.wait(REFRESH_SECONDS):
            try:
                self._take(
                    *self.ask(
                        "POST", "/api/v1/auth/refresh", None, {"Cookie": self._cookie, "X-Requested-With": "bench"}
                    )
                )
            except (OSError, RuntimeError, http.client.HTTPException) as error:
                self.failures.append(str(error))

    def end(self) -> None:
        self._stop.set()
        self._thread.join()

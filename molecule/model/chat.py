"""The chat as a program uses it: ask, follow the events of the answer, look at what was kept."""

from __future__ import annotations

import http.client
import json
import time
from dataclasses import dataclass, field
from typing import Any

from witness import Answer, Machine, Web


@dataclass
class Told:
    """What came while an answer was written: each event with the second it came at."""

    began: float
    events: list[tuple[float, str, dict[str, Any]]] = field(default_factory=list)

    @property
    def text(self) -> str:
        """The answer, put together."""
        return "".join(str(data.get("text") or "") for _, name, data in self.events if name == "delta")

    @property
    def moments(self) -> list[float]:
        """Seconds after the question at which words came."""
        return [moment - self.began for moment, name, _ in self.events if name == "delta"]


class Chat:
    """One person's chat."""

    def __init__(self, machine: Machine, web: Web) -> None:
        login = web.login("admin", machine.password("first-password"))
        assert login.status == 200, login.text
        self.web = web
        self.rights = {"Authorization": f"Bearer {login.json['access_token']}"}

    def ask(self, method: str, path: str, body: dict[str, Any] | None = None) -> Answer:
        """One request to the api."""
        headers = self.rights | {"Content-Type": "application/json"}
        sent = None if body is None else json.dumps(body).encode()
        return self.web.ask(method, f"/api/v1{path}", headers, sent)

    def providers(self) -> dict[str, dict[str, Any]]:
        """Reachable model servers by their kind."""
        found = self.ask("GET", "/chat-models")
        assert found.status == 200, found.text
        return {each["kind"]: each for each in found.json["providers"] if each["is_reachable"]}

    def conversation(self, kind: str, **more: Any) -> int:
        """Begin one with the server of this kind."""
        provider = self.providers()[kind]
        wanted = {"provider_id": provider["id"], "model": provider["models"][0]["name"], **more}
        made = self.ask("POST", "/conversations", wanted)
        assert made.status == 201, made.text
        return int(made.json["id"])

    def say(self, conversation: int, text: str) -> dict[str, Any]:
        """Ask something; the 202."""
        sent = self.ask("POST", f"/conversations/{conversation}/messages", {"content": text})
        assert sent.status == 202, sent.text
        return dict(sent.json)

    def follow(self, job: int, *, until: str = "end", times: int = 1, seconds: float = 120) -> Told:
        """Read the events of an answer as a page does, until so many of this name."""
        told = Told(time.monotonic())
        connection = http.client.HTTPConnection(self.web.address, self.web.port, timeout=seconds)
        try:
            connection.request("GET", f"/api/v1/jobs/{job}/events", headers=self.rights)
            response = connection.getresponse()
            assert response.status == 200, response.read()
            name, data = "", ""
            while True:
                line = response.readline().decode()
                assert line, f"the stream ended before {until}: {told.events}"
                word, _, rest = line.rstrip("\n").partition(": ")
                if word == "event":
                    name = rest
                elif word == "data":
                    data = rest
                elif not line.strip() and name:
                    told.events.append((time.monotonic(), name, json.loads(data or "{}")))
                    if [each for _, each, _ in told.events].count(until) == times:
                        return told
                    name, data = "", ""
        finally:
            connection.close()

    def answer(self, conversation: int) -> dict[str, Any]:
        """The last message of a conversation."""
        return dict(self.ask("GET", f"/conversations/{conversation}/messages").json["items"][-1])

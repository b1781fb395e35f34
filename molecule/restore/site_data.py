"""Data of every kind, made through the api as people make them."""

from __future__ import annotations

import json
import secrets
import struct
import zlib
from typing import Any

from witness import Answer, Machine, Web, wait_until

JSON = {"Content-Type": "application/json"}


def picture() -> bytes:
    """A PNG of one pixel a side times eight."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    rows = b"".join(b"\0" + b"\x20\x60\xa0" * 8 for _ in range(8))
    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", struct.pack(">IIBBBBB", 8, 8, 8, 2, 0, 0, 0))
        + chunk(b"IDAT", zlib.compress(rows))
        + chunk(b"IEND", b"")
    )


class Person:
    """Somebody who is logged in."""

    def __init__(self, web: Web, username: str, password: str) -> None:
        login = web.login(username, password)
        assert login.status == 200, login.text
        self.web = web
        self.rights = {"Authorization": f"Bearer {login.json['access_token']}"}
        self.cookie = login.header("set-cookie").partition(";")[0]

    def ask(self, method: str, path: str, body: Any = None, **headers: str) -> Answer:
        """One request to the api, which must be answered well."""
        sent = body if isinstance(body, bytes) else None if body is None else json.dumps(body).encode()
        answer = self.web.ask(method, f"/api/v1{path}", self.rights | JSON | headers, sent)
        assert answer.status < 300, f"{method} {path}: {answer.status} {answer.text}"
        return answer

    def job(self, accepted: Answer) -> None:
        """Wait until a job is done."""
        path = accepted.header("location").removeprefix("/api/v1")
        wait_until("the job is done", lambda: self.ask("GET", path).json["state"] == "done", 90)

    def upload(self, path: str, content: bytes) -> Answer:
        """A file, as a browser's form sends it."""
        head = b'--x\r\nContent-Disposition: form-data; name="file"; filename="me.png"\r\n\r\n'
        form = {"Content-Type": "multipart/form-data; boundary=x"}
        return self.ask("PUT", path, head + content + b"\r\n--x--\r\n", **form)


def make_everything(machine: Machine, web: Web) -> dict[str, Any]:
    """A row of every kind, and files; what is needed to find them again."""
    admin = Person(web, "admin", machine.password("first-password"))
    mark = secrets.token_hex(3)  # so that the tests can run again on a machine that was kept
    mei = (f"mei-{mark}", "correct horse battery staple")
    admin.ask("POST", "/users", {"username": mei[0], "display_name": "美 " * 20, "password": mei[1]})
    admin.ask("POST", "/dictionaries", {"code": f"shades_{mark}", "name": f"Shades {mark}"})
    admin.ask("POST", "/activation-codes", {"count": 50, "days": 30, "note": "a batch"})
    sealed = {
        "name": f"far away {mark}",
        "kind": "openai",
        "base_url": "https://models.example.org/v1",
        "key": "sealed-canary",
    }
    admin.ask("POST", "/chat-providers", sealed)
    models = admin.ask("GET", "/chat-models").json["providers"]
    builtin = next(each for each in models if each["kind"] == "builtin")
    wanted = {"provider_id": builtin["id"], "model": builtin["models"][0]["name"]}
    conversation = admin.ask("POST", "/conversations", wanted).json["id"]
    admin.job(admin.ask("POST", f"/conversations/{conversation}/messages", {"content": "你好, is this kept?"}))
    painter = admin.ask("GET", "/image-options").json["providers"][0]
    wish = {"prompt": "a lighthouse", "provider_id": painter["id"], "size": painter["by_model"][0]["sizes"][0]}
    admin.job(admin.ask("POST", "/generate/text2image", wish))
    admin.upload("/users/me/avatar", picture())
    admin.ask("POST", "/jobs/ping", {"text": "kept"})
    stays = Person(web, "admin", machine.password("first-password"))
    return {
        "password": machine.password("first-password"),
        "cookie": stays.cookie,
        "conversation": conversation,
        "mei": mei,
    }

"""A real nginx in front of a simulated app on a unix socket, and one call to run one kind of check."""

from __future__ import annotations

import gzip
import json
import os
import shutil
import socket
import socketserver
import subprocess
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any

import pytest
from ansible.module_utils.link_check import table
from ansible.module_utils.link_check.model import Context

PAGE = """<!doctype html><html><head><link rel="stylesheet" href="/assets/app-1.css"><link rel="canonical" href="/x">
<link rel="icon" href="data:,"><script type="module" src="/assets/app-1.js"></script></head>
<body><div id="app"></div></body></html>"""
SCRIPT = b"console.log('a build')" * 50
Look = Callable[..., dict[str, Any]]


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def wait_for(condition: Callable[[], bool], what: str, seconds: float = 10) -> None:
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, f"{what} did not happen within {seconds} s"
        time.sleep(0.02)


@dataclass
class SimulatedApp:
    """What a test changes about the app's answers."""

    password: str = "the canary password"
    username_told: str = "link-check"
    token_works: bool = True
    logout_revokes: bool = True
    release: str = "r1"
    ready_status: int = 200
    ready: list[dict[str, Any]] = field(default_factory=list)
    override: dict[str, tuple[int, str, str]] = field(default_factory=dict)  # path -> status, content type, body
    delay: float = 0
    job: dict[str, Any] = field(default_factory=lambda: {"state": "done", "result": {"release": "r1"}})
    jobs: dict[str, Any] = field(default_factory=lambda: {"oldest_queued_seconds": None})
    location: str = "/api/v1/jobs/7"
    cancelled: list[str] = field(default_factory=list)
    tokens: set[str] = field(default_factory=set)
    seen_hosts: set[str] = field(default_factory=set)

    def answer(self, method: str, path: str, body: str, token: str) -> tuple[int, str, str]:
        """Status, content type, body."""
        if path in self.override:
            return self.override[path]
        if path == "/health":
            return 200, "application/json", json.dumps({"status": "ok", "release": self.release})
        if path == "/api/v1/health/ready":
            return self.ready_status, "application/json", json.dumps({"status": "?", "checks": self.ready})
        if path == "/api/v1/auth/login" and method == "POST":
            if self.password.replace(" ", "+") not in body:
                # As some apps do: what was sent comes back in the answer.
                problem = json.dumps({"code": "invalid_credentials", "detail": body})
                return 401, "application/problem+json", problem
            self.tokens.add("t1")
            return 200, "application/json", json.dumps({"access_token": "t1"})
        if path == "/api/v1/health/jobs":
            return 200, "application/json", json.dumps(self.jobs)
        if path.startswith("/api/v1/jobs/") and token in self.tokens and self.token_works:
            return self.answer_job(method, path)
        if path == "/api/v1/users/me" and token in self.tokens and self.token_works:
            return 200, "application/json", json.dumps({"username": self.username_told})
        if path == "/api/v1/auth/logout" and method == "POST":
            if self.logout_revokes:
                self.tokens.discard(token)
            return 204, "", ""
        return 401, "application/problem+json", json.dumps({"code": "not_authenticated"})

    def answer_job(self, method: str, path: str) -> tuple[int, str, str]:
        """A ping is taken on and becomes the job that the test wants."""
        if (method, path) == ("POST", "/api/v1/jobs/ping"):
            return 202, "application/json", json.dumps({"id": 7})
        if (method, path) == ("POST", "/api/v1/jobs/7/cancel"):
            self.cancelled.append(path)
            return 202, "application/json", "{}"
        return 200, "application/json", json.dumps({"id": 7} | self.job)


class UnixServer(socketserver.ThreadingMixIn, socketserver.UnixStreamServer):
    daemon_threads = True


def serve(app: SimulatedApp, path: Path) -> UnixServer:
    class Handler(BaseHTTPRequestHandler):
        def address_string(self) -> str:
            return "unix"

        def log_message(self, format: str, *args: Any) -> None:
            """Quiet: the test asserts what was answered."""

        def do_GET(self) -> None:
            time.sleep(app.delay)
            app.seen_hosts.add(self.headers.get("Host", ""))
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0)).decode()
            token = self.headers.get("Authorization", "").removeprefix("Bearer ")
            status, kind, text = app.answer(self.command, self.path, body, token)
            self.send_response(status)
            if kind:
                self.send_header("Content-Type", kind)
            if status == 202:
                self.send_header("Location", app.location)
            self.send_header("Set-Cookie", "refresh=abc; HttpOnly; Path=/api/v1/auth")
            self.send_header("Content-Length", str(len(text.encode())))
            self.end_headers()
            self.wfile.write(text.encode())

        do_POST = do_GET  # noqa: N815 (the base class's name)

    server = UnixServer(str(path), Handler)
    path.chmod(0o666)
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
    return server


@dataclass
class Site:
    folder: Path
    dist: Path
    socket: Path
    port: int
    nginx: int
    app: SimulatedApp

    @property
    def context(self) -> Context:
        return Context(url=f"http://127.0.0.1:{self.port}", release="r1", socket=str(self.socket), timeout=2)


CONFIG = """
daemon off; {user} worker_processes 1; pid {folder}/nginx.pid; error_log {folder}/error.log;
events {{ worker_connections 64; }}
http {{
  types {{ text/html html; text/css css; text/javascript js; application/json json; }}
  access_log off; gzip_static on; proxy_read_timeout 500ms;
  client_body_temp_path {folder}/t1; proxy_temp_path {folder}/t2; fastcgi_temp_path {folder}/t3;
  uwsgi_temp_path {folder}/t4; scgi_temp_path {folder}/t5;
  server {{
    listen 127.0.0.1:{port}; root {folder}/dist;
    location / {{ try_files $uri /index.html; }}
    location /assets/ {{ try_files $uri =404; }}
    location /moved {{ return 302 /login; }}
    location ~ ^/(api|health) {{ proxy_pass http://unix:{folder}/app.sock; proxy_set_header Host $host; }}
  }}
}}
"""


@pytest.fixture(scope="session")
def open_folder() -> Iterator[Path]:
    """A folder whose parents every user may enter, which pytest's own temporary folders are not."""
    folder = Path(tempfile.mkdtemp(prefix="link-check-"))
    folder.chmod(0o755)
    yield folder
    shutil.rmtree(folder)


@pytest.fixture(scope="session")
def running_site(open_folder: Path) -> Iterator[Site]:
    program = shutil.which("nginx", path=f"{os.environ['PATH']}:/usr/sbin")
    assert program, "these tests ask a real nginx: apt-get install nginx-light"
    folder = open_folder / "site"
    (folder / "dist").mkdir(parents=True)
    port = free_port()
    user = "user www-data;" if os.geteuid() == 0 else ""
    config = folder / "nginx.conf"
    config.write_text(CONFIG.format(folder=folder, port=port, user=user))
    # -e: without it nginx opens the system's error log before it has read where ours is.
    with subprocess.Popen([program, "-e", str(folder / "error.log"), "-c", str(config), "-p", str(folder)]) as nginx:
        try:
            wait_for(lambda: nginx.poll() is not None or _answers(port), "nginx listening")
            assert nginx.poll() is None, (folder / "error.log").read_text()
            yield Site(folder, folder / "dist", folder / "app.sock", port, nginx.pid, SimulatedApp())
        finally:
            nginx.terminate()
            nginx.wait(10)


def _answers(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


@pytest.fixture
def site(running_site: Site) -> Iterator[Site]:
    """The same nginx, with a fresh build and a fresh app, both good."""
    shutil.rmtree(running_site.dist)
    assets = running_site.dist / "assets"
    assets.mkdir(parents=True)
    (running_site.dist / "index.html").write_text(PAGE)
    (running_site.dist / "release.json").write_text('{"id": "r1"}')
    (assets / "app-1.css").write_text("body{}")
    (assets / "app-1.js").write_bytes(SCRIPT)
    (assets / "app-1.js.gz").write_bytes(gzip.compress(SCRIPT))
    running_site.app = SimulatedApp(ready=[{"name": "database", "ok": True}, {"name": "migrations", "ok": True}])
    server = serve(running_site.app, running_site.socket)
    yield running_site
    server.shutdown()
    server.server_close()
    running_site.socket.unlink(missing_ok=True)


@pytest.fixture(scope="session")
def look() -> Look:
    """Runs one check as the table does, and returns its row."""

    def run(kind: str, context: Any = None, **arguments: Any) -> dict[str, Any]:
        described = {"id": "row", "hop": "a → b", "check": "it works", "kind": kind, "fix": "the row's fix"}
        checks = table.prepare([described | {"with": arguments}])
        [row] = table.run(context or Context(url="http://127.0.0.1:1", timeout=2), checks)
        return dict(row)

    return run

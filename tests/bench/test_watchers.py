"""The stream of events and the slow download: what they miss must be counted."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import SimpleNamespace
from typing import Any

import pytest

TOKEN = SimpleNamespace(value=b"secret")
Handle = Callable[[BaseHTTPRequestHandler], None]


@pytest.fixture
def serve() -> Iterator[Callable[[Handle], str]]:
    """Serve with a handler; returns host:port."""
    servers: list[ThreadingHTTPServer] = []

    def start(handle: Handle) -> str:
        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                handle(self)

            def log_message(self, *_: object) -> None:
                """Says nothing."""

        server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        servers.append(server)
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
        return f"127.0.0.1:{server.server_port}"

    yield start
    for server in servers:
        server.shutdown()
        server.server_close()


def stream(request: BaseHTTPRequestHandler, ids: list[int]) -> None:
    """A hello, then these events, then the end."""
    request.send_response(200)
    request.send_header("Content-Type", "text/event-stream")
    request.end_headers()
    seen = int(request.headers.get("Last-Event-ID", "0"))
    request.wfile.write(f"event: hello\nid: {seen}\ndata: {json.dumps({'release': 'r1'})}\n\n".encode())
    for number in ids:
        request.wfile.write(f"event: bench\nid: {number}\ndata: {{}}\n\n".encode())


def until(holds: Callable[[], bool]) -> None:
    end = time.monotonic() + 10
    while not holds():
        assert time.monotonic() < end
        time.sleep(0.02)


def test_events_go_on_where_the_last_stream_ended(bench: Any, serve: Callable[[Handle], str]) -> None:
    asked: list[str | None] = []

    def handle(request: BaseHTTPRequestHandler) -> None:
        asked.append(request.headers.get("Last-Event-ID"))
        assert request.headers["Authorization"] == "Bearer secret"
        first = int(asked[-1] or 0) + 1
        stream(request, [first, first + 1] if first < 5 else [])

    events = bench("watchers").Events(serve(handle), TOKEN)
    until(lambda: len(asked) >= 4)
    events.end()
    assert asked[:3] == [None, "2", "4"]
    assert events.received == [1, 2, 3, 4]
    assert (events.failures, events.greeted.is_set()) == ([], True)
    assert 0.4 <= events.longest_absence < 5


def test_a_refused_stream_is_a_failure(bench: Any, serve: Callable[[Handle], str]) -> None:
    def handle(request: BaseHTTPRequestHandler) -> None:
        request.send_error(502)

    events = bench("watchers").Events(serve(handle), TOKEN)
    until(lambda: bool(events.failures))
    events.end()
    assert events.failures[0].startswith("502")
    assert events.connects == 0


def test_nobody_there_is_a_failure(bench: Any) -> None:
    events = bench("watchers").Events("127.0.0.1:9", TOKEN)
    until(lambda: bool(events.failures))
    events.end()
    assert "ConnectionRefused" in events.failures[0]


def known_length(request: BaseHTTPRequestHandler, sent: int) -> None:
    request.send_header("Content-Length", "20000")
    request.end_headers()
    request.wfile.write(b"x" * sent)


def in_chunks(request: BaseHTTPRequestHandler, sent: int) -> None:
    request.send_header("Transfer-Encoding", "chunked")
    request.end_headers()
    for _ in range(sent // 1000):
        request.wfile.write(b"3e8\r\n" + b"x" * 1000 + b"\r\n")
    request.wfile.write(b"0\r\n\r\n" if sent == 20_000 else b"")


@pytest.mark.parametrize("answer", [known_length, in_chunks])
@pytest.mark.parametrize(("sent", "broken"), [(20_000, False), (9_000, True)])
def test_a_download_that_ends_early_is_broken(
    bench: Any,
    serve: Callable[[Handle], str],
    monkeypatch: pytest.MonkeyPatch,
    answer: Callable[[BaseHTTPRequestHandler, int], None],
    sent: int,
    broken: bool,
) -> None:
    monkeypatch.setattr(bench("watchers"), "DOWNLOAD_SECONDS", 0.1)

    def handle(request: BaseHTTPRequestHandler) -> None:
        request.protocol_version = "HTTP/1.1"
        request.close_connection = True
        request.send_response(200)
        answer(request, sent)

    downloads = bench("watchers").Downloads(serve(handle), TOKEN, "/export")
    until(lambda: bool(downloads.whole or downloads.failures))
    downloads.end()
    assert (bool(downloads.whole), bool(downloads.failures)) == (not broken, broken)

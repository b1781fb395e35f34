"""A small HTTP client that explains, in words, why an answer is not what it should be."""

from __future__ import annotations

import http.client
import json
import os
import socket
import ssl
import stat
import time
from dataclasses import dataclass
from typing import Any
from urllib.parse import SplitResult, urlsplit

from .model import CheckFailedError, Context

LARGEST_BODY = 64 * 1024 * 1024  # more than any asset; a runaway answer must not fill the machine's memory


@dataclass(frozen=True)
class Answer:
    status: int
    headers: http.client.HTTPMessage
    body: bytes

    @property
    def content_type(self) -> str:
        return str(self.headers.get("Content-Type", "")).split(";")[0].strip().lower()

    @property
    def text(self) -> str:
        return self.body.decode("utf-8", "replace")

    def json(self) -> dict[str, Any]:
        """The body as a JSON object; raises CheckFailedError in words when it is something else."""
        try:
            document = json.loads(self.body)
        except ValueError:
            document = None
        if not isinstance(document, dict):
            kind = self.content_type or "no content type"
            raise CheckFailedError(
                f"{self.status} {kind}, not JSON",
                f"the answer is {kind} where JSON was expected: another location or program answers this path",
            )
        return document

    @property
    def brief(self) -> str:
        """Status and, for problem details, the stable code; never the body, which may repeat what was sent."""
        code = ""
        if self.content_type == "application/problem+json":
            try:
                code = str(json.loads(self.body).get("code", ""))[:60]
            except (ValueError, AttributeError):
                code = "unreadable problem details"
        return f"{self.status} {code}".strip()


def ask(
    context: Context,
    path: str,
    *,
    method: str = "GET",
    headers: dict[str, str] | None = None,
    body: bytes | None = None,
) -> Answer:
    """One request to the context's URL. Raises CheckFailedError, naming the cause, when there is no whole answer."""
    target = urlsplit(context.url)
    deadline = time.monotonic() + context.timeout
    sent = {"User-Agent": "link-check", "Connection": "close", "Accept-Encoding": "identity"}
    if context.host_header:
        sent["Host"] = context.host_header
    sent.update(headers or {})
    connection = _connection(target, context.timeout)
    try:
        connection.connect()
        if target.scheme == "https":
            name = context.host_header.split(":")[0] or target.hostname
            connection.sock = ssl.create_default_context().wrap_socket(connection.sock, server_hostname=name)
        prefix = "" if target.scheme == "unix" else target.path.rstrip("/")
        connection.request(method, prefix + path, body=body, headers=sent)
        response = connection.getresponse()
        answer = Answer(response.status, response.headers, _read(response, deadline))
    except (OSError, http.client.HTTPException) as error:
        raise no_answer(error, target, context) from error
    finally:
        connection.close()
    _refuse_truncated(answer, method)
    return answer


class _UnixConnection(http.client.HTTPConnection):
    """HTTP through a unix socket, for an instance that nobody meets yet."""

    def __init__(self, path: str, timeout: float) -> None:
        super().__init__("localhost", timeout=timeout)
        self._path = path

    def connect(self) -> None:
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(self.timeout)
        self.sock.connect(self._path)


def _connection(target: SplitResult, timeout: float) -> http.client.HTTPConnection:
    if target.scheme == "unix":
        return _UnixConnection(target.path, timeout)
    return http.client.HTTPConnection(target.hostname or "", target.port or _default_port(target), timeout=timeout)


def _default_port(target: SplitResult) -> int:
    return 443 if target.scheme == "https" else 80


def _read(response: http.client.HTTPResponse, deadline: float) -> bytes:
    # The socket's timeout is per read: without this deadline a server that drips bytes would hold the table for ever.
    chunks: list[bytes] = []
    size = 0
    while chunk := response.read1(65536):
        chunks.append(chunk)
        size += len(chunk)
        if time.monotonic() > deadline:
            raise TimeoutError
        if size > LARGEST_BODY:
            raise http.client.HTTPException(f"the answer is larger than {LARGEST_BODY} bytes")
    return b"".join(chunks)


def _refuse_truncated(answer: Answer, method: str) -> None:
    length = answer.headers.get("Content-Length")
    if method != "HEAD" and length and length.isdigit() and int(length) != len(answer.body):
        raise CheckFailedError(
            f"{answer.status}, {len(answer.body)} of {length} bytes",
            "the answer broke off before its announced end",
        )


def no_answer(error: Exception, target: SplitResult, context: Context) -> CheckFailedError:
    """The words for a request that got no whole answer."""
    host, port = target.hostname, target.port or _default_port(target)
    if target.scheme == "unix":
        reason = getattr(error, "strerror", None) or str(error) or type(error).__name__
        return CheckFailedError("no answer", f"the socket {target.path}: {reason}")
    if isinstance(error, ConnectionRefusedError):
        return CheckFailedError("connection refused", f"nobody listens on port {port} of {host}")
    if isinstance(error, TimeoutError):
        return CheckFailedError("no answer", f"{host}:{port} gave no whole answer within {context.timeout:g} s")
    if isinstance(error, socket.gaierror):
        return CheckFailedError("name not known", f"the name {host} does not resolve on this machine")
    if isinstance(error, ssl.SSLCertVerificationError):
        return CheckFailedError("certificate refused", f"the certificate is not trusted: {error.verify_message}")
    if isinstance(error, ssl.SSLError):
        return CheckFailedError("no TLS", f"port {port} does not speak TLS: {error.reason or error}")
    if isinstance(error, (http.client.RemoteDisconnected, ConnectionResetError, BrokenPipeError)):
        return CheckFailedError("connection closed", f"{host}:{port} closed the connection without an answer")
    if isinstance(error, OSError) and error.strerror:
        return CheckFailedError("no answer", f"{host}:{port}: {error.strerror}")
    return CheckFailedError("not HTTP", f"what {host}:{port} answers is not HTTP ({type(error).__name__})")


def explain_status(context: Context, answer: Answer, path: str) -> str:
    """Why a path answers this status instead of the wanted one."""
    status = answer.status
    if status == 502:
        return f"nginx answers 502: {explain_socket(context)}"
    words = {
        401: "the app does not accept who is asking",
        403: "the web server may not read what is behind it, or a rule forbids it",
        404: "nothing is served there: a file or a route is missing, or the request goes to another place",
        405: "the request reached something that does not take this method: it goes to another place",
        429: "too many attempts: the app's limit refuses for now",
        500: "the program that answered failed inside: its error log says where",
        503: "the app says that it cannot serve now",
        504: "the app did not answer nginx in time",
    }
    if 300 <= status < 400:
        return f"{path} is redirected to {answer.headers.get('Location', 'nowhere')}"
    return f"{path} answers {status}: {words.get(status, 'not the expected status')}"


def explain_socket(context: Context) -> str:
    """What is wrong with the upstream's unix socket, as far as this machine can tell."""
    path = context.socket
    if not path:
        return "the app behind it does not answer"
    if not os.path.lexists(path):
        return f"the upstream socket {path} does not exist"
    real = os.path.realpath(path)
    if not os.path.exists(real):  # noqa: PTH110 (the same subject in the same words as above)
        return f"the upstream socket {path} points to {real}, which does not exist: that instance does not run"
    mode = os.stat(real).st_mode  # noqa: PTH116
    if not stat.S_ISSOCK(mode):
        return f"{real} is not a socket"
    probe = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    probe.settimeout(context.timeout)
    try:
        probe.connect(real)
    except ConnectionRefusedError:
        return f"the upstream socket {real} is there, but no program accepts on it: the app has died"
    except OSError as error:
        return f"the upstream socket {real} cannot be reached: {error.strerror or 'no answer'}"
    finally:
        probe.close()
    if not mode & stat.S_IWOTH:
        return f"the upstream socket {real} has mode {stat.S_IMODE(mode):04o}: nginx's user may not write to it"
    return f"the upstream socket {real} accepts connections, so the app broke off its answer: see its log and nginx's"

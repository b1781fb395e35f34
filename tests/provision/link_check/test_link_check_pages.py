"""Front page, single paths and the reasons for a missing answer, asked of a real nginx."""

from __future__ import annotations

import gzip
import os
import socket
import ssl
import subprocess
import threading
from collections.abc import Iterator
from http.server import HTTPServer, SimpleHTTPRequestHandler
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from ansible.module_utils.link_check.model import Context

if TYPE_CHECKING:
    from tests.provision.link_check.conftest import Look, Site

needs_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root can take rights away from nginx's user")


def test_front_page_with_its_assets_is_ok(site: Site, look: Look) -> None:
    row = look("front_page", site.context)
    assert row["ok"], row
    assert row["observed"] == "200, 2 assets 200, 1 of them compressed"
    assert row["cause"] == row["fix"] == ""


def test_front_page_sends_the_host_header(site: Site, look: Look) -> None:
    context = Context(url=site.context.url, host_header="shop.example", timeout=2)
    assert look("status", context, path="/health")["ok"]
    assert site.app.seen_hosts == {"shop.example"}


@pytest.mark.parametrize(
    ("page", "cause"),
    [
        ("<html><script src='/assets/app-1.js'></script></html>", "another page than the app's is served"),
        ("<div id='app'></div>", "index.html is not the build's: it loads no script"),
        (
            "<div id='app'></div><script src='/assets/gone.js'></script>",
            "/assets/gone.js answers 404: nothing is served",
        ),
        ("<div id='app'></div><script src='/gone.js'></script>", "/gone.js answers index.html: the file is missing"),
        ("<div id='app'></div><script src='assets/app-1.js'></script><img src='/health/x'>", "/health/x answers 401"),
    ],
)
def test_front_page_fails(site: Site, look: Look, page: str, cause: str) -> None:
    (site.dist / "index.html").write_text(page)
    row = look("front_page", site.context)
    assert not row["ok"]
    assert cause in row["cause"]
    assert row["fix"] == "the row's fix"


def test_front_page_does_not_ask_other_sites(site: Site, look: Look) -> None:
    page = site.dist / "index.html"
    page.write_text(page.read_text() + "<img src='https://elsewhere.example/x.png'>")
    row = look("front_page", site.context)
    assert row["ok"]
    assert row["observed"].endswith("1 on other sites not asked")


@pytest.mark.parametrize(
    ("packed", "cause"),
    [(gzip.compress(b"older"), "one of the two is stale"), (b"not gzip", "cannot be unpacked")],
)
def test_front_page_sees_a_bad_compressed_copy(site: Site, look: Look, packed: bytes, cause: str) -> None:
    (site.dist / "assets" / "app-1.js.gz").write_bytes(packed)
    assert cause in look("front_page", site.context)["cause"]


@needs_root
def test_front_page_that_nginx_may_not_read(site: Site, look: Look) -> None:
    (site.dist / "index.html").chmod(0o600)
    row = look("front_page", site.context)
    assert row["observed"] == "403"
    assert "may not read" in row["cause"]


@pytest.mark.parametrize(
    "arguments",
    [
        {"path": "/dashboard", "contains": '<div id="app"', "content_type": "text/html"},
        {"path": "/assets/gone.js", "status": 404, "absent": '<div id="app"'},
        {"path": "/health", "content_type": "application/json"},
        {"path": "/moved", "status": 302},
    ],
)
def test_status_ok(site: Site, look: Look, arguments: dict[str, Any]) -> None:
    row = look("status", site.context, **arguments)
    assert row["ok"], row


@pytest.mark.parametrize(
    ("arguments", "cause"),
    [
        ({"path": "/assets/gone.js"}, "/assets/gone.js answers 404: nothing is served there"),
        ({"path": "/gone.js", "status": 404}, "/gone.js answers index.html instead of 404"),
        ({"path": "/moved"}, "/moved is redirected to http"),
        ({"path": "/", "contains": "other words"}, "/ answers, but without 'other words'"),
        ({"path": "/", "absent": "<div"}, "/ answers with '<div', which must not be there"),
        ({"path": "/health", "content_type": "text/html"}, "/health answers application/json"),
    ],
)
def test_status_fails(site: Site, look: Look, arguments: dict[str, Any], cause: str) -> None:
    row = look("status", site.context, **arguments)
    assert not row["ok"]
    assert cause in row["cause"]


def test_502_without_a_socket(site: Site, look: Look) -> None:
    site.socket.unlink()
    row = look("status", site.context, path="/health")
    assert row["observed"].startswith("502")
    assert row["cause"] == f"nginx answers 502: the upstream socket {site.socket} does not exist"


def test_502_with_a_link_to_nowhere(site: Site, look: Look) -> None:
    site.socket.unlink()
    site.socket.symlink_to(site.folder / "green.sock")
    cause = look("status", site.context, path="/health")["cause"]
    assert f"{site.socket} points to {site.folder}/green.sock, which does not exist" in cause


def test_502_with_a_dead_socket(site: Site, look: Look) -> None:
    site.socket.unlink()
    with socket.socket(socket.AF_UNIX) as dead:
        dead.bind(str(site.socket))
    site.socket.chmod(0o666)
    assert "no program accepts on it: the app has died" in look("status", site.context, path="/health")["cause"]


def test_502_with_a_plain_file(site: Site, look: Look) -> None:
    site.socket.unlink()
    site.socket.write_text("")
    assert f"{site.socket} is not a socket" in look("status", site.context, path="/health")["cause"]


@needs_root
def test_502_with_a_socket_closed_to_nginx(site: Site, look: Look) -> None:
    site.socket.chmod(0o600)
    assert "has mode 0600: nginx's user may not write to it" in look("status", site.context, path="/health")["cause"]


def test_504_when_the_app_is_slow(site: Site, look: Look) -> None:
    site.app.delay = 0.8
    assert "the app did not answer nginx in time" in look("status", site.context, path="/health")["cause"]


def test_nobody_listens(look: Look) -> None:
    row = look("front_page", Context(url="http://127.0.0.1:1", timeout=2))
    assert (row["ok"], row["cause"]) == (False, "nobody listens on port 1 of 127.0.0.1")


@pytest.mark.parametrize(
    ("said", "cause"),
    [
        (None, "gave no whole answer within 0.3 s"),
        (b"", "closed the connection without an answer"),
        (b"SSH-2.0-x\r\n", "is not HTTP"),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\nshort", "the answer broke off before its announced end"),
    ],
)
def test_a_port_that_does_not_answer_as_it_should(look: Look, said: bytes | None, cause: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]

        def answer() -> None:
            connection, _ = server.accept()
            connection.recv(65536)
            if said is None:
                threading.Event().wait(0.6)
            else:
                connection.sendall(said)
            connection.close()

        thread = threading.Thread(target=answer)
        thread.start()
        row = look("status", Context(url=f"http://127.0.0.1:{port}", timeout=0.3), path="/")
        thread.join()
    assert not row["ok"]
    assert cause in row["cause"]


def test_an_answer_that_drips_is_given_up_in_time(look: Look) -> None:
    given_up = threading.Event()
    with socket.create_server(("127.0.0.1", 0)) as server:

        def drip() -> None:
            connection, _ = server.accept()
            connection.recv(65536)
            connection.sendall(b"HTTP/1.1 200 OK\r\n\r\n")
            for _ in range(40):  # each byte well within the time that one read may take
                if given_up.wait(0.05):
                    break
                connection.sendall(b".")
            connection.close()

        thread = threading.Thread(target=drip)
        thread.start()
        row = look("status", Context(url=f"http://127.0.0.1:{server.getsockname()[1]}", timeout=0.3), path="/")
        given_up.set()
        thread.join()
    assert "gave no whole answer within 0.3 s" in row["cause"]
    assert row["ms"] < 1000


def test_a_name_that_does_not_resolve(look: Look) -> None:
    row = look("status", Context(url="http://nowhere.invalid", timeout=2), path="/")
    assert row["cause"] == "the name nowhere.invalid does not resolve on this machine"


def test_a_port_without_tls(site: Site, look: Look) -> None:
    row = look("status", Context(url=f"https://127.0.0.1:{site.port}", timeout=2), path="/")
    assert "does not speak TLS" in row["cause"]


def test_a_unix_socket_can_be_asked_too(site: Site, look: Look) -> None:
    context = Context(url=f"unix:{site.socket}", timeout=2)
    assert look("status", context, path="/health", content_type="application/json")["ok"]
    site.socket.unlink()
    row = look("status", context, path="/health")
    assert not row["ok"]
    assert str(site.socket) in row["cause"]


@pytest.fixture
def tls_port(tmp_path: Path) -> Iterator[int]:
    """A server for shop.example with a certificate made by itself, which nobody trusts until told to."""
    certificate = tmp_path / "certificate.pem"
    subject = ["-subj", "/CN=shop.example", "-addext", "subjectAltName=DNS:shop.example"]
    key = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-keyout", str(tmp_path / "key.pem")]
    command = ["openssl", "req", "-x509", *key, *subject, "-days", "1", "-out", str(certificate)]
    subprocess.run(command, check=True, capture_output=True)
    settings = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    settings.load_cert_chain(certificate, tmp_path / "key.pem")
    with HTTPServer(("127.0.0.1", 0), SimpleHTTPRequestHandler) as server:
        server.socket = settings.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        yield server.server_port
        server.shutdown()
        thread.join()


def test_https_believes_only_a_trusted_certificate_for_the_name_asked(
    tls_port: int, tmp_path: Path, look: Look, monkeypatch: pytest.MonkeyPatch
) -> None:
    ours = Context(url=f"https://127.0.0.1:{tls_port}", host_header="shop.example", timeout=2)
    other = Context(url=f"https://127.0.0.1:{tls_port}", host_header="bank.example", timeout=2)
    assert "the certificate is not trusted" in look("status", ours, path="/gone", status=404)["cause"]
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "certificate.pem"))
    assert look("status", ours, path="/gone", status=404)["ok"]
    assert "Hostname mismatch" in look("status", other, path="/gone", status=404)["cause"]

"""Sockets, folders and rights, against real ones."""

from __future__ import annotations

import json
import os
import shutil
import socket
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from ansible.module_utils.link_check.sockets import Listener, listeners

if TYPE_CHECKING:
    from tests.provision.link_check.conftest import Look, Site

NOBODY = 65534
needs_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root can become another user")
needs_ipv6 = pytest.mark.skipif(not Path("/proc/net/if_inet6").exists(), reason="this kernel has no IPv6")


def listen(address: str, port: int = 0) -> socket.socket:
    server = socket.socket(socket.AF_INET6 if ":" in address else socket.AF_INET)
    server.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        server.bind((address, port))
    except OSError:
        server.close()
        raise
    server.listen()
    return server


def free_everywhere() -> int:
    """A port that the kernel gives nobody for a connection meanwhile."""
    for port in range(20_000 + os.getpid() % 5_000, 32_000):
        # Somebody may have it: then the next one. Only "every address" tells that it is free on each of them; it is
        # closed again at once, and nobody is answered.
        with suppress(OSError), listen("0.0.0.0", port):  # noqa: S104
            return port
    raise AssertionError("no port is free")


def own_name() -> str:
    return Path("/proc/self/comm").read_text().strip()


@pytest.mark.parametrize("address", ["127.0.0.1", pytest.param("::1", marks=needs_ipv6)])
def test_loopback_only_ok(look: Look, address: str) -> None:
    with listen(address) as server:
        row = look("loopback_only", port=server.getsockname()[1], process=own_name())
    assert row["ok"], row
    shown = "[::1]" if ":" in address else address
    assert row["observed"] == f"{own_name()} (pid {os.getpid()}) at {shown}"


@pytest.mark.parametrize("address", ["0.0.0.0", pytest.param("::", marks=needs_ipv6)])  # noqa: S104 (open is the point)
def test_an_open_port_is_named_with_its_holder(look: Look, address: str) -> None:
    with listen(address) as server:
        row = look("loopback_only", port=server.getsockname()[1])
    assert not row["ok"]
    assert f"{own_name()} (pid {os.getpid()}) listens on port" in row["cause"]
    assert "open to other machines" in row["cause"]


def test_one_open_socket_beside_a_loopback_one_fails(look: Look) -> None:
    port = free_everywhere()
    with listen("127.0.0.1", port) as server, listen("127.0.0.2", port):
        assert look("loopback_only", port=server.getsockname()[1])["ok"]
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as route:
            route.connect(("192.0.2.1", 9))  # sends nothing: it only tells the address this machine would send from
            host = route.getsockname()[0]
        with listen(host, server.getsockname()[1]):
            assert host in look("loopback_only", port=server.getsockname()[1])["cause"]


def test_loopback_only_fails_when_nobody_listens_or_another_does(look: Look) -> None:
    with listen("127.0.0.1") as server:
        port = server.getsockname()[1]
        assert "not by gunicorn" in look("loopback_only", port=port, process="gunicorn")["cause"]
    assert look("loopback_only", port=port)["cause"] == f"nobody listens on port {port}"


def test_addresses_are_read_as_the_kernel_means_them() -> None:
    with listen("127.0.0.1") as server:
        [found] = [one for one in listeners() if one.port == server.getsockname()[1]]
    assert (str(found.address), found.is_loopback) == ("127.0.0.1", True)


@needs_ipv6
def test_an_ipv4_address_in_an_ipv6_socket() -> None:
    with listen("::ffff:127.0.0.1") as server:
        [found] = [one for one in listeners() if one.port == server.getsockname()[1]]
    assert isinstance(found, Listener)
    assert found.is_loopback


def test_nginx_listens(site: Site, look: Look) -> None:
    row = look("listening", ports=[site.port])
    assert row["ok"], row
    assert row["observed"] == f"{site.port} nginx at 127.0.0.1"


def test_listening_names_who_holds_the_port(site: Site, look: Look) -> None:
    with listen("127.0.0.1") as server:
        port = server.getsockname()[1]
        row = look("listening", ports=[site.port, port])
        assert not row["ok"]
        assert row["cause"] == f"port {port} is held by {own_name()} (pid {os.getpid()}), not by nginx"
    assert look("listening", ports=[site.port, port])["cause"] == f"nobody listens on port {port}"


@needs_root
def test_a_holder_that_cannot_be_seen_is_no_proof(site: Site, look: Look) -> None:
    read, write = os.pipe()
    child = os.fork()
    if child == 0:
        os.setgroups([])
        os.setgid(NOBODY)
        os.setuid(NOBODY)
        os.write(write, json.dumps(look("listening", ports=[site.port])).encode())
        os._exit(0)
    os.close(write)
    with os.fdopen(read, "rb") as answer:
        row = json.load(answer)
    os.waitpid(child, 0)
    assert not row["ok"]
    assert "a program that cannot be seen from here" in row["cause"]


# -- folders


@pytest.fixture
def way(open_folder: Path) -> Iterator[Path]:
    """a/b/dist, with a link current -> a/b, open to everybody."""
    folder = open_folder / "way"
    (folder / "a" / "b" / "dist").mkdir(parents=True)
    (folder / "current").symlink_to(folder / "a" / "b")
    (folder / "a" / "b" / "dist" / "index.html").write_text("x")
    for path in (folder, folder / "a", folder / "a" / "b", folder / "a" / "b" / "dist"):
        path.chmod(0o755)
    yield folder
    shutil.rmtree(folder)


@needs_root
@pytest.mark.parametrize("last", ["dist", "dist/index.html"])
def test_walkable_ok(way: Path, look: Look, last: str) -> None:
    row = look("walkable", user="www-data", path=str(way / "current" / last))
    assert row["ok"], row


@needs_root
@pytest.mark.parametrize("closed", ["", "a", "a/b", "a/b/dist"])
def test_walkable_names_the_first_closed_folder(way: Path, look: Look, closed: str) -> None:
    (way / closed).chmod(0o700)
    row = look("walkable", user="www-data", path=str(way / "current" / "dist"))
    assert not row["ok"]
    folder = str(way / closed).rstrip("/")
    assert row["cause"] == f"www-data may not enter {folder} (mode 0700, root:root)"
    assert row["fix"] == f"chmod o+x {folder}"


@needs_root
def test_walkable_counts_the_users_groups(way: Path, look: Look, monkeypatch: pytest.MonkeyPatch) -> None:
    shutil.chown(way / "a", "root", "www-data")
    (way / "a").chmod(0o710)
    assert look("walkable", user="www-data", path=str(way / "current" / "dist"))["ok"]
    row = look("walkable", user="nobody", path=str(way / "current" / "dist"))
    assert row["cause"] == f"nobody may not enter {way}/a (mode 0710, root:www-data)"
    # As if an administrator had put nobody into that group.
    monkeypatch.setattr(os, "getgrouplist", lambda user, group: [group, (way / "a").stat().st_gid])
    assert look("walkable", user="nobody", path=str(way / "current" / "dist"))["ok"]


@needs_root
def test_walkable_wants_a_file_readable(way: Path, look: Look) -> None:
    (way / "a" / "b" / "dist" / "index.html").chmod(0o640)
    row = look("walkable", user="www-data", path=str(way / "current" / "dist" / "index.html"))
    assert "may not read" in row["cause"]


@needs_root
def test_walkable_without_user_or_path(way: Path, look: Look) -> None:
    row = look("walkable", user="no-such-user", path=str(way))
    assert row["cause"] == "there is no user no-such-user on this machine"
    assert look("walkable", user="www-data", path=str(way / "gone" / "x"))["cause"] == f"{way}/gone does not exist"
    shutil.rmtree(way / "a")
    cause = look("walkable", user="www-data", path=str(way / "current" / "dist"))["cause"]
    assert cause == f"{way}/current -> {way}/a/b does not exist"


def test_directory_ok(way: Path, look: Look) -> None:
    assert look("directory", path=str(way / "current"), entries=["dist/", "dist/index.html"])["ok"]


@pytest.mark.parametrize(
    ("path", "entries", "cause"),
    [
        ("gone", ["x"], "gone does not exist"),
        ("a/b/dist/index.html", ["x"], "is not a folder"),
        ("a", ["b/", "index.html"], "a/index.html does not exist"),
        ("a/b", ["dist"], "dist is not a file"),
        ("a/b/dist", ["index.html/"], "index.html is not a folder"),
        ("a/b/dist", ["empty.css"], "empty.css is empty"),
        ("a/b/dist", ["assets/"], "assets is empty"),
    ],
)
def test_directory_fails(way: Path, look: Look, path: str, entries: list[str], cause: str) -> None:
    (way / "a" / "b" / "dist" / "assets").mkdir()
    (way / "a" / "b" / "dist" / "empty.css").touch()
    row = look("directory", path=str(way / path), entries=entries)
    assert not row["ok"]
    assert row["cause"].endswith(cause)

"""Sites of others in nginx, and where a name leads."""

from __future__ import annotations

import socket
from pathlib import Path

import pytest
from ansible.module_utils.preflight import names, sites


@pytest.fixture
def etc(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(sites, "ETC", tmp_path)
    for folder in ("sites-available", "sites-enabled", "conf.d"):
        (tmp_path / folder).mkdir()
    (tmp_path / "sites-available/groundwork.conf").write_text("server { listen 80 default_server; }")
    (tmp_path / "sites-enabled/groundwork.conf").symlink_to(tmp_path / "sites-available/groundwork.conf")
    return tmp_path


def problems(etc: Path, port: int = 80, domain: str = "") -> list[str]:
    found: list[str] = sites.problems(etc / "sites-available/groundwork.conf", port, domain)
    return found


@pytest.mark.parametrize(
    "listen",
    [
        "80 default_server",
        "[::]:80 default_server",
        "0.0.0.0:80 default_server",
        "192.0.2.1 default_server",
        "*:80 default",
    ],
)
@pytest.mark.parametrize("place", ["sites-enabled/shop", "conf.d/shop.conf"])
def test_the_default_site_of_somebody_else_is_named(etc: Path, listen: str, place: str) -> None:
    (etc / place).write_text(f"server {{ listen {listen}; }}")
    [problem] = problems(etc)
    assert str(etc / place) in problem
    assert "groundwork_domain" in problem
    assert "groundwork_http_port" in problem


@pytest.mark.parametrize(
    "text",
    ["listen 80;", "listen 8080 default_server;", "# listen 80 default_server;", "listen unix:/x default_server;"],
)
def test_other_sites_are_welcome(etc: Path, text: str) -> None:
    (etc / "sites-enabled/shop").write_text(f"server {{\n{text}\nserver_name shop.example.org;\n}}")
    assert problems(etc) == []
    assert problems(etc, domain="www.example.org") == []


def test_our_name_in_another_site_is_named(etc: Path) -> None:
    (etc / "sites-enabled/shop").write_text("server { listen 80; server_name a.example.org www.example.org; }")
    [problem] = problems(etc, domain="www.example.org")
    assert "shop serves www.example.org on port 80 already" in problem
    assert problems(etc, port=81, domain="www.example.org") == []


@pytest.mark.parametrize(("edited", "count"), [(True, 1), (False, 0)])
def test_debians_default_counts_only_when_somebody_has_edited_it(
    etc: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, edited: bool, count: int
) -> None:
    (etc / "sites-available/default").write_text("server { listen 80 default_server; }")
    (etc / "sites-enabled/default").symlink_to(etc / "sites-available/default")
    verify = tmp_path / "dpkg"
    verify.write_text(f"#!/bin/sh\n{'echo ??5?????? c /etc/nginx/sites-available/default; exit 1' if edited else ''}\n")
    verify.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
    assert len(problems(etc)) == count


def test_a_name_that_leads_here_is_well() -> None:
    assert names.warning("localhost", ["127.0.0.1"]) == ""


def test_a_name_that_leads_elsewhere_or_nowhere_is_a_warning(monkeypatch: pytest.MonkeyPatch) -> None:
    elsewhere = names.warning("localhost", ["192.0.2.1"])
    assert "127.0.0.1" in elsewhere
    assert "192.0.2.1" in elsewhere
    assert "change its DNS record" in elsewhere

    def nowhere(*_args: object, **_more: object) -> None:
        raise socket.gaierror(-2, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", nowhere)
    assert "cannot be looked up from here (Name or service not known)" in names.warning("x.example", ["192.0.2.1"])

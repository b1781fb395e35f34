"""What a browser elsewhere gets from nginx: pages, assets, headers, compression."""

from __future__ import annotations

import gzip
import hashlib
import re

import pytest
from witness import ROOT, Machine, Web

PAGES = ["/", "/dashboard", "/system/link-check", "/no/such/page/at/all", "/apiary", "/dashboard?tab=1"]


WORTH_PACKING = 1024  # the build leaves smaller files as they are


def assets(web: Web) -> list[str]:
    found = re.findall(r'(?:src|href)="(/assets/[^"]+)"', web.get("/").text)
    assert found, "the front page names no asset"
    return sorted(set(found))


def script(web: Web) -> str:
    return next(path for path in assets(web) if path.endswith(".js") and len(web.get(path).text) > WORTH_PACKING)


@pytest.mark.parametrize("path", PAGES)
def test_every_page_is_the_app(machine: Machine, web: Web, path: str) -> None:
    answer = web.get(path)
    assert answer.status == 200
    assert answer.header("content-type").startswith("text/html")
    assert answer.text.strip() == machine.read(f"{ROOT}/current/dist/index.html").strip()


@pytest.mark.parametrize("path", PAGES)
def test_a_page_is_asked_for_again_each_time(web: Web, path: str) -> None:
    assert web.get(path).header("cache-control") == "no-cache"


def test_every_asset_of_the_front_page_is_there_for_ever(web: Web) -> None:
    for path in assets(web):
        answer = web.get(path)
        assert answer.status == 200, path
        assert answer.body, path
        assert {"public", "immutable", "max-age=31536000"} <= set(re.split(r",\s*", answer.header("cache-control"))), (
            path
        )


@pytest.mark.parametrize("path", ["/assets/missing-0a1b2c3d.js", "/assets/", "/assets/../assets/missing.css"])
def test_a_missing_asset_is_404_and_not_the_app(web: Web, path: str) -> None:
    answer = web.get(path)
    assert answer.status in (403, 404)
    assert b"<div id=" not in answer.body
    assert "immutable" not in answer.header("cache-control")


def test_a_missing_asset_is_exactly_404(web: Web) -> None:
    assert web.get("/assets/index-00000000.js").status == 404


@pytest.mark.parametrize(("encoding", "suffix"), [("gzip", ".gz"), ("br", ".br")])
def test_assets_were_compressed_when_they_were_built(machine: Machine, web: Web, encoding: str, suffix: str) -> None:
    path = script(web)
    answer = web.get(path, accept_encoding=encoding)
    assert answer.status == 200
    assert answer.header("content-encoding") == encoding
    on_disk = machine.out(f"sha256sum {ROOT}{path}{suffix} | cut -d' ' -f1")
    assert hashlib.sha256(answer.body).hexdigest() == on_disk, "compressed again at each request"


def test_an_asset_is_the_same_packed_and_plain(web: Web) -> None:
    path = script(web)
    assert gzip.decompress(web.get(path, accept_encoding="gzip").body) == web.get(path).body


def test_json_over_1_kb_is_gzipped(web: Web) -> None:
    answer = web.get("/openapi.json", accept_encoding="gzip")
    assert answer.header("content-encoding") == "gzip"
    assert len(gzip.decompress(answer.body)) > 1024
    assert "accept-encoding" in answer.header("vary").lower()


def test_small_json_is_left_alone(web: Web) -> None:
    assert web.get("/health", accept_encoding="gzip").header("content-encoding") == ""


@pytest.mark.parametrize("path", ["/", "/assets/missing.js", "/health", "/api/v1/nothing"])
def test_nobody_learns_the_version_of_nginx(web: Web, path: str) -> None:
    answer = web.get(path)
    assert answer.header("server") == "nginx"
    assert b"nginx/1" not in answer.body


@pytest.mark.parametrize("path", ["/", "/api/v1/health/live", "/assets/missing.js"])
def test_headers_that_protect_a_browser(web: Web, path: str) -> None:
    answer = web.get(path)
    assert answer.header("x-content-type-options") == "nosniff"
    assert answer.header("x-frame-options") == "DENY"
    assert answer.header("referrer-policy") == "strict-origin-when-cross-origin"


def test_pages_run_scripts_of_their_own_only(web: Web) -> None:
    policy = dict(
        part.strip().partition(" ")[::2] for part in web.get("/").header("content-security-policy").split(";")
    )
    assert policy["script-src"] == "'self'"
    assert policy["object-src"] == "'none'"
    assert policy["frame-ancestors"] == "'none'"


@pytest.mark.parametrize(
    "path", ["/.env", "/../shared/.env", "/%2e%2e/shared/.env", "/assets/../shared/.env", "/assets..%2fshared/.env"]
)
def test_no_path_leads_out_of_the_build(web: Web, path: str) -> None:
    answer = web.get(path)
    assert b"APP_" not in answer.body
    assert answer.status in (200, 400, 403, 404)


def test_the_configuration_is_valid(machine: Machine) -> None:
    tried = machine.run("nginx -t")
    assert tried.rc == 0, tried.stderr
    assert "[warn]" not in tried.stderr


def test_debians_default_site_is_off(machine: Machine) -> None:
    assert "default" not in machine.lines("ls /etc/nginx/sites-enabled")


def test_a_body_over_the_limit_is_refused(web: Web) -> None:
    answer = web.ask("POST", "/api/v1/auth/login", {"Content-Length": str(1 << 30), "Expect": "100-continue"})
    assert answer.status == 413


def test_what_the_app_made_is_not_for_who_asks_for_it_directly(machine: Machine, web: Web) -> None:
    machine.as_user("groundwork", f"echo secret >{ROOT}/shared/data/output/probe.png")
    answers = [
        web.get(path) for path in ("/protected-output/probe.png", "/protected-output/", "/protected-output/..%2f")
    ]
    machine.out(f"rm {ROOT}/shared/data/output/probe.png")
    assert [answer.status for answer in answers[:2]] == [404, 404]
    assert not any(b"secret" in answer.body for answer in answers)


def test_events_come_as_they_happen(machine: Machine, web: Web) -> None:
    token = web.login("link-check", machine.password("probe-password")).json["access_token"]
    script = (
        "timeout 3 curl -sN -H 'Authorization: Bearer {}' -H 'Accept-Encoding: gzip'"
        " http://127.0.0.1/api/v1/events | head -c 40"
    )
    assert "event: hello" in machine.out(script.format(token)), "nginx keeps the first event to itself"

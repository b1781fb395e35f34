"""The api through nginx: health, problems, who the client is, logging in and out."""

from __future__ import annotations

import json
import re
import shlex
import uuid

import pytest
from witness import ROOT, SHARED, Answer, Machine, Web, wait_until

ROWS = {
    "front-page",
    "login",
    "dashboard-refresh",
    "deep-link-refresh",
    "missing-asset",
    "gunicorn-processes",
    "timers",
    "api-loopback",
    "nginx-listens",
    "nginx-config",
    "dist-walkable",
    "dist-content",
    "service-nginx",
    "service-api",
    "readiness",
    "migrations",
    "release-served",
}


LOGS = [f"{SHARED}/logs", "/var/log/groundwork/nginx-access.log"]


def problem(answer: Answer, status: int, code: str) -> None:
    assert answer.status == status, answer.body[:300]
    assert answer.header("content-type").startswith("application/problem+json")
    body = answer.json
    assert (body["status"], body["code"]) == (status, code)
    assert body["request_id"] == answer.header("x-request-id")


def test_health_names_the_live_release_and_slot(machine: Machine, web: Web) -> None:
    answer = web.get("/health")
    assert answer.status == 200
    assert answer.json["status"] == "ok"
    assert answer.json["release"] == machine.release
    assert answer.json["slot"] == machine.slot


def test_ready_asked_the_database_and_the_migrations(web: Web) -> None:
    answer = web.get("/api/v1/health/ready")
    assert answer.status == 200
    checks = {check["name"]: check["ok"] for check in answer.json["checks"]}
    assert checks == {"database": True, "migrations": True}


def test_front_and_back_are_of_the_same_release(machine: Machine, web: Web) -> None:
    assert web.get("/release.json").json["id"] == machine.release


@pytest.mark.parametrize("path", ["/docs", "/redoc"])
def test_the_documentation_needs_no_other_server(web: Web, path: str) -> None:
    answer = web.get(path)
    assert answer.status == 200
    linked = re.findall(r'(?:src|href)="([^"]+)"', answer.text)
    assert linked
    for url in linked:
        assert url.startswith(("/", "#", "data:")), f"{path} loads {url} from elsewhere"
        if url.startswith("/"):
            assert web.get(url).status == 200, url


def test_an_unknown_route_is_a_problem_and_not_the_app(web: Web) -> None:
    problem(web.get("/api/v1/nothing/here"), 404, "not_found")


def test_a_wrong_method_is_a_problem(web: Web) -> None:
    problem(web.ask("DELETE", "/api/v1/health/live"), 405, "method_not_allowed")


def test_no_token_is_a_problem(web: Web) -> None:
    problem(web.get("/api/v1/users/me"), 401, "not_authenticated")


def test_a_request_id_is_made_by_nginx_and_cannot_be_chosen(web: Web) -> None:
    mine = "a" * 32
    first = web.get("/api/v1/health/live", X_Request_ID=mine).header("x-request-id")
    second = web.get("/api/v1/health/live", X_Request_ID=mine).header("x-request-id")
    assert re.fullmatch(r"[0-9a-f]{32}", first)
    assert len({mine, first, second}) == 3


def log_lines(machine: Machine, path: str, request_id: str) -> list[str]:
    """Lines about a request; the app writes them a moment after it has answered."""
    search = f"grep -rhF {request_id} {path}"
    wait_until(f"{path} tells of request {request_id}", lambda: machine.run(search).rc == 0, 5)
    return machine.lines(search)


def test_the_same_request_id_is_in_nginxs_and_the_apps_log(machine: Machine, web: Web) -> None:
    request_id = web.get(f"/api/v1/nothing/{uuid.uuid4().hex}").header("x-request-id")
    for path in LOGS:
        assert len(log_lines(machine, path, request_id)) == 1, f"{path} must tell of each request once"


def test_a_client_cannot_choose_its_own_address(machine: Machine, web: Web) -> None:
    ours = machine.out("echo $SSH_CONNECTION").split()[0]
    forged = "203.0.113.77"
    answer = web.get(
        f"/api/v1/nothing/{uuid.uuid4().hex}",
        X_Forwarded_For=forged,
        X_Real_IP=forged,
        Forwarded=f"for={forged}",
        X_Forwarded_Proto="https",
        X_Forwarded_Host="evil.example",
    )
    for path in LOGS:
        (line,) = log_lines(machine, path, answer.header("x-request-id"))
        assert re.search(rf"\b{re.escape(ours)}\b", line), f"{path} does not know the client's address {ours}"
        assert forged not in line
        assert "evil.example" not in line


def test_the_login_cookie_is_not_secure_by_a_forged_scheme(machine: Machine, web: Web) -> None:
    # Over plain http a Secure cookie would lock everybody out; a forged X-Forwarded-Proto must not bring that about.
    form = f"username=admin&password={machine.password('first-password')}".encode()
    headers = {"Content-Type": "application/x-www-form-urlencoded", "X-Forwarded-Proto": "https"}
    answer = web.ask("POST", "/api/v1/auth/login", headers, form)
    assert answer.status == 200
    assert "secure" not in answer.header("set-cookie").lower()


def test_log_in_ask_and_log_out(machine: Machine, web: Web) -> None:
    answer = web.login("admin", machine.password("first-password"))
    assert answer.status == 200, answer.body
    cookie = answer.header("set-cookie")
    assert re.search(r"groundwork_refresh=[^;]+", cookie)
    for attribute in ("httponly", "samesite=strict", "path=/api/v1/auth"):
        assert attribute in cookie.lower()
    bearer = {"Authorization": f"Bearer {answer.json['access_token']}"}

    me = web.ask("GET", "/api/v1/users/me", bearer)
    assert me.status == 200
    assert me.json["username"] == "admin"
    assert me.json["is_administrator"] is True

    report = web.ask("GET", "/api/v1/system/link-check", bearer)
    assert report.status == 200
    assert report.json["ok"] is True

    release = web.ask("GET", "/api/v1/system/release", bearer)
    assert release.json["id"] == machine.release
    assert release.json["environment"] == "production"

    cookie_header = {"Cookie": cookie.split(";")[0], "X-Requested-With": "XMLHttpRequest"}
    assert web.ask("POST", "/api/v1/auth/logout", {**bearer, **cookie_header}).status == 204
    # Several workers answer: each of them must know at once.
    assert {web.ask("GET", "/api/v1/users/me", bearer).status for _ in range(20)} == {401}


def test_a_wrong_password_is_refused(web: Web) -> None:
    problem(web.login("nobody-of-this-name", "wrong password"), 401, "invalid_credentials")


def test_the_link_checks_user_can_see_only_itself(machine: Machine, web: Web) -> None:
    answer = web.login("link-check", machine.password("probe-password"))
    assert answer.status == 200
    bearer = {"Authorization": f"Bearer {answer.json['access_token']}"}
    assert web.ask("GET", "/api/v1/users/me", bearer).json["is_administrator"] is False
    problem(web.ask("GET", "/api/v1/system/link-check", bearer), 403, "permission_denied")


HEADS = r"""
import pathlib, re, sys
texts = [path.read_text() for path in pathlib.Path(sys.argv[1]).glob("*.py")]
def named(name):
    return {m[1] for text in texts for m in re.finditer(rf"^{name}\b[^=\n]*= *['\"](\w+)['\"]", text, re.M)}
print(*sorted(named("revision") - named("down_revision")))
"""

DATABASE = r"""
import sqlite3, sys
print(*(row[0] for row in sqlite3.connect(f"file:{sys.argv[1]}?mode=ro", uri=True).execute(sys.argv[2])))
"""


def database(machine: Machine, query: str) -> str:
    return python(machine, DATABASE, f"{SHARED}/data/groundwork.db", query)


def python(machine: Machine, script: str, *arguments: str) -> str:
    return machine.out(shlex.join(["python3", "-c", script, *arguments]))


def test_the_database_is_at_the_newest_migration(machine: Machine) -> None:
    newest = python(machine, HEADS, f"{ROOT}/current/app/migrations/versions")
    assert newest
    assert database(machine, "select version_num from alembic_version") == newest


def test_the_products_own_command_agrees(machine: Machine) -> None:
    assert machine.run("groundwork db check").rc == 0


def test_the_database_is_set_up_for_several_processes(machine: Machine) -> None:
    assert database(machine, "pragma journal_mode") == "wal"


def test_the_report_on_disk_is_green(machine: Machine) -> None:
    report = json.loads(machine.read(f"{SHARED}/link-check/latest.json"))
    assert report["ok"] is True
    assert report["release"] == machine.release
    assert {row["id"] for row in report["rows"]} >= ROWS

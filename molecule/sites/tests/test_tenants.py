"""Two products, further sites and a foreign one: each answers as if it were alone."""

from __future__ import annotations

import pytest
from controller import playbook, said
from witness import Machine, Web


@pytest.mark.parametrize(
    ("port", "name", "path", "status", "text"),
    [
        (80, "", "/", 200, '<div id="app"'),
        (80, "unknown.example.org", "/api/v1/health/ready", 200, '"ready"'),
        (8081, "", "/", 200, '<div id="app"'),
        (8081, "", "/api/v1/health/ready", 200, '"ready"'),
        (8085, "", "/", 200, "this is /srv/foreign"),
        (80, "docs.example.org", "/", 200, "this is /srv/docs"),
        (80, "manual.example.org", "/index.html", 200, "this is /srv/docs"),
        (80, "docs.example.org", "/no-such-page", 404, ""),
        (8082, "spa.example.org", "/", 200, "this is /srv/spa"),
        (8082, "spa.example.org", "/no/such/page", 200, "this is /srv/spa"),
        (8082, "spa.example.org", "/kept/a/b?c=1", 200, "/kept/a/b?c=1 for spa.example.org"),
        (8082, "spa.example.org", "/cut/a/b?c=1", 200, "/a/b?c=1 for spa.example.org"),
        (8082, "spa.example.org", "/cut", 301, ""),
    ],
)
def test_each_site_answers(machine: Machine, port: int, name: str, path: str, status: int, text: str) -> None:
    headers = {"Host": name} if name else {}
    answer = Web(machine.address, port).ask("GET", path, headers)
    assert answer.status == status
    assert text in answer.text


def test_each_product_has_a_release_and_an_api_of_its_own(machine: Machine) -> None:
    for name, port in (("groundwork", 8000), ("another", 8100)):
        owner = machine.out(f"ps -o user:32= -p $(lsof -t -i TCP:{port} -s TCP:LISTEN | head -1)")
        assert owner == name
        assert machine.out(f"readlink -f /srv/{name}/current").startswith(f"/srv/{name}/releases/")


def test_no_product_can_read_the_other(machine: Machine) -> None:
    for user, other in (("groundwork", "another"), ("another", "groundwork")):
        for path in ("shared/.env", "shared/data", "shared/secrets/app_secret_key"):
            assert machine.as_user(user, f"test -r /srv/{other}/{path}").rc == 1


@pytest.mark.parametrize("name", ["groundwork", "another"])
def test_each_products_table_is_green(machine: Machine, name: str) -> None:
    assert '"ok": true' in machine.out(
        f"head -c 600 /srv/{name}/shared/link-check/latest.json | grep -o '\"ok\": true'"
    )


def refusal(*options: str) -> str:
    run = playbook("site", *options)
    assert run.returncode != 0, said(run)
    return " ".join((run.stdout + run.stderr).split())


def test_a_product_without_a_place_of_its_own_is_refused_before_anything_is_touched(machine: Machine) -> None:
    text = refusal("--extra-vars", "groundwork_name=third")
    assert "port 8000 is held by gunicorn (pid " in text
    assert "of user groundwork): stop it, or choose another port with service_loopback_port" in text
    assert "/etc/nginx/sites-enabled/groundwork.conf is the default site of port 80" in text
    assert machine.run("test -e /srv/third").rc == 1


def test_the_default_site_of_somebody_else_is_named(machine: Machine) -> None:
    text = refusal("--extra-vars", "groundwork_name=third groundwork_http_port=8085 service_loopback_port=8200")
    assert "/etc/nginx/sites-enabled/foreign is the default site of port 8085" in text


def test_a_wrong_further_site_is_not_even_written(machine: Machine) -> None:
    before = machine.read("/etc/nginx/sites-available/groundwork.sites.conf")
    sites = '{"nginx_sites": [{"names": ["x.example.org"], "proxies": [{"path": "/a", "to": "http://no-such-host.invalid"}]}]}'
    text = refusal("--tags", "nginx", "--extra-vars", sites)
    assert "host not found in upstream" in text
    assert machine.read("/etc/nginx/sites-available/groundwork.sites.conf") == before
    machine.out("nginx -t")


@pytest.mark.parametrize("name", ["groundwork", "another"])
def test_no_log_of_any_site_is_world_readable(machine: Machine, name: str) -> None:
    assert machine.lines(f"find /var/log/{name} -type f")
    assert machine.out(f"find /var/log/{name} -type f -perm /o+rwx") == ""

"""Every template renders with the defaults, and with another product's name nothing of the first one's is left."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.provision.conftest import PROJECT

ROLES = PROJECT / "roles"
# What the tasks that use a template give it.
OF_THE_TASK = {
    "service_colour": "green",
    "service_timer_name": "tidy",
    "service_timer_when": "5 4 * * *",
    "service_timer_command": "date +%F",
}
PROXIES = [
    {"path": "/kept", "to": "http://127.0.0.1:9000"},
    {"path": "/cut", "to": "http://127.0.0.1:9001", "strip_prefix": True},
]


def render(output: Path, **variables: object) -> dict[str, str]:
    extra = {
        "output": str(output),
        "templates": sorted(map(str, ROLES.glob("*/templates/*.j2"))),
        "ansible_python_interpreter": sys.executable,
        **OF_THE_TASK,
        **variables,
    }
    roles = [*ROLES.glob("*/defaults/main.yml"), *ROLES.glob("*/vars/main.yml")]
    done = subprocess.run(
        [
            str(Path(sys.executable).parent / "ansible-playbook"),
            *("--inventory", "localhost,"),
            *(word for file in roles for word in ("--extra-vars", f"@{file}")),
            *("--extra-vars", json.dumps(extra)),
            str(Path(__file__).with_name("render.yml")),
        ],
        cwd=PROJECT,
        env=os.environ | {"ANSIBLE_CONFIG": str(PROJECT / "ansible.cfg")},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    rendered: dict[str, str] = json.loads(output.read_text())
    return {name.removesuffix(".j2"): text for name, text in rendered.items()}


@pytest.fixture(scope="module")
def default(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    return render(tmp_path_factory.mktemp("default") / "rendered.json")


@pytest.fixture(scope="module")
def another(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    choices = {
        "groundwork_name": "another",
        "groundwork_title": "Another",
        "groundwork_domain": "shop.example.org",
        "groundwork_http_port": 8081,
        "service_loopback_port": 8101,
        "service_workers": 3,
        "service_settings": {"APP_DOCS_ENABLED": "false"},
        "groundwork_service_manager": "supervisor",
        "nginx_sites": [
            {"names": ["docs.example.org"], "root": "/srv/docs", "spa": True},
            {"names": ["a.example.org", "b.example.org"], "port": 8082, "root": "/srv/a", "proxies": PROXIES},
            {"names": ["c.example.org"], "proxies": [{"path": "/", "to": "http://127.0.0.1:9002"}]},
        ],
        "service_mail_host": "mail.example.org",
        "service_mail_from": "shop@example.org",
        "service_mail_password": "canary-of-mail",
    }
    return render(tmp_path_factory.mktemp("another") / "rendered.json", **choices)


def test_every_template_was_rendered(default: dict[str, str]) -> None:
    assert len(default) == len(list(ROLES.glob("*/templates/*.j2"))) >= 9
    assert all(text.strip() for text in default.values())


def test_another_product_shares_no_name_with_the_first(another: dict[str, str]) -> None:
    left = {name: line for name, text in another.items() for line in text.splitlines() if "groundwork" in line}
    assert left == {}


def test_choices_reach_the_files(default: dict[str, str], another: dict[str, str]) -> None:
    assert "listen 80 default_server;" in default["site.conf"]
    assert "listen 8081;" in another["site.conf"]
    assert "server_name shop.example.org;" in another["site.conf"]
    assert "Environment=APP_LOOPBACK_PORT=8101" in another["api@.service"]
    assert "Environment=APP_WORKERS=3" in another["api@.service"]
    assert "APP_DOCS_ENABLED=false" in another["env"]


def test_mail_is_off_until_a_server_is_named(default: dict[str, str], another: dict[str, str]) -> None:
    assert "APP_MAIL" not in default["env"]
    assert "APP_PUBLIC_URL=http://shop.example.org:8081\n" in another["env"]
    assert "APP_MAIL_HOST=mail.example.org\nAPP_MAIL_PORT=587\nAPP_MAIL_TLS=starttls\n" in another["env"]
    assert not any("canary-of-mail" in text for text in another.values())


def test_a_proxied_path_keeps_or_strips_its_prefix(another: dict[str, str]) -> None:
    lines = [line.strip() for line in another["sites.conf"].splitlines()]
    assert lines[lines.index("location /kept/ {") + 1] == "proxy_pass http://127.0.0.1:9000;"
    assert lines[lines.index("location /cut/ {") + 1] == "proxy_pass http://127.0.0.1:9001/;"
    assert lines.count("location / {") == 3
    assert "try_files $uri $uri/ /index.html;" in lines
    assert "try_files $uri $uri/ =404;" in lines
    assert "server_name a.example.org b.example.org;" in lines


def test_both_service_managers_start_the_same_instance(another: dict[str, str]) -> None:
    unit = dict(re.findall(r"^Environment=(\w+)=(.*)$", another["api@.service"], re.MULTILINE))
    runner = dict(re.findall(r"^  (\w+)=(.*) \\$", another["supervisor_run_api"], re.MULTILINE))
    plain = {
        name: value.strip("'\"").replace("$run", "/run/another").replace("$colour", "%i")
        for name, value in runner.items()
    }
    assert {name: plain[name] for name in unit} == unit
    assert set(plain) - set(unit) == {"HOME", "LANG", "PATH"}
    for text in (another["api@.service"], another["supervisor_run_api"]):
        assert 'venv/bin/gunicorn" -c app/gunicorn_conf.py app.main:app' in text.replace("gunicorn -c", 'gunicorn" -c')


def test_a_cron_job_is_one_line_of_root(default: dict[str, str]) -> None:
    # cron ends a command at a bare percent sign.
    assert default["supervisor_timer"].splitlines()[-1] == "5 4 * * * root date +\\%F"


def test_the_runner_is_a_shell_script_without_mistakes(another: dict[str, str], tmp_path: Path) -> None:
    script = tmp_path / "run-api"
    script.write_text(another["supervisor_run_api"])
    checker = Path(sys.executable).with_name("shellcheck")
    done = subprocess.run([str(checker), str(script)], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout


def test_the_default_worker_count_says_why(default: dict[str, str]) -> None:
    workers = re.search(r"# (.+)\nEnvironment=APP_WORKERS=(\d+)", default["api@.service"])
    assert workers is not None
    assert re.match(r"2 x \d+ CPUs \+ 1|half of \d+ MB", workers[1])
    assert int(workers[2]) >= 1


def test_clients_cannot_choose_what_the_app_believes_of_them(default: dict[str, str]) -> None:
    proxy = default["proxy.conf"]
    for header in ("X-Real-IP $remote_addr", "X-Forwarded-For $remote_addr", "X-Forwarded-Proto $scheme"):
        assert f"proxy_set_header {header};" in proxy
    assert "$proxy_add_x_forwarded_for" not in proxy


@pytest.mark.skipif(shutil.which("nginx") is None, reason="nginx is installed by ./test.sh")
@pytest.mark.parametrize("product", ["default", "another"])
def test_nginx_accepts_the_site(product: str, request: pytest.FixtureRequest, tmp_path: Path) -> None:
    files: dict[str, str] = request.getfixturevalue(product)
    name = "groundwork" if product == "default" else "another"
    logs, snippets = tmp_path / "logs", tmp_path / "snippets"
    for folder in (logs, snippets):
        folder.mkdir()

    def here(text: str) -> str:
        # Debian's light nginx for tests has no brotli, and listening on 80 belongs to a machine.
        text = text.replace(f"/etc/nginx/snippets/{name}", str(snippets)).replace(f"/var/log/{name}", str(logs))
        return re.sub(r"listen (\[::\]:)?\d+", r"listen \g<1>18080", text.replace("brotli_static on;", ""))

    (snippets / "proxy.conf").write_text(here(files["proxy.conf"]))
    (snippets / "headers.conf").write_text(here(files["headers.conf"]))
    (tmp_path / "site.conf").write_text(here(files["site.conf"]) + here(files["sites.conf"]))
    main = (
        f"pid {tmp_path}/pid; error_log {logs}/e; events {{}} http {{ access_log off; include {tmp_path}/site.conf; }}"
    )
    (tmp_path / "nginx.conf").write_text(main)
    done = subprocess.run(
        ["nginx", "-t", "-c", str(tmp_path / "nginx.conf")], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr

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
import yaml

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


# Three products that are rendered together: to start Ansible takes longer than all templates of one.
CHOICES: dict[str, dict[str, object]] = {
    "default": {},
    "another": {
        "groundwork_name": "another",
        "groundwork_title": "Another",
        "groundwork_domain": "shop.example.org",
        "groundwork_http_port": 8081,
        "service_loopback_port": 8101,
        "service_workers": 3,
        "service_job_worker_memory_mb": 0,
        "service_settings": {"APP_DOCS_ENABLED": "false", "APP_DATABASE_URL": "postgresql+psycopg://another@/another"},
        "groundwork_service_manager": "supervisor",
        "nginx_sites": [
            {"names": ["docs.example.org"], "root": "/srv/docs", "spa": True},
            {"names": ["a.example.org", "b.example.org"], "port": 8082, "root": "/srv/a", "proxies": PROXIES},
            {"names": ["c.example.org"], "proxies": [{"path": "/", "to": "http://127.0.0.1:9002"}]},
        ],
        "service_mail_host": "mail.example.org",
        "service_mail_from": "shop@example.org",
        "service_mail_password": "canary-of-mail",
        "model_server_kind": "ollama",
        "model_server_ollama_source": "/root/ollama.tgz",
        "model_server_models": ["qwen3:4b"],
        "model_server_memory_mb": 900,
    },
    "llama": {
        "model_server_kind": "llamacpp",
        "model_server_llamacpp_package": "a-model==1.0",
        "model_server_port": 9,
    },
}


@pytest.fixture(scope="module")
def rendered(tmp_path_factory: pytest.TempPathFactory) -> dict[str, dict[str, str]]:
    """Each product's files by their names."""
    folder = tmp_path_factory.mktemp("rendered")
    defaults: dict[str, object] = {}
    for file in [*ROLES.glob("*/defaults/main.yml"), *ROLES.glob("*/vars/main.yml")]:
        defaults |= yaml.safe_load(file.read_text(encoding="utf-8")) or {}
    variables = {
        **defaults,
        **OF_THE_TASK,
        "output": str(folder),
        "templates": sorted(map(str, ROLES.glob("*/templates/*.j2"))),
        "ansible_connection": "local",
        "ansible_python_interpreter": sys.executable,
    }
    (folder / "hosts.yml").write_text(json.dumps({"all": {"vars": variables, "hosts": CHOICES}}), encoding="utf-8")
    done = subprocess.run(
        [
            str(Path(sys.executable).with_name("ansible-playbook")),
            *("--inventory", str(folder / "hosts.yml")),
            str(Path(__file__).with_name("render.yml")),
        ],
        cwd=PROJECT,
        env=os.environ | {"ANSIBLE_CONFIG": str(PROJECT / "ansible.cfg")},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    files: dict[str, dict[str, str]] = {}
    for product in CHOICES:
        found: dict[str, str] = json.loads((folder / f"{product}.json").read_text(encoding="utf-8"))
        files[product] = {name.removesuffix(".j2"): text for name, text in found.items()}
    return files


@pytest.fixture(scope="module")
def default(rendered: dict[str, dict[str, str]]) -> dict[str, str]:
    return rendered["default"]


@pytest.fixture(scope="module")
def another(rendered: dict[str, dict[str, str]]) -> dict[str, str]:
    return rendered["another"]


@pytest.fixture(scope="module")
def llama(rendered: dict[str, dict[str, str]]) -> dict[str, str]:
    return rendered["llama"]


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


def test_backups_leave_the_machine_only_where_something_is_elsewhere(
    default: dict[str, str], another: dict[str, str]
) -> None:
    here, there = default["backup.service"].splitlines(), another["backup.service"].splitlines()
    assert {"PrivateNetwork=yes", "RestrictAddressFamilies=AF_UNIX"} <= set(here)
    assert "RestrictAddressFamilies=AF_UNIX AF_INET AF_INET6" in there
    assert "PrivateNetwork=yes" not in there
    becoming = "CapabilityBoundingSet=CAP_SETUID CAP_SETGID"  # the app's user, to ask its server
    assert (becoming in here, becoming in there) == (False, True)


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


@pytest.mark.parametrize(
    ("unit", "runner", "command"),
    [
        ("api@.service", "supervisor_run_api", "venv/bin/gunicorn -c app/gunicorn_conf.py app.main:app"),
        ("worker.service", "supervisor_run_worker", "venv/bin/python -m app worker run"),
    ],
)
def test_both_service_managers_start_the_same(another: dict[str, str], unit: str, runner: str, command: str) -> None:
    of_unit = dict(re.findall(r"^Environment=(\w+)=(.*)$", another[unit], re.MULTILINE))
    of_runner = dict(re.findall(r"^  (\w+)=(.*) \\$", another[runner], re.MULTILINE))
    plain = {
        name: value.strip("'\"").replace("$run", "/run/another").replace("$colour", "%i")
        for name, value in of_runner.items()
    }
    assert len(of_unit) >= 5
    assert {name: plain[name] for name in of_unit} == of_unit
    assert set(plain) - set(of_unit) == {"HOME", "LANG", "PATH"}
    for text in (another[unit], another[runner]):
        assert command in text.replace('"', "")


def sandbox(unit: str) -> set[str]:
    block = unit[unit.index("# Sandbox") : unit.index("[Install]")]
    return {line for line in block.splitlines() if "=" in line and not line.startswith("ReadWritePaths=")}


def test_the_worker_is_shut_in_like_the_api(default: dict[str, str]) -> None:
    api, worker = sandbox(default["api@.service"]), sandbox(default["worker.service"])
    assert len(worker) >= 25
    assert api - worker == {"SystemCallFilter=@chown"}
    assert worker <= api
    assert "/run/" not in re.findall("^ReadWritePaths=.*", default["worker.service"], re.MULTILINE)[0]


def test_a_limit_of_memory_is_left_out_where_none_is_wanted(default: dict[str, str], another: dict[str, str]) -> None:
    assert "MemoryMax=1024M\n" in default["worker.service"]
    assert "MemoryMax" not in another["worker.service"]


def test_the_app_learns_of_a_model_server(
    default: dict[str, str], another: dict[str, str], llama: dict[str, str]
) -> None:
    assert "MODEL_SERVER" not in default["env"]
    assert "APP_MODEL_SERVER_KIND=ollama\nAPP_MODEL_SERVER_URL=http://127.0.0.1:11434\n" in another["env"]
    assert 'APP_MODEL_SERVER_MODEL="qwen3:4b"\n' in another["env"]
    assert "APP_MODEL_SERVER_KIND=openai\nAPP_MODEL_SERVER_URL=http://127.0.0.1:9/v1\n" in llama["env"]
    assert 'APP_MODEL_SERVER_MODEL="a-model1.0"\n' in llama["env"]


def test_both_service_managers_run_the_same_model_server(another: dict[str, str], llama: dict[str, str]) -> None:
    for files, command in ((another, "/bin/ollama serve"), (llama, "/serve.py --model ")):
        unit, runner = files["model.service"], files["supervisor_run_model"]
        started = re.findall(r"^ExecStart=(.+)$", unit, re.MULTILINE)[0]
        assert command in started
        assert runner.splitlines()[-1].strip() == started
        of_unit = dict(re.findall(r"^Environment=(\w+)=(.*)$", unit, re.MULTILINE))
        of_runner = dict(re.findall(r"^  (\w+)='(.*)' \\$", runner, re.MULTILINE))
        assert of_unit == of_runner
        assert "HOME" in of_unit


def test_a_model_server_is_shut_in_and_sees_no_data(another: dict[str, str], llama: dict[str, str]) -> None:
    for files in (another, llama):
        unit = files["model.service"]
        of_its_turns = {"SystemCallFilter=setpriority", "LimitNICE=-10"}
        assert sandbox(files["worker.service"]) - sandbox(unit) == of_its_turns
        assert unit.index("ProcSubset=pid") < unit.index("ProcSubset=all")
        assert re.search(r"^InaccessiblePaths=/srv/\w+/shared$", unit, re.MULTILINE)
        assert "PrivateDevices=no" not in unit
    assert "OLLAMA_HOST=127.0.0.1:11434" in another["model.service"]
    assert "MemoryMax=900M" in another["model.service"]
    assert "IPAddressDeny=any" in llama["model.service"]


def test_a_cron_job_is_one_line_of_root(default: dict[str, str]) -> None:
    # cron ends a command at a bare percent sign.
    assert default["supervisor_timer"].splitlines()[-1] == "5 4 * * * root date +\\%F"


@pytest.mark.parametrize("runner", ["supervisor_run_api", "supervisor_run_worker", "supervisor_run_model"])
def test_the_runners_are_shell_scripts_without_mistakes(another: dict[str, str], tmp_path: Path, runner: str) -> None:
    script = tmp_path / "run"
    script.write_text(another[runner])
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

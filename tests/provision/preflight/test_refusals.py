"""Preflight as site.yml runs it: each thing that is wrong is refused before anything is touched, in words that help."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from tests.provision.conftest import PROJECT
from tests.provision.link_check.conftest import free_port

FACTS = {
    "distribution": "Debian",
    "distribution_version": "12.9",
    "distribution_major_version": "12",
    "python_version": "3.11.2",
    "memtotal_mb": 2000,
    "service_mgr": "systemd",
    "all_ipv4_addresses": ["192.0.2.1"],
    "all_ipv6_addresses": [],
}
TAKEN = free_port()  # held by the fixture
# Variables, facts, and the words that must all be there.
CASES: dict[str, tuple[dict[str, object], dict[str, object], list[str]]] = {
    "good": ({}, {}, []),
    "misspelt": ({"groundwork_domian": "x"}, {}, ["groundwork_domian", "did you mean groundwork_domain?"]),
    "misspelt-prefix": ({"grundwork_domain": "x"}, {}, ["grundwork_domain", "did you mean groundwork_domain?"]),
    "type": ({"service_workers": "many"}, {}, ["service_workers", "int"]),
    "choice": ({"groundwork_environment": "prod"}, {}, ["groundwork_environment", "development, staging, production"]),
    "name": ({"groundwork_name": "My Shop"}, {}, ["groundwork_name is 'My Shop'", "lower-case letters"]),
    "port": ({"groundwork_http_port": 70000}, {}, ["groundwork_http_port is 70000", "1 to 65535"]),
    "one-port": ({"groundwork_http_port": 9000, "service_loopback_port": 9000}, {}, ["two different numbers"]),
    "taken": (
        {"groundwork_http_port": TAKEN},
        {},
        [f"port {TAKEN} is held by", "another port with groundwork_http_port"],
    ),
    "taken-of-a-site": (
        {"nginx_sites": [{"names": ["a.example.org"], "port": TAKEN}]},
        {},
        [f"port {TAKEN} is held by", "another port with nginx_sites"],
    ),
    "site-on-our-port": (
        {"groundwork_http_port": TAKEN, "nginx_sites": [{"names": ["a.example.org"], "port": TAKEN}]},
        {},
        ["another port with groundwork_http_port"],
    ),
    "demo": (
        {"groundwork_demo_data": True},
        {},
        ["groundwork_demo_data is true", "groundwork_environment is 'production'"],
    ),
    "system": (
        {},
        {"distribution": "Ubuntu", "distribution_version": "24.04"},
        ["runs Ubuntu 24.04", "Debian 12 and 13"],
    ),
    "old-debian": ({}, {"distribution_major_version": "11", "distribution_version": "11.4"}, ["runs Debian 11.4"]),
    "python": ({}, {"python_version": "3.9.2"}, ["is Python 3.9.2", "ansible_python_interpreter=/usr/bin/python3"]),
    "systemd": (
        {"groundwork_service_manager": "systemd"},
        {"service_mgr": "sysvinit"},
        ["groundwork_service_manager is 'systemd'", "is sysvinit", "'auto', which takes supervisor"],
    ),
    "supervisor": (
        {"groundwork_service_manager": "supervisor"},
        {},
        ["a second nginx", "'auto', which takes systemd"],
    ),
    "auto-supervisor": ({}, {"service_mgr": "sysvinit"}, []),
    "memory": ({}, {"memtotal_mb": 500}, ["has 500 MB of memory", "768 MB are needed (preflight_memory_mb)"]),
    "workers": (
        {"service_workers": 40},
        {},
        ["service_workers is 40, which take 6400 MB at 160 MB each", "has 2000 MB", "at most 10,"],
    ),
    "workers-fit": ({"service_workers": 10}, {}, []),
    "model": (
        {"model_server_kind": "llamacpp"},
        {},
        ["model_server_kind is 'llamacpp' and nothing is given", "exactly one of model_server_llamacpp_file, "],
    ),
    "two-models": (
        {"model_server_kind": "ollama", "model_server_ollama_source": "/x", "model_server_ollama_package": "ollama"},
        {},
        ["model_server_ollama_source and model_server_ollama_package is given", "exactly one"],
    ),
    "unknown-model": (
        {"model_server_kind": "llamacpp", "model_server_llamacpp_url": "https://example.org/a.gguf"},
        {},
        ["model_server_llamacpp_url is an address", "model_server_llamacpp_sha256", "64 digits"],
    ),
    "model-port": (
        {"model_server_kind": "llamacpp", "model_server_llamacpp_file": "/a.gguf", "model_server_port": TAKEN},
        {},
        [f"port {TAKEN} is held by", "another port with model_server_port"],
    ),
    "good-model": (
        {
            "model_server_kind": "ollama",
            "model_server_ollama_source": "http://mirror/ollama.tgz",
            "model_server_ollama_sha256": "0" * 64,
        },
        {},
        [],
    ),
    "disk": ({"preflight_disk_mb": 10**9}, {}, ["MB free and 1000000000 MB are needed (preflight_disk_mb)"]),
    "inodes": ({"preflight_inodes": 10**15}, {}, ["more files and 1000000000000000 are needed (preflight_inodes)"]),
}


@pytest.fixture(scope="module")
def refused(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    folder: Path = tmp_path_factory.mktemp("refusals")
    usual = {
        "ansible_python_interpreter": sys.executable,
        "groundwork_root": str(folder / "srv"),
        "groundwork_http_port": free_port(),
        "service_loopback_port": free_port(),
        "preflight_disk_mb": 1,
        "preflight_inodes": 1,
    }
    hosts = {name: {**usual, **variables, "case_facts": FACTS | facts} for name, (variables, facts, _) in CASES.items()}
    inventory = folder / "inventory.json"
    # What the play of site.yml knows of the roles that follow.
    known: dict[str, object] = {}
    for role in ("service", "model_server", "nginx"):
        for file in ("defaults", "vars"):
            known |= yaml.safe_load((PROJECT / "roles" / role / file / "main.yml").read_text())
    inventory.write_text(json.dumps({"all": {"hosts": hosts, "vars": known}}))
    with socket.create_server(("127.0.0.1", TAKEN)):
        done = subprocess.run(
            [
                str(Path(sys.executable).parent / "ansible-playbook"),
                *("--inventory", str(inventory), "--extra-vars", f"output={folder}/refused.json"),
                str(Path(__file__).with_name("refusals.yml")),
            ],
            cwd=PROJECT,
            env=os.environ
            | {
                "ANSIBLE_CONFIG": str(PROJECT / "ansible.cfg"),
                "ANSIBLE_LIBRARY": f"{PROJECT}/plugins/modules:{Path(__file__).parent}/library",
            },
            capture_output=True,
            text=True,
            check=False,
        )
    assert done.returncode == 0, done.stdout + done.stderr
    words: dict[str, str] = json.loads((folder / "refused.json").read_text())
    return words


@pytest.mark.slow
@pytest.mark.parametrize("name", CASES)
def test_it_is_refused_in_words_that_help(refused: dict[str, str], name: str) -> None:
    words = CASES[name][2]
    assert bool(refused[name]) is bool(words), refused[name]
    assert all(word in refused[name] for word in words), refused[name]

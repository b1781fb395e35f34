"""Refusals of preflight: each names the culprit and what to do."""

from __future__ import annotations

import getpass
import socket
from pathlib import Path
from types import ModuleType

import pytest

from tests.provision.conftest import PROJECT, RunModule, load_plugin


@pytest.fixture(scope="module")
def variables() -> ModuleType:
    return load_plugin("action", "preflight_variables")


def test_a_misspelt_variable_is_refused_with_the_nearest_name(variables: ModuleType) -> None:
    specs = variables.load_specs(PROJECT / "roles")
    problems = variables.unknown_names(["groundwork_http_prot", "service_workers", "ansible_host", "colour"], specs)
    assert problems == ["groundwork_http_prot is not a variable of any role: did you mean groundwork_http_port?"]


def test_every_role_declares_exactly_its_defaults(variables: ModuleType) -> None:
    import yaml

    specs = variables.load_specs(PROJECT / "roles")
    assert set(specs) == {folder.name for folder in (PROJECT / "roles").iterdir()}
    for role, options in specs.items():
        defaults = yaml.safe_load((PROJECT / "roles" / role / "defaults/main.yml").read_text())
        declared = {name: option["default"] for name, option in options.items() if not option.get("required")}
        assert declared == defaults, role
        assert all(option.get("description") for option in options.values()), role


def test_a_port_held_by_another_program_is_refused_with_its_name(run_module: RunModule, tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        asked = {"port": port, "variable": "groundwork_http_port", "holder": "nginx"}
        result = run_module("preflight_host", root=str(tmp_path), disk_mb=1, ports=[asked])
        ours = run_module("preflight_host", root=str(tmp_path), disk_mb=1, ports=[asked | {"holder": ""}])
    assert result["failed"] is True
    assert f"port {port} is held by " in result["msg"]
    assert "(pid " in result["msg"]
    assert "groundwork_http_port" in result["msg"]
    assert ours["failed"] is False


def test_a_port_of_another_product_is_refused_though_its_program_has_our_name(
    run_module: RunModule, tmp_path: Path
) -> None:
    me = getpass.getuser()
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = {"port": server.getsockname()[1], "variable": "service_loopback_port", "holder": ""}
        theirs = run_module("preflight_host", root=str(tmp_path), disk_mb=1, ports=[port | {"user": "another"}])
        ours = run_module("preflight_host", root=str(tmp_path), disk_mb=1, ports=[port | {"user": me}])
    assert f", of user {me})" in theirs["msg"]
    assert ours["failed"] is False


def test_a_full_disk_is_refused_with_its_folder(run_module: RunModule, tmp_path: Path) -> None:
    result = run_module("preflight_host", root=str(tmp_path / "not/there/yet"), disk_mb=10**9)
    assert result["failed"] is True
    assert str(tmp_path) in result["msg"]
    assert "preflight_disk_mb" in result["msg"]

"""The lock files hold what pyproject.toml asks for, with hashes, and name no index."""

from __future__ import annotations

import re
import tomllib

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from tests.provision.conftest import PROJECT

PYPROJECT = tomllib.loads((PROJECT / "pyproject.toml").read_text(encoding="utf-8"))
APP: list[str] = PYPROJECT["project"]["dependencies"]
GROUPS: dict[str, list[str]] = PYPROJECT["dependency-groups"]
ASKED = {"app": APP, "ops": GROUPS["ops"], "dev": APP + GROUPS["ops"] + GROUPS["dev"]}


def locked(name: str) -> dict[str, str]:
    text = (PROJECT / "requirements" / f"{name}.txt").read_text(encoding="utf-8")
    return {
        canonicalize_name(package): version for package, version in re.findall(r"^([\w.-]+)==(\S+)", text, re.MULTILINE)
    }


@pytest.mark.parametrize("name", ASKED)
def test_what_is_asked_for_is_locked_at_a_version_that_fits(name: str) -> None:
    pins = locked(name)
    for line in ASKED[name]:
        asked = Requirement(line)
        assert asked.specifier.contains(pins[canonicalize_name(asked.name)]), f"{line}: run requirements/lock.sh"


@pytest.mark.parametrize("name", ASKED)
def test_every_pin_has_a_hash_and_no_line_an_address(name: str) -> None:
    text = (PROJECT / "requirements" / f"{name}.txt").read_text(encoding="utf-8")
    entries = re.split(r"^(?=[\w.-]+==)", text, flags=re.MULTILINE)[1:]
    assert len(entries) == len(locked(name))
    assert all("--hash=sha256:" in entry for entry in entries)
    assert "://" not in text
    assert "--index" not in text


def test_development_runs_what_the_machines_run() -> None:
    dev = locked("dev")
    for part in ("app", "ops"):
        assert {package: dev.get(package) for package in locked(part)} == locked(part)


def test_the_uv_on_the_machines_is_the_locked_one() -> None:
    first = (PROJECT / "roles/uv/files/requirements.txt").read_text(encoding="utf-8").split()[0]
    assert first == f"uv=={locked('ops')['uv']}"

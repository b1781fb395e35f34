"""Molecule leaves out what it cannot find and reports success, so every step of a sequence must find what it runs."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.provision.conftest import PROJECT

SCENARIOS = sorted(PROJECT.glob("molecule/*/molecule.yml"))
SHARED: dict[str, Any] = yaml.safe_load((PROJECT / ".config/molecule/config.yml").read_text(encoding="utf-8"))


def steps(scenario: Path) -> list[list[str]]:
    sequence: list[str] = yaml.safe_load(scenario.read_text(encoding="utf-8"))["scenario"]["test_sequence"]
    return [step.split() for step in sequence]


def test_there_are_scenarios() -> None:
    assert {file.parent.name for file in SCENARIOS} >= {"default", "setup"}


def test_ci_runs_each_scenario_once() -> None:
    script = (PROJECT / "test.sh").read_text(encoding="utf-8")
    lines = re.findall(r"^SCENARIOS(?:_FULL)?=\((.*?)\)", script, re.MULTILINE)
    assert sorted(" ".join(lines).split()) == [file.parent.name for file in SCENARIOS]


@pytest.mark.parametrize("scenario", SCENARIOS, ids=[file.parent.name for file in SCENARIOS])
def test_every_step_finds_what_it_runs(scenario: Path) -> None:
    own: dict[str, Any] = yaml.safe_load(scenario.read_text(encoding="utf-8"))
    playbooks = SHARED["ansible"]["playbooks"] | own.get("ansible", {}).get("playbooks", {})
    for action, *arguments in steps(scenario):
        if action in ("create", "prepare", "destroy", "side_effect"):
            assert (scenario.parent / playbooks[action]).is_file(), action
        if action in ("converge", "check", "idempotence", "syntax"):
            assert (scenario.parent / "converge.yml").is_file(), action
        if action == "side_effect":
            assert all((scenario.parent / file).is_file() for file in arguments), arguments
        if action == "verify":
            for folder in arguments or ["tests/"]:
                assert list((scenario.parent / folder).glob("test_*.py")), f"verify {folder} would run nothing"


@pytest.mark.parametrize("scenario", SCENARIOS, ids=[file.parent.name for file in SCENARIOS])
def test_every_machine_is_restarted_and_looked_at_again(scenario: Path) -> None:
    actions = [action for action, *_ in steps(scenario)]
    assert actions[0] == actions[-1] == "destroy"
    assert "verify" in actions[actions.index("side_effect") + 1 :]

"""The supervisor_program module and its row, with a simulated supervisorctl; molecule/supervisor has the real one."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from ansible.module_utils.link_check import supervisor

from tests.provision.conftest import RunModule

if TYPE_CHECKING:
    from tests.provision.link_check.conftest import Look

# It knows one program, `shop`: its state, and whether its definition on disk is new, changed, gone or the one in force.
SIMULATED = """#!/usr/bin/env python3
import json, pathlib, sys
file = pathlib.Path(__file__).with_name("state.json")
state = json.loads(file.read_text())
verb, name = sys.argv[1], (sys.argv[2:] or [""])[0]
state["asked"].append(verb)
if verb == "status":
    if state["words"]: print(f"shop    {state['words']}")
    else: print(f"{name}: ERROR (no such process)")
elif verb == "reread":
    print(f"shop: {state['disk']}" if state["disk"] else "No config updates to processes")
elif verb == "update":
    state["words"] = "" if state["disk"] == "disappeared" else state["becomes"]
    state["disk"] = ""
elif verb in ("start", "restart"):
    state["words"] = state["becomes"]
file.write_text(json.dumps(state))
"""
RUNNING = "RUNNING   pid 12, uptime 0:00:05"


class Simulated:
    def __init__(self, folder: Path) -> None:
        self.file = folder / "state.json"
        program = folder / "supervisorctl"
        program.write_text(SIMULATED)
        program.chmod(0o755)
        self.set()

    def set(self, words: str = "", disk: str = "", becomes: str = RUNNING) -> None:
        self.file.write_text(json.dumps({"words": words, "disk": disk, "becomes": becomes, "asked": []}))

    def did(self) -> list[str]:
        asked: list[str] = json.loads(self.file.read_text())["asked"]
        return [verb for verb in asked if verb not in ("status", "reread")]


@pytest.fixture
def simulated(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Simulated:
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    return Simulated(tmp_path)


@pytest.mark.parametrize(
    ("state", "words", "disk", "does"),
    [
        ("started", RUNNING, "", []),
        ("started", "", "available", ["update"]),
        ("started", RUNNING, "changed", ["update"]),
        ("started", "STOPPED   Nov 22", "", ["start"]),
        ("restarted", RUNNING, "", ["restart"]),
        ("restarted", RUNNING, "changed", ["update"]),
        ("absent", RUNNING, "disappeared", ["update"]),
        ("absent", "", "", []),
    ],
)
def test_it_does_what_is_needed_and_no_more(
    run_module: RunModule, simulated: Simulated, state: str, words: str, disk: str, does: list[str]
) -> None:
    simulated.set(words, disk)
    result = run_module("supervisor_program", name="shop", state=state)
    assert (result["failed"], result["changed"], simulated.did()) == (False, bool(does), does)


@pytest.mark.parametrize("state", ["started", "restarted", "absent"])
def test_check_mode_only_looks(run_module: RunModule, simulated: Simulated, state: str) -> None:
    simulated.set(RUNNING, "changed")
    assert run_module("supervisor_program", check=True, name="shop", state=state)["changed"] is True
    assert simulated.did() == []


def test_a_program_that_does_not_stay_up_is_told_with_supervisors_words(
    run_module: RunModule, simulated: Simulated
) -> None:
    simulated.set("", "available", becomes="BACKOFF   Exited too quickly (process log may have details)")
    result = run_module("supervisor_program", name="shop", state="started")
    assert result["failed"] is True
    assert "shop does not stay up: BACKOFF Exited too quickly" in result["msg"]


def test_a_definition_left_behind_is_told(run_module: RunModule, simulated: Simulated) -> None:
    simulated.set(RUNNING, "")
    assert "its definition was not removed" in run_module("supervisor_program", name="shop", state="absent")["msg"]


def test_no_supervisor_is_told_and_in_check_mode_foreseen(
    run_module: RunModule, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    assert "no supervisorctl" in run_module("supervisor_program", name="shop", state="started")["msg"]
    assert run_module("supervisor_program", check=True, name="shop", state="started")["changed"] is True


GOOD = "[program:shop]\nautostart=true\nautorestart=true ; always\nstartretries=1000000000\n"


@pytest.mark.parametrize(
    ("words", "written", "cause"),
    [
        (RUNNING, GOOD, ""),
        ("", GOOD, "supervisor knows no program shop"),
        ("FATAL   Exited too quickly", GOOD, "shop is FATAL (Exited too quickly)"),
        (RUNNING, "", "defines shop: it is gone when supervisor starts anew"),
        (RUNNING, GOOD.replace("autostart=true", "autostart=false"), "shop does not start when supervisor does"),
        (RUNNING, GOOD.replace("autorestart=true", "autorestart=unexpected"), "after some crashes shop is given up"),
        (RUNNING, GOOD.replace("startretries=1000000000", ""), "after some crashes shop is given up"),
    ],
)
def test_the_row(
    look: Look,
    simulated: Simulated,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    words: str,
    written: str,
    cause: str,
) -> None:
    monkeypatch.setattr(supervisor, "DEFINITIONS", tmp_path)
    (tmp_path / "shop.conf").write_text(written)
    simulated.set(words)
    row: dict[str, Any] = look("supervisor_program", program="shop")
    assert row["ok"] is (not cause)
    assert cause in row["cause"]
    assert row["ok"] or row["fix"]

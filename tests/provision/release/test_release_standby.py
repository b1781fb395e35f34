"""The release before waits, loaded, in the idle colour: who is asked, who is called, who is not."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from ansible.module_utils.drift.check import live_things
from ansible.module_utils.release_layout import Layout, link_name
from ansible.module_utils.release_lock import take_lock
from ansible.module_utils.release_marks import BAD, GOOD

from tests.provision.conftest import RunModule
from tests.provision.release.conftest import add_release, make_live, own_group


@pytest.fixture
def machine(layout: Layout, tmp_path: Path) -> Layout:
    """r3 has just been proven on green; r2, found bad, was tried before it; r1 ran on blue."""
    (tmp_path / "settings").write_text("one")
    for name, mark in {"r1": GOOD, "r2": BAD, "r3": GOOD}.items():
        add_release(layout, name, name, mark=mark)
    make_live(layout, "r1", "blue")
    make_live(layout, "r3", "green")
    take_lock(layout, {"id": "one"})
    return layout


def end(run_module: RunModule, layout: Layout, **more: Any) -> dict[str, Any]:
    given = {"root": str(layout.root), "run_dir": str(layout.run_dir), "run": "one", "release": "r3", "digest": "r3"}
    settings = [str(layout.root.parent / "settings")]
    known = {**given, "group": own_group(), "outcome": "good", "mark": "good", "config_files": settings}
    return run_module("release_end", **{**known, "standby": True, **more})


def start(run_module: RunModule, layout: Layout, release: str) -> bool:
    layout.lock.unlink(missing_ok=True)
    take_lock(layout, {"id": "two"})
    given = {"root": str(layout.root), "run_dir": str(layout.run_dir), "run": "two", "colour": "blue"}
    settings = [str(layout.root.parent / "settings")]
    return bool(run_module("release_slot", **given, release=release, config_files=settings).get("called"))


def test_it_is_what_a_rollback_would_choose_and_is_called_by_it(run_module: RunModule, machine: Layout) -> None:
    assert end(run_module, machine)["standby"] == "blue"
    assert link_name(machine.slot("blue")) == "r1"
    assert machine.standby("blue").exists()
    assert start(run_module, machine, "r1") is True
    assert not machine.standby("blue").exists()
    assert machine.standby_called("blue").exists()


def test_one_that_was_called_once_is_not_called_again(run_module: RunModule, machine: Layout) -> None:
    end(run_module, machine)
    start(run_module, machine, "r1")
    assert start(run_module, machine, "r1") is False
    assert not machine.standby_called("blue").exists(), "the next one that waits would go on at once"


@pytest.mark.parametrize("what", ["settings", "release", "environment"])
def test_one_that_loaded_something_else_is_left_to_be_stopped(
    run_module: RunModule, machine: Layout, what: str
) -> None:
    end(run_module, machine)
    machine.standby_begun("blue").touch()
    if what == "settings":
        (machine.root.parent / "settings").write_text("two")
    elif what == "environment":
        (machine.release("r1") / "venv" / ".complete").write_text("made again")
    assert start(run_module, machine, "r2" if what == "release" else "r1") is False
    left = [machine.standby("blue"), machine.standby_begun("blue"), machine.standby_called("blue")]
    assert [file for file in left if file.exists()] == []


def test_a_run_that_ends_in_mid_change_leaves_nobody_to_be_called_for_another_release(
    run_module: RunModule, machine: Layout
) -> None:
    end(run_module, machine)
    machine.slot("blue").with_name(".blue.new").mkdir()  # the link cannot be made
    assert start(run_module, machine, "r2") is False
    assert link_name(machine.slot("blue")) == "r1"
    assert not machine.standby("blue").exists()


def test_nothing_waits_unless_wanted_or_without_a_good_one_before(run_module: RunModule, machine: Layout) -> None:
    assert end(run_module, machine, standby=False)["standby"] == ""
    make_live(machine, "r1", "green")
    assert end(run_module, machine, release="r1", digest="r1")["standby"] == ""
    assert not machine.standby("blue").exists()


def test_it_is_no_drift(machine: Layout) -> None:
    layout = {"root": str(machine.root), "run_dir": str(machine.run_dir), "fix": "", "api_unit": "shop-api"}
    baseline = {"live": {"release": "r3", "colour": "green"}, "layout": layout}

    def units() -> list[tuple[str, bool]]:
        return [(thing["unit"], thing["runs"]) for thing in live_things(baseline) if thing["kind"] == "unit"]

    assert units() == [("shop-api@blue.service", False), ("shop-api@green.service", True)]
    machine.standby("blue").touch()
    assert units() == [("shop-api@green.service", True)]

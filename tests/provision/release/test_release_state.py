"""The plan of a release: what is left to do, from what lies on the machine."""

from __future__ import annotations

import json
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from ansible.module_utils.release_layout import VENV_MARK, Layout, instance_digest, live_colour

from tests.provision.conftest import RunModule, load_plugin


@pytest.fixture(scope="module")
def release_state() -> ModuleType:
    return load_plugin("modules", "release_state")


@pytest.fixture
def layout(tmp_path: Path) -> Layout:
    for folder in ("root/releases", "root/slots", "run"):
        (tmp_path / folder).mkdir(parents=True)
    return Layout(tmp_path / "root", tmp_path / "run")


def add_release(layout: Layout, release_id: str, digest: str, *, venv: bool = True) -> dict[str, Any]:
    folder = layout.release(release_id)
    (folder / "venv" / "bin").mkdir(parents=True)
    if venv:
        (folder / "venv" / "bin" / "python").touch()
        (folder / "venv" / VENV_MARK).write_text(release_id)
    manifest = {"id": release_id, "digest": digest}
    (folder / "manifest.json").write_text(json.dumps(manifest))
    return manifest


def make_live(layout: Layout, release_id: str, colour: str, config_files: list[str] | None = None) -> None:
    layout.slot(colour).symlink_to(layout.release(release_id))
    layout.slot_record(colour).write_text(instance_digest(layout, release_id, config_files or []) + "\n")
    layout.current.symlink_to(layout.release(release_id))
    layout.current_socket.symlink_to(f"{colour}.sock")


def test_a_bare_machine_ships_and_starts_blue(release_state: ModuleType, layout: Layout) -> None:
    plan = release_state.make_plan(layout, {"id": "r1", "digest": "a"}, [])
    assert (plan["release"], plan["ship"], plan["prepare"], plan["start"]) == ("r1", True, True, True)
    assert (plan["live"], plan["idle"]) == ("", "blue")
    assert plan["why"] == "nothing is live yet"


def test_the_same_content_is_left_alone_whatever_its_id(release_state: ModuleType, layout: Layout) -> None:
    add_release(layout, "r1", "a")
    make_live(layout, "r1", "green")
    plan = release_state.make_plan(layout, {"id": "r2-built-elsewhere", "digest": "a"}, [])
    assert plan["release"] == "r1"
    assert (plan["ship"], plan["prepare"], plan["start"]) == (False, False, False)
    assert (plan["live"], plan["idle"]) == ("green", "blue")


def test_new_content_goes_to_the_idle_colour(release_state: ModuleType, layout: Layout) -> None:
    add_release(layout, "r1", "a")
    make_live(layout, "r1", "blue")
    plan = release_state.make_plan(layout, {"id": "r2", "digest": "b"}, [])
    assert (plan["release"], plan["ship"], plan["start"], plan["idle"]) == ("r2", True, True, "green")
    assert plan["why"] == "r1 is live"


def test_an_earlier_release_with_the_same_content_is_used_again(release_state: ModuleType, layout: Layout) -> None:
    add_release(layout, "r1", "a")
    add_release(layout, "r2", "b")
    make_live(layout, "r2", "green")
    plan = release_state.make_plan(layout, {"id": "r3", "digest": "a"}, [])
    assert (plan["release"], plan["ship"], plan["prepare"], plan["start"]) == ("r1", False, False, True)


def test_a_missing_venv_is_prepared_and_started_anew(release_state: ModuleType, layout: Layout) -> None:
    manifest = add_release(layout, "r1", "a")
    make_live(layout, "r1", "blue")
    (layout.release("r1") / "venv" / VENV_MARK).unlink()
    plan = release_state.make_plan(layout, manifest, [])
    assert (plan["prepare"], plan["start"], plan["why"]) == (True, True, "its virtual environment is missing")


def test_a_venv_without_its_interpreter_is_prepared_though_its_mark_is_there(
    release_state: ModuleType, layout: Layout
) -> None:
    manifest = add_release(layout, "r1", "a")
    make_live(layout, "r1", "blue")
    (layout.release("r1") / "venv" / "bin" / "python").unlink()
    plan = release_state.make_plan(layout, manifest, [])
    assert (plan["prepare"], plan["start"]) == (True, True)


def test_a_rebuilt_venv_calls_for_a_start_even_when_the_run_that_built_it_was_killed(
    release_state: ModuleType, layout: Layout
) -> None:
    manifest = add_release(layout, "r1", "a")
    make_live(layout, "r1", "blue")
    (layout.release("r1") / "venv" / VENV_MARK).write_text("made again")
    plan = release_state.make_plan(layout, manifest, [])
    assert (plan["prepare"], plan["start"]) == (False, True)
    assert plan["why"] == "its configuration or environment changed since it started"


def test_changed_configuration_calls_for_a_start(release_state: ModuleType, layout: Layout, tmp_path: Path) -> None:
    manifest = add_release(layout, "r1", "a")
    settings = tmp_path / "env"
    settings.write_text("A=1")
    make_live(layout, "r1", "blue", [str(settings)])
    assert release_state.make_plan(layout, manifest, [str(settings)])["start"] is False
    settings.write_text("A=2")
    assert release_state.make_plan(layout, manifest, [str(settings)])["start"] is True


def test_a_half_shipped_release_is_not_one(release_state: ModuleType, layout: Layout) -> None:
    add_release(layout, "r1.partial", "a")
    plan = release_state.make_plan(layout, {"id": "r1", "digest": "a"}, [])
    assert (plan["ship"], plan["releases"]) == (True, [])


def test_a_link_to_no_colour_is_not_live(layout: Layout) -> None:
    add_release(layout, "r1", "a")
    layout.current.symlink_to(layout.release("r1"))
    layout.current_socket.symlink_to("red.sock")
    assert live_colour(layout) == ""


def test_an_unreadable_manifest_is_named(run_module: RunModule, layout: Layout) -> None:
    add_release(layout, "r1", "a")
    (layout.release("r1") / "manifest.json").write_text("{")
    result = run_module(
        "release_state", root=str(layout.root), run_dir=str(layout.run_dir), manifest={"id": "r2", "digest": "b"}
    )
    assert result["failed"] is True
    assert f"The releases under {layout.root} cannot be read" in result["msg"]

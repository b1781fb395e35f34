"""The switch: two renames that no reader can see half-done."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest

from tests.provision.conftest import RunModule, load_plugin


@pytest.fixture
def machine(tmp_path: Path) -> dict[str, str]:
    for release in ("r1", "r2"):
        (tmp_path / "root/releases" / release).mkdir(parents=True)
    (tmp_path / "run").mkdir()
    return {"root": str(tmp_path / "root"), "run_dir": str(tmp_path / "run"), "tmpfiles": str(tmp_path / "live.conf")}


def test_switching_moves_both_links_and_what_a_reboot_restores(run_module: RunModule, machine: dict[str, str]) -> None:
    first = run_module("release_switch", **machine, release="r1", colour="blue")
    again = run_module("release_switch", **machine, release="r1", colour="blue")
    second = run_module("release_switch", **machine, release="r2", colour="green")
    assert (first["changed"], again["changed"], second["changed"]) == (True, False, True)
    assert second["was"] == "r1"
    assert Path(f"{machine['root']}/current").readlink().name == "r2"
    assert Path(f"{machine['run_dir']}/current.sock").readlink() == Path("green.sock")
    assert f"L+ {machine['run_dir']}/current.sock - - - - green.sock" in Path(machine["tmpfiles"]).read_text()


def test_a_release_that_is_not_there_switches_nothing(run_module: RunModule, machine: dict[str, str]) -> None:
    run_module("release_switch", **machine, release="r1", colour="blue")
    result = run_module("release_switch", **machine, release="r9", colour="green")
    assert result["failed"] is True
    assert "r9 does not exist" in result["msg"]
    assert Path(f"{machine['run_dir']}/current.sock").readlink() == Path("blue.sock")


def test_check_mode_switches_nothing(run_module: RunModule, machine: dict[str, str]) -> None:
    result = run_module("release_switch", check=True, **machine, release="r1", colour="blue")
    assert result["changed"] is True
    assert not Path(machine["root"], "current").is_symlink()


def test_a_reader_never_meets_a_missing_link(tmp_path: Path) -> None:
    point = load_plugin("modules", "release_switch").point
    link, missing, done = tmp_path / "link", [], threading.Event()
    point(link, "0")

    def read() -> None:
        while not done.is_set():
            try:
                link.readlink()
            except FileNotFoundError:
                missing.append(1)

    reader = threading.Thread(target=read)
    reader.start()
    for turn in range(3000):
        point(link, str(turn % 2))
    done.set()
    reader.join()
    assert missing == []

"""The folders module: owners and modes as asked, at once, and nothing twice."""

from __future__ import annotations

import getpass
import grp
import os
from pathlib import Path

from tests.provision.conftest import RunModule

ME = getpass.getuser()
MY_GROUP = grp.getgrgid(os.getgid()).gr_name


def test_folders_are_made_corrected_and_then_left_alone(run_module: RunModule, tmp_path: Path) -> None:
    wanted = [
        {"path": str(tmp_path / "a"), "mode": "0751", "owner": ME, "group": MY_GROUP},
        {"path": str(tmp_path / "a/b"), "mode": "2750", "owner": ME, "group": MY_GROUP},
    ]
    (tmp_path / "a").mkdir(mode=0o700)
    first = run_module("folders", folders=wanted)
    second = run_module("folders", folders=wanted)
    assert (first["changed"], second["changed"]) == (True, False)
    assert first["changed_paths"] == [folder["path"] for folder in wanted]
    assert (tmp_path / "a").stat().st_mode & 0o7777 == 0o751
    assert (tmp_path / "a/b").stat().st_mode & 0o7777 == 0o2750


def test_check_mode_only_says_it(run_module: RunModule, tmp_path: Path) -> None:
    folder = {"path": str(tmp_path / "a"), "mode": "0755", "owner": ME, "group": MY_GROUP}
    assert run_module("folders", check=True, folders=[folder])["changed"] is True
    assert not (tmp_path / "a").exists()


def test_a_file_in_the_way_and_an_unknown_owner_are_named(run_module: RunModule, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("precious")
    in_the_way = {"path": str(tmp_path / "file"), "mode": "0755", "owner": ME, "group": MY_GROUP}
    nobody = {"path": str(tmp_path / "new"), "mode": "0755", "owner": "no-such-user", "group": MY_GROUP}
    assert "is not a folder" in run_module("folders", folders=[in_the_way])["msg"]
    assert (tmp_path / "file").read_text() == "precious"
    assert "no-such-user" in run_module("folders", folders=[nobody])["msg"]

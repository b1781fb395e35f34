"""A machine's folders without a machine: releases, slots, marks and a lock in a temporary folder."""

from __future__ import annotations

import grp
import json
import os
from pathlib import Path
from typing import Any

import pytest
from ansible.module_utils.release_layout import VENV_MARK, Layout, instance_digest
from ansible.module_utils.release_marks import set_mark

HERE = "this is the test"


def own_group() -> str:
    """A group that this process may give files to."""
    return grp.getgrgid(os.getegid()).gr_name


@pytest.fixture
def layout(tmp_path: Path) -> Layout:
    for folder in ("root/releases", "root/slots", "root/assets", "root/shared", "root/backups", "run"):
        (tmp_path / folder).mkdir(parents=True)
    return Layout(tmp_path / "root", tmp_path / "run")


def add_release(
    layout: Layout, release_id: str, digest: str, *, venv: bool = True, mark: str = "", assets: str = ""
) -> dict[str, Any]:
    """A release as shipped and prepared; `assets` are the names of its hashed files."""
    folder = layout.release(release_id)
    for part in ("venv/bin", "app", "dist/assets"):
        (folder / part).mkdir(parents=True)
    if venv:
        (folder / "venv" / "bin" / "python").touch()
        (folder / "venv" / VENV_MARK).write_text(release_id)
    for name in assets.split():
        for where in (folder / "dist/assets", layout.root / "assets"):
            (where / name).write_text(name)
    manifest = {"id": release_id, "digest": digest}
    (folder / "manifest.json").write_text(json.dumps(manifest))
    if mark:
        set_mark(layout, release_id, digest, mark, "verify", "it broke")
    return manifest


def make_live(layout: Layout, release_id: str, colour: str, config_files: list[str] | None = None) -> None:
    for link, target in (
        (layout.slot(colour), str(layout.release(release_id))),
        (layout.current, str(layout.release(release_id))),
        (layout.current_socket, f"{colour}.sock"),
    ):
        link.unlink(missing_ok=True)
        link.symlink_to(target)
    layout.slot_record(colour).write_text(instance_digest(layout, release_id, config_files or []) + "\n")

"""Ship and prepare: an artifact becomes a release whole or not at all; modes, assets, slots."""

from __future__ import annotations

import hashlib
import io
import tarfile
from pathlib import Path
from types import ModuleType

import pytest
from ansible.module_utils.release_layout import Layout
from ansible.module_utils.release_lock import take_lock

from tests.provision.conftest import RunModule, load_plugin
from tests.provision.release.conftest import add_release, own_group

GOOD_FILES = {"manifest.json": b"{}", "app/main.py": b"app = 1", "dist/index.html": b"<html>"}


@pytest.fixture(scope="module")
def release_ship() -> ModuleType:
    return load_plugin("modules", "release_ship")


def artifact(folder: Path, files: dict[str, bytes], kind: bytes = tarfile.REGTYPE) -> Path:
    target = folder / "artifact.tar.gz"
    with tarfile.open(target, "w:gz") as archive:
        for name, content in files.items():
            entry = tarfile.TarInfo(name)
            entry.size, entry.mtime, entry.type, entry.linkname = len(content), 1_800_000_000, kind, "/etc/passwd"
            archive.addfile(entry, io.BytesIO(content))
    return target


def ship(run_module: RunModule, layout: Layout, file: Path, **more: object) -> dict[str, object]:
    take_lock(layout, {"id": "one"})
    sha256 = hashlib.sha256(file.read_bytes()).hexdigest()
    given = {"release": "r1", "artifact": str(file), "sha256": sha256, "group": own_group(), "run": "one", **more}
    return run_module("release_ship", root=str(layout.root), **given)


def test_it_is_whole_and_what_was_left_is_swept(run_module: RunModule, layout: Layout, tmp_path: Path) -> None:
    (layout.root / "releases/r0.partial/app").mkdir(parents=True)
    result = ship(run_module, layout, artifact(tmp_path, GOOD_FILES))
    assert result["changed"] is True
    assert result["swept"] == [str(layout.root / "releases/r0.partial")]
    assert sorted(folder.name for folder in layout.root.glob("releases/*")) == ["r1"]
    assert (layout.release("r1") / "app/main.py").read_bytes() == b"app = 1"
    assert (layout.release("r1") / "app/main.py").stat().st_mtime == 1_800_000_000
    assert (layout.release("r1") / "app/main.py").stat().st_mode & 0o777 == 0o644


def test_a_file_that_changed_on_its_way_leaves_nothing(run_module: RunModule, layout: Layout, tmp_path: Path) -> None:
    result = ship(run_module, layout, artifact(tmp_path, GOOD_FILES), sha256="0" * 64)
    assert result["failed"] is True
    assert "its SHA-256 differs" in str(result["msg"])
    assert list(layout.root.glob("releases/*")) == []


@pytest.mark.parametrize("name", ["../escaped", "/escaped", "app/../../../escaped"])
def test_no_name_leads_out_of_the_release(run_module: RunModule, layout: Layout, tmp_path: Path, name: str) -> None:
    result = ship(run_module, layout, artifact(tmp_path, {**GOOD_FILES, name: b"x"}))
    assert result["failed"] is True
    assert "which is no plain file inside it" in str(result["msg"])
    assert list(layout.root.glob("releases/*")) == []
    assert not list(tmp_path.rglob("escaped"))


def test_links_are_refused(run_module: RunModule, layout: Layout, tmp_path: Path) -> None:
    result = ship(run_module, layout, artifact(tmp_path, {"app/link": b""}, tarfile.SYMTYPE))
    assert result["failed"] is True


def test_a_full_disk_leaves_nothing_and_says_how_much_was_needed(
    release_ship: ModuleType, layout: Layout, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = artifact(tmp_path, GOOD_FILES)

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(release_ship.shutil, "copyfileobj", full)
    sha256 = hashlib.sha256(file.read_bytes()).hexdigest()
    with pytest.raises(OSError, match="No space left") as error:
        release_ship.ship(layout, "r1", file, sha256, own_group())
    assert list(layout.root.glob("releases/*")) == []
    words = release_ship.full_words(error.value, layout.root, 123_000_000)
    assert "The disk is full" in words
    assert "123.0 MB (123000000 bytes) needed" in words


def test_check_mode_ships_nothing(run_module: RunModule, layout: Layout, tmp_path: Path) -> None:
    result = ship(run_module, layout, artifact(tmp_path, GOOD_FILES), check=True)
    assert result["changed"] is True
    assert list(layout.root.glob("releases/*")) == []


def test_modes_are_set_and_assets_added_once(run_module: RunModule, layout: Layout) -> None:
    add_release(layout, "r1", "a", assets="one.js two.js")
    (layout.root / "assets/one.js").write_text("of an earlier release")
    (layout.root / "assets/two.js").unlink()
    layout.release("r1").chmod(0o700)
    given = {"root": str(layout.root), "release": "r1", "group": own_group()}
    first, second = run_module("release_files", **given), run_module("release_files", **given)
    assert (first["changed"], second["changed"]) == (True, False)
    assert first["added"] == ["two.js"]
    assert (layout.root / "assets/one.js").read_text() == "of an earlier release"
    assert layout.release("r1").stat().st_mode & 0o777 == 0o751
    assert (layout.release("r1") / "dist").stat().st_mode & 0o777 == 0o755
    assert (layout.release("r1") / "app").stat().st_mode & 0o777 == 0o750


def test_a_slot_is_pointed_and_recorded(run_module: RunModule, layout: Layout) -> None:
    add_release(layout, "r1", "a")
    take_lock(layout, {"id": "one"})
    given = {"root": str(layout.root), "run_dir": str(layout.run_dir), "run": "one", "release": "r1", "colour": "green"}
    checked = run_module("release_slot", check=True, **given)
    assert checked["changed"] is True
    assert not layout.slot("green").is_symlink()
    assert run_module("release_slot", **given)["changed"] is True
    assert layout.slot("green").readlink() == layout.release("r1")
    assert len(layout.slot_record("green").read_text()) == 65
    assert run_module("release_slot", **given)["changed"] is False
    assert run_module("release_slot", **{**given, "run": "lost"})["failed"] is True

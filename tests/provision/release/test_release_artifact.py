"""The artifact: one content, one digest, one file; and what nginx needs of it."""

from __future__ import annotations

import gzip
import hashlib
import json
import shutil
import subprocess
import tarfile
from pathlib import Path

import pytest
from ansible.module_utils.content_digest import digest_of

from tests.provision.conftest import RunModule


@pytest.fixture
def project(tmp_path: Path) -> Path:
    root = tmp_path / "project"
    for name, text in {
        "pyproject.toml": '[project]\nversion = "1.2.3"\n',
        "app/main.py": "app = 1\n",
        "app/__pycache__/main.pyc": "compiled",
        "requirements/app.txt": "fastapi==1\n",
        "web/dist/index.html": "<html></html>",
        "web/dist/assets/app-1.js": "1",
        "web/src/secret.ts": "not shipped",
    }.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text)
    return root


def build(run_module: RunModule, project: Path, *, check: bool = False) -> dict[str, object]:
    return run_module("release_artifact", check=check, project=str(project), output=str(project / ".cache"))


def test_the_same_content_is_built_once(run_module: RunModule, project: Path) -> None:
    first, second = build(run_module, project), build(run_module, project)
    assert (first["changed"], second["changed"]) == (True, False)
    assert first["manifest"] == second["manifest"]
    (project / "app/main.py").write_text("app = 2\n")
    third = build(run_module, project)
    assert third["changed"] is True
    assert third["path"] != first["path"]


def test_it_holds_the_app_the_lock_and_the_web_build_only(run_module: RunModule, project: Path) -> None:
    result = build(run_module, project)
    with tarfile.open(str(result["path"])) as archive:
        names = set(archive.getnames())
        served = json.loads(archive.extractfile("dist/release.json").read())  # type: ignore[union-attr]  # a regular file
        times = {member.mtime for member in archive.getmembers()}
    assert names == {
        *("manifest.json", "app/main.py", "requirements/app.txt"),
        *("dist/index.html", "dist/assets/app-1.js", "dist/release.json"),
    }
    manifest = result["manifest"]
    assert isinstance(manifest, dict)
    assert served["id"] == manifest["id"]
    assert manifest["version"] == "1.2.3"
    assert "digest" not in served
    # nginx makes ETag and Last-Modified of size and time: a constant time would let an old index.html stay in caches.
    assert len(times) == 1
    assert times.pop() > 1_700_000_000


def test_the_manifest_names_revision_and_uncommitted_changes(run_module: RunModule, project: Path) -> None:
    def git(*words: str) -> str:
        identity = ["-c", "user.name=t", "-c", "user.email=t@example.org"]
        return subprocess.run(
            ["git", *identity, *words], cwd=project, check=True, capture_output=True, text=True
        ).stdout

    git("init", "--quiet")
    git("add", ".")
    git("commit", "--quiet", "--message", "one")
    clean = build(run_module, project)["manifest"]
    (project / "app/main.py").write_text("app = 3\n")
    dirty = build(run_module, project)["manifest"]
    assert isinstance(clean, dict)
    assert isinstance(dirty, dict)
    assert clean["revision"] == git("rev-parse", "--short=10", "HEAD").strip()
    assert (clean["dirty"], dirty["dirty"]) == (False, True)
    assert clean["id"].endswith(clean["revision"])


def test_again_builds_the_same_content_under_a_new_time(run_module: RunModule, project: Path) -> None:
    first = build(run_module, project)
    arguments = {"project": str(project), "output": str(project / ".cache"), "again": True}
    again = run_module("release_artifact", **arguments)
    assert again["changed"] is True
    assert again["path"] == first["path"]
    assert isinstance(first["manifest"], dict)
    assert again["manifest"]["digest"] == first["manifest"]["digest"]


def test_each_file_has_its_hash_and_a_given_artifact_is_held_against_them(run_module: RunModule, project: Path) -> None:
    made = build(run_module, project)
    with tarfile.open(str(made["path"])) as archive:
        files = json.loads(archive.extractfile("manifest.json").read())["files"]  # type: ignore[union-attr]
        names = set(archive.getnames())
    assert set(files) == names - {"manifest.json"}
    assert files["app/main.py"] == hashlib.sha256(b"app = 1\n").hexdigest()
    given = {"project": "/nowhere", "output": "/nowhere", "artifact": "made.tar.gz", "directory": str(project)}
    shutil.copy(str(made["path"]), project / "made.tar.gz")
    looked = run_module("release_artifact", **given)
    assert (looked["failed"], looked["manifest"], looked["sha256"]) == (False, made["manifest"], made["sha256"])
    with gzip.open(project / "made.tar.gz") as packed:
        content = packed.read()
    (project / "made.tar.gz").write_bytes(gzip.compress(content.replace(b"app = 1", b"app = 6")))
    refused = run_module("release_artifact", **given)
    assert refused["failed"] is True
    assert "app/main.py differ" in refused["msg"]


def test_an_artifact_of_an_earlier_form_is_built_again(run_module: RunModule, project: Path) -> None:
    made = build(run_module, project)
    Path(str(made["path"])).write_bytes(b"torn")
    again = build(run_module, project)
    assert (again["failed"], again["changed"]) == (False, True)


def test_check_mode_describes_and_writes_nothing(run_module: RunModule, project: Path) -> None:
    result = build(run_module, project, check=True)
    assert result["changed"] is True
    assert not (project / ".cache").exists()


def test_a_missing_part_is_named(run_module: RunModule, project: Path) -> None:
    (project / "requirements/app.txt").unlink()
    result = build(run_module, project)
    assert result["failed"] is True
    assert "requirements/app.txt does not exist" in str(result["msg"])


def test_the_digest_sees_names_contents_and_the_executable_bit_only(tmp_path: Path) -> None:
    def tree(name: str, files: dict[str, str]) -> Path:
        for file, text in files.items():
            (tmp_path / name / file).parent.mkdir(parents=True, exist_ok=True)
            (tmp_path / name / file).write_text(text)
        return tmp_path / name

    base = digest_of(tree("a", {"x/1": "one", "x/2": "two"}), ["x"], set())
    assert (
        digest_of(
            tree("b", {"x/2": "two", "x/1": "one", "x/node_modules/3": "no", "x/.DS": "no"}),
            ["x"],
            {"node_modules", ".DS"},
        )
        == base
    )
    assert digest_of(tree("c", {"x/1": "one", "x/3": "two"}), ["x"], set()) != base
    assert digest_of(tree("d", {"x/1": "one", "x/2": "TWO"}), ["x"], set()) != base
    executable = tree("e", {"x/1": "one", "x/2": "two"})
    (executable / "x/2").chmod(0o755)
    assert digest_of(executable, ["x"], set()) != base

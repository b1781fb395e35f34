"""Releases are never edited in place: each is compared with its manifest, its environment with pip's records."""

from __future__ import annotations

import base64
import csv
import json
import shlex
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from .model import Finding, Thing, digest, moment

RECORDS = "lib/python3*/site-packages/*.dist-info/RECORD"


class Digests:
    """SHA-256 of files, each file read once: environments share most of theirs by hard links."""

    def __init__(self) -> None:
        self._known: dict[tuple[int, int], str] = {}

    def of(self, path: Path) -> str:
        """Hexadecimal digest, '' for what is not there."""
        try:
            status = path.stat()
            key = (status.st_dev, status.st_ino)
            if key not in self._known:
                self._known[key] = digest(path)
        except (FileNotFoundError, IsADirectoryError, NotADirectoryError):
            return ""
        return self._known[key]


def releases(thing: Thing) -> Iterator[Finding]:
    """Every whole release below `path`, and the hashed assets in `assets` that open tabs may still ask for."""
    digests = Digests()
    assets: dict[str, Path] = {}
    for manifest in sorted(Path(thing["path"]).glob("*/manifest.json")):
        release = manifest.parent
        if release.suffix == ".partial":
            continue
        content: dict[str, Any] = json.loads(manifest.read_text(encoding="utf-8"))
        files: dict[str, str] = content.get("files") or {}
        mended_by = {key: thing[key].format(release=release, digest=content["digest"]) for key in ("fix", "venv_fix")}
        yield from _content(mended_by["fix"], release, files, digests)
        yield from _environment(mended_by["venv_fix"], release, digests)
        assets |= {
            name.removeprefix("dist/assets/"): release / name for name in files if name.startswith("dist/assets/")
        }
    for name, original in sorted(assets.items()):
        shared = Path(thing["assets"], name)
        observed = _compare(shared, digests.of(original), digests)
        if observed and original.is_file():
            fix = f"cp --preserve=mode,timestamps {shlex.quote(str(original))} {shlex.quote(str(shared))}"
            yield Finding("file", str(shared), "the asset of its release", observed, fix)


def _compare(path: Path, wanted: str, digests: Digests) -> str:
    """What is wrong with a file, or ''."""
    found = digests.of(path)
    if found == wanted:
        return ""
    return f"changed {moment(path)}" if found else "nothing"


def _content(fix: str, release: Path, files: dict[str, str], digests: Digests) -> Iterator[Finding]:
    for name, wanted in sorted(files.items()):
        if observed := _compare(release / name, wanted, digests):
            yield Finding("file", str(release / name), "the content of its manifest", observed, fix)
    for top in sorted({name.split("/")[0] for name in files if "/" in name}):
        for path in sorted((release / top).rglob("*")):
            name = path.relative_to(release).as_posix()
            if path.is_file() and name not in files and "__pycache__" not in path.parts:
                yield Finding("file", str(path), "nothing", f"added {moment(path)}", f"rm {shlex.quote(str(path))}")


def _environment(fix: str, release: Path, digests: Digests) -> Iterator[Finding]:
    """RECORD says `path,sha256=urlsafe base64 without padding,size` of each file of a package."""
    for record in sorted((release / "venv").glob(RECORDS)):
        with record.open(encoding="utf-8", newline="") as lines:
            for name, recorded, _ in csv.reader(lines):
                if not recorded.startswith("sha256="):
                    continue
                path = record.parent.parent / name
                wanted = base64.urlsafe_b64decode(recorded.removeprefix("sha256=") + "=").hex()
                if observed := _compare(path, wanted, digests):
                    yield Finding("file", str(path), "the package's own content", observed, fix)

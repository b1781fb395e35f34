"""Ansible module: build the one content-addressed artifact of a release, or look through a given one."""

from __future__ import annotations

import gzip
import hashlib
import io
import json
import os
import re
import subprocess
import tarfile
import tomllib
import zlib
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from ansible.module_utils.basic import AnsibleModule
from ansible.module_utils.content_digest import digest_of, files_below

DOCUMENTATION = r"""
module: release_artifact
short_description: Build the one content-addressed artifact of a release
description:
  - Packs the app, its locked requirements and the web build into C(output/DIGEST.tar.gz), with a manifest.
  - The same content gives the same artifact, which is not built again and keeps its first id.
  - The web build gets a C(release.json), so that a browser can tell which release it was served.
  - A given artifact is not built but looked through, and refused unless each file has the hash that its manifest says.
options:
  project: {description: Checkout to build from., type: path, required: true}
  output: {description: Folder of artifacts., type: path, required: true}
  artifact: {description: File of an artifact that was built before., type: str, default: ''}
  again: {description: Build it although it is there, with a new id., type: bool, default: false}
  directory: {description: Folder that a relative O(artifact) is in., type: str, default: ''}
attributes:
  check_mode: {support: full}
"""

EXAMPLES = r"""
- release_artifact: {project: /src/shop, output: /src/shop/.cache/artifacts}
  delegate_to: localhost
"""

RETURN = r"""
manifest:
  description:
    - id (C(TIME-REVISION)), version, revision, dirty, built_at (UTC), digest of the whole content.
    - In the artifact also C(files), the SHA-256 of each file by its path in the release.
  type: dict
path: {description: The artifact., type: str}
sha256: {description: Its SHA-256., type: str}
bytes: {description: Its size., type: int}
unpacked_bytes: {description: Size of its files., type: int}
"""

CONTENT = ["app", "requirements/app.txt", "web/dist"]
ID = re.compile(r"\d{8}T\d{6}Z-[0-9a-z]+")
UNREADABLE = (ValueError, tarfile.TarError, EOFError, zlib.error)
EXCLUDE = {"__pycache__", ".mypy_cache", ".ruff_cache"}


def git(project: Path, *arguments: str) -> str:
    """Return what git prints, or '' where the project is no checkout or git is not installed."""
    command = ["git", "-c", f"safe.directory={project}", "-C", str(project), *arguments]
    try:
        return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()  # noqa: S603  # fixed words and a path
    except (OSError, subprocess.CalledProcessError):
        return ""


def describe(project: Path, digest: str) -> dict[str, Any]:
    """Return the manifest of content with this digest, built now."""
    now = datetime.now(UTC).replace(microsecond=0)
    revision = git(project, "rev-parse", "--short=10", "HEAD") or f"x{digest[:9]}"
    version = tomllib.loads((project / "pyproject.toml").read_text(encoding="utf-8"))["project"]["version"]
    return {
        "id": f"{now:%Y%m%dT%H%M%SZ}-{revision}",
        "version": version,
        "revision": revision,
        "dirty": bool(git(project, "status", "--porcelain", "--", "app", "requirements", "web")),
        "built_at": now.isoformat().replace("+00:00", "Z"),
        "digest": digest,
    }


def pack(project: Path, manifest: dict[str, Any], target: Path) -> None:
    """Write the artifact to `target`; the same content and manifest give the same bytes."""
    # A constant time would give two front pages of the same size the same ETag, and browsers the old one.
    built_at = int(datetime.fromisoformat(manifest["built_at"]).timestamp())
    files = {"dist/release.json": (json.dumps({k: v for k, v in manifest.items() if k != "digest"}).encode(), False)}
    for file in files_below(project, CONTENT, EXCLUDE):
        name = file.relative_to(project).as_posix().removeprefix("web/")
        files[name] = (file.read_bytes(), bool(file.stat().st_mode & 0o100))
    hashes = {name: hashlib.sha256(content).hexdigest() for name, (content, _) in files.items()}
    files["manifest.json"] = (json.dumps({**manifest, "files": hashes}, indent=2).encode(), False)
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w", format=tarfile.PAX_FORMAT) as archive:
        # The manifest first: it is read without unpacking the rest.
        for name in sorted(files, key=lambda name: (name != "manifest.json", name)):
            content, executable = files[name]
            entry = tarfile.TarInfo(name)
            entry.size = len(content)
            entry.mtime = built_at
            entry.mode = 0o755 if executable else 0o644
            archive.addfile(entry, io.BytesIO(content))
    partial = target.with_name(f"{target.name}.{os.getpid()}.partial")  # two runs may pack at once
    with partial.open("wb") as raw, gzip.GzipFile(fileobj=raw, mode="wb", compresslevel=6, mtime=0) as packed:
        packed.write(buffer.getvalue())
    partial.rename(target)


def look_through(artifact: Path) -> tuple[dict[str, Any], int]:
    """Return the manifest of an artifact and the size of its files. Raises ValueError when it is not what it says."""
    hashes: dict[str, str] = {}
    manifest: dict[str, Any] = {}
    size = 0
    with tarfile.open(artifact) as archive:
        for member in archive:
            stream = archive.extractfile(member) if member.isfile() else None
            parts = Path(member.name).parts
            if stream is None or member.name.startswith("/") or ".." in parts or member.name in hashes:
                raise ValueError(f"{artifact} holds {member.name}, which no artifact of ours does")
            content = stream.read()
            size += len(content)
            if member.name == "manifest.json":
                manifest = json.loads(content)
            else:
                hashes[member.name] = hashlib.sha256(content).hexdigest()
    known = manifest.pop("files", None)
    if not known or not {"id", "digest", "built_at"} <= manifest.keys() or not ID.fullmatch(str(manifest["id"])):
        raise ValueError(f"{artifact} has no manifest.json of a release")
    wrong = sorted(name for name in known.keys() | hashes.keys() if known.get(name) != hashes.get(name))
    if wrong:
        raise ValueError(f"{artifact} is not what its manifest says: {', '.join(wrong[:5])} differ")
    return manifest, size


def describe_file(artifact: Path) -> dict[str, Any]:
    """Return what the next stages need to know of an artifact."""
    manifest, size = look_through(artifact)
    return {
        "manifest": manifest,
        "path": str(artifact),
        "sha256": hashlib.sha256(artifact.read_bytes()).hexdigest(),
        "bytes": artifact.stat().st_size,
        "unpacked_bytes": size,
    }


def build(project: Path, output: Path, check: bool, again: bool = False) -> dict[str, Any]:
    """Build the artifact of a checkout unless it is there; return the module's result."""
    digest = digest_of(project, CONTENT, EXCLUDE)
    artifact = output / f"{digest}.tar.gz"
    if artifact.exists() and not again:
        try:
            return {"changed": False, **describe_file(artifact)}
        except UNREADABLE:
            artifact.unlink()  # torn, or of an earlier form: it is built again
    manifest = describe(project, digest)
    if check:
        unknown = {"sha256": "", "bytes": 0, "unpacked_bytes": 0}
        return {"changed": True, "manifest": manifest, "path": str(artifact), **unknown}
    output.mkdir(parents=True, exist_ok=True)
    pack(project, manifest, artifact)
    return {"changed": True, **describe_file(artifact)}


def main() -> None:
    """Run the module."""
    text = {"type": "str", "default": ""}
    module = AnsibleModule(
        argument_spec={
            "project": {"type": "path", "required": True},
            "output": {"type": "path", "required": True},
            "artifact": text,
            "directory": text,
            "again": {"type": "bool", "default": False},
        },
        supports_check_mode=True,
    )
    given = module.params
    if given["artifact"]:
        file = Path(given["directory"], given["artifact"]).expanduser()
        try:
            result = {"changed": False, **describe_file(file)}
        except (OSError, *UNREADABLE) as error:
            module.fail_json(msg=f"The given artifact is refused, and nothing was changed: {error}")
        module.exit_json(**result)
    try:
        result = build(Path(given["project"]), Path(given["output"]), module.check_mode, given["again"])
    except (OSError, *UNREADABLE) as error:
        module.fail_json(msg=f"The artifact cannot be built: {error}")
    module.exit_json(**result)


if __name__ == "__main__":
    main()

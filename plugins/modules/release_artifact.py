"""Ansible module: build the one content-addressed artifact of a release, on the controller."""

from __future__ import annotations

import gzip
import io
import json
import subprocess
import tarfile
import tomllib
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
options:
  project: {description: Checkout to build from., type: path, required: true}
  output: {description: Folder of artifacts., type: path, required: true}
attributes:
  check_mode: {support: full}
"""

EXAMPLES = r"""
- release_artifact: {project: /src/shop, output: /src/shop/.cache/artifacts}
  delegate_to: localhost
"""

RETURN = r"""
manifest:
  description: id (C(TIME-REVISION)), version, revision, dirty, built_at (UTC) and digest of the content.
  type: dict
path: {description: The artifact., type: str}
"""

CONTENT = ["app", "requirements/app.txt", "web/dist"]
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
    public = {key: value for key, value in manifest.items() if key != "digest"}
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w", format=tarfile.PAX_FORMAT) as archive:

        def add(name: str, content: bytes, executable: bool = False) -> None:
            entry = tarfile.TarInfo(name)
            entry.size = len(content)
            entry.mtime = built_at
            entry.mode = 0o755 if executable else 0o644
            archive.addfile(entry, io.BytesIO(content))

        add("manifest.json", json.dumps(manifest, indent=2).encode())
        add("dist/release.json", json.dumps(public).encode())
        for file in files_below(project, CONTENT, EXCLUDE):
            name = file.relative_to(project).as_posix().removeprefix("web/")
            add(name, file.read_bytes(), bool(file.stat().st_mode & 0o100))
    partial = target.with_suffix(".partial")
    with partial.open("wb") as raw, gzip.GzipFile(fileobj=raw, mode="wb", compresslevel=6, mtime=0) as packed:
        packed.write(buffer.getvalue())
    partial.rename(target)


def manifest_of(artifact: Path) -> dict[str, Any]:
    """Return the manifest inside an artifact."""
    with tarfile.open(artifact) as archive:
        member = archive.extractfile("manifest.json")
        if member is None:
            raise ValueError(f"{artifact} has no manifest.json")
        manifest: dict[str, Any] = json.loads(member.read())
        return manifest


def main() -> None:
    """Run the module."""
    module = AnsibleModule(
        argument_spec={"project": {"type": "path", "required": True}, "output": {"type": "path", "required": True}},
        supports_check_mode=True,
    )
    project, output = Path(module.params["project"]), Path(module.params["output"])
    try:
        digest = digest_of(project, CONTENT, EXCLUDE)
        artifact = output / f"{digest}.tar.gz"
        if artifact.exists():
            module.exit_json(changed=False, manifest=manifest_of(artifact), path=str(artifact))
        manifest = describe(project, digest)
        if not module.check_mode:
            output.mkdir(parents=True, exist_ok=True)
            pack(project, manifest, artifact)
    except (OSError, ValueError, tarfile.TarError) as error:
        module.fail_json(msg=f"The artifact cannot be built: {error}")
    module.exit_json(changed=True, manifest=manifest, path=str(artifact))


if __name__ == "__main__":
    main()

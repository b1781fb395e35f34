"""Ansible module: unpack an artifact into its release folder, whole or not at all."""

from __future__ import annotations

import hashlib
import os
import shutil
import tarfile
from pathlib import Path

from ansible.module_utils.basic import AnsibleModule
from ansible.module_utils.release_disk import full_words
from ansible.module_utils.release_layout import Layout
from ansible.module_utils.release_lock import HeldError, at_work, explain, say_stage

DOCUMENTATION = r"""
module: release_ship
short_description: Unpack an artifact into its release folder, whole or not at all
description:
  - Sweeps what an interrupted run left, unpacks into C(ID.partial), and gives it its name when it is whole.
  - The action plugin of the same name copies the artifact from the controller first.
options:
  root: {description: Folder of the product., type: path, required: true}
  run: {description: Id of the run that holds the lock., type: str, required: true}
  release: {description: Id of the release., type: str, required: true}
  artifact: {description: The artifact., type: path, required: true}
  sha256: {description: SHA-256 of the artifact., type: str, required: true}
  unpacked_bytes: {description: Size of its files, named when the disk is full., type: int, default: 0}
  group: {description: Group that may read it., type: str, required: true}
attributes:
  check_mode: {support: full}
"""

EXAMPLES = r"""
- release_ship:
    root: /srv/shop
    run: 0a1b2c3d4e5f
    release: 20261121T230000Z-0123abc
    artifact: /src/shop/.cache/artifacts/ab12.tar.gz
    sha256: ab12
    group: shop
"""

RETURN = r"""
swept: {description: Folders that an interrupted run had left., type: list, elements: str}
"""


def unpack(artifact: Path, target: Path) -> None:
    """Write the plain files of an artifact below `target`, with its times and the executable bit and nothing else."""
    with tarfile.open(artifact) as archive:
        for member in archive:
            content = archive.extractfile(member) if member.isfile() else None
            file = target / member.name
            if content is None or ".." in file.parts or not file.is_relative_to(target):
                raise ValueError(f"{artifact} holds {member.name}, which is no plain file inside it")
            file.parent.mkdir(parents=True, exist_ok=True)
            with file.open("wb") as stream:
                shutil.copyfileobj(content, stream)
            file.chmod(0o755 if member.mode & 0o100 else 0o644)
            os.utime(file, (member.mtime, member.mtime))


def hand_over(folder: Path, group: str) -> None:
    """Give a tree to root and the group."""
    for where, _, names in os.walk(folder):
        for name in ["", *names]:
            shutil.chown(Path(where, name), 0, group)


def ship(layout: Layout, release: str, artifact: Path, sha256: str, group: str) -> list[str]:
    """Bring a release to its folder; return what was swept. After an error there is nothing of it."""
    swept = [str(folder) for folder in layout.root.glob("releases/*.partial")]
    for folder in swept:
        shutil.rmtree(folder)
    if hashlib.sha256(artifact.read_bytes()).hexdigest() != sha256:
        raise ValueError(f"{artifact} is not what the controller sent: its SHA-256 differs. Try again.")
    partial = layout.release(f"{release}.partial")
    partial.mkdir(mode=0o751)
    try:
        unpack(artifact, partial)
        if os.geteuid() == 0:
            hand_over(partial, group)
        partial.rename(layout.release(release))
    except BaseException:
        shutil.rmtree(partial, ignore_errors=True)
        raise
    return swept


def main() -> None:
    """Run the module."""
    text = {"type": "str", "required": True}
    module = AnsibleModule(
        argument_spec={
            "root": {"type": "path", "required": True},
            "run": text,
            "release": text,
            "artifact": {"type": "path", "required": True},
            "sha256": text,
            "unpacked_bytes": {"type": "int", "default": 0},
            "group": text,
        },
        supports_check_mode=True,
    )
    given = module.params
    layout = Layout(Path(given["root"]), Path())
    if layout.release(given["release"]).is_dir():
        module.exit_json(changed=False, swept=[])
    if module.check_mode:
        module.exit_json(changed=True, swept=[])
    try:
        say_stage(layout, given["run"], "ship")
        with at_work(layout):
            swept = ship(layout, given["release"], Path(given["artifact"]), given["sha256"], given["group"])
    except HeldError as held:
        module.fail_json(msg=explain(layout, held.lock))
    except OSError as error:
        words = full_words(error, layout.root, given["unpacked_bytes"])
        module.fail_json(msg=f"The release was not shipped, and nothing was changed: {words}")
    except (ValueError, tarfile.TarError) as error:
        module.fail_json(msg=f"The release was not shipped, and nothing was changed: {error}")
    module.exit_json(changed=True, swept=swept)


if __name__ == "__main__":
    main()

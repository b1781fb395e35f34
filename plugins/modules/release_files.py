"""Ansible module: set who may read what in a release, and add its hashed assets to those of the others."""

from __future__ import annotations

import grp
import os
import shutil
from pathlib import Path

from ansible.module_utils.basic import AnsibleModule
from ansible.module_utils.release_disk import full_words
from ansible.module_utils.release_layout import Layout

DOCUMENTATION = r"""
module: release_files
short_description: Set who may read what in a release, and add its hashed assets to those of the others
description:
  - nginx's user passes through the release and reads C(dist) only, the app's group reads the rest, nobody writes.
  - Assets go beside those of earlier releases, which tabs that are still open may ask for, each by rename.
options:
  root: {description: Folder of the product., type: path, required: true}
  release: {description: Id of the release., type: str, required: true}
  group: {description: Group that may read it., type: str, required: true}
attributes:
  check_mode: {support: full}
"""

EXAMPLES = r"""
- release_files: {root: /srv/shop, release: 20261121T230000Z-0123abc, group: shop}
"""

RETURN = r"""
corrected: {description: Folders whose owner or mode was corrected., type: list, elements: str}
added: {description: Assets that were not there., type: list, elements: str}
"""

MODES = {"": 0o751, "app": 0o750, "dist": 0o755}


def correct(folder: Path, mode: int, gid: int, check: bool) -> bool:
    """Set owner and mode of a folder; return whether they were others."""
    status = folder.stat()
    owner = os.geteuid()
    if (status.st_mode & 0o7777, status.st_uid, status.st_gid) == (mode, owner, gid):
        return False
    if not check:
        os.chown(folder, owner, gid)
        folder.chmod(mode)
    return True


def add_assets(source: Path, target: Path, check: bool) -> list[str]:
    """Copy what is missing, each file by rename so that nginx never sends half of one; return the names."""
    added = []
    for file in sorted(source.rglob("*")):
        wanted = target / file.relative_to(source)
        if not file.is_file() or wanted.exists():
            continue
        added.append(str(file.relative_to(source)))
        if not check:
            wanted.parent.mkdir(parents=True, exist_ok=True)
            fresh = wanted.with_name(f".{wanted.name}.new")
            try:
                shutil.copy2(file, fresh)
                fresh.rename(wanted)
            except BaseException:
                fresh.unlink(missing_ok=True)
                raise
    return added


def main() -> None:
    """Run the module."""
    text = {"type": "str", "required": True}
    module = AnsibleModule(
        argument_spec={"root": {"type": "path", "required": True}, "release": text, "group": text},
        supports_check_mode=True,
    )
    layout = Layout(Path(module.params["root"]), Path())
    folder = layout.release(module.params["release"])
    if not folder.is_dir() and module.check_mode:
        module.exit_json(changed=True, corrected=[], added=[])
    try:
        gid = grp.getgrnam(module.params["group"]).gr_gid
        corrected = [part for part, mode in MODES.items() if correct(folder / part, mode, gid, module.check_mode)]
        added = add_assets(folder / "dist" / "assets", layout.root / "assets", module.check_mode)
    except KeyError:
        module.fail_json(msg=f"There is no group {module.params['group']}.\nFix: ansible-playbook site.yml")
    except OSError as error:
        module.fail_json(msg=full_words(error, layout.root, 0))
    module.exit_json(changed=bool(corrected or added), corrected=corrected, added=added)


if __name__ == "__main__":
    main()

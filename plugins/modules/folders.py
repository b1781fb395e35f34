"""Ansible module: make many folders with their owners and modes in one call."""

from __future__ import annotations

import grp
import os
import pwd
from pathlib import Path
from typing import Any

from ansible.module_utils.basic import AnsibleModule

DOCUMENTATION = r"""
module: folders
short_description: Make many folders with their owners and modes in one call
description:
  - What M(ansible.builtin.file) does for one folder, for a list of them, at the cost of one task.
  - A path that exists and is not a folder is an error; nothing is removed.
options:
  folders:
    description: The folders, parents first.
    type: list
    elements: dict
    required: true
    suboptions:
      path: {description: Absolute path., type: path, required: true}
      owner: {description: Name of the owner., type: str, required: true}
      group: {description: Name of the group., type: str, required: true}
      mode: {description: Octal mode as a string., type: str, required: true}
attributes:
  check_mode: {support: full}
  diff_mode: {support: full}
"""

EXAMPLES = r"""
- folders:
    folders:
      - {path: /srv/shop, owner: root, group: shop, mode: "0751"}
"""

RETURN = r"""
changed_paths:
  description: The folders that were made or corrected.
  type: list
  elements: str
"""


def describe(path: Path) -> str:
    """Return "owner:group mode" of a folder, or "absent". An id without a name is shown as a number."""
    if not path.exists():
        return "absent"
    status = path.stat()
    try:
        owner = pwd.getpwuid(status.st_uid).pw_name
    except KeyError:
        owner = str(status.st_uid)
    try:
        group = grp.getgrgid(status.st_gid).gr_name
    except KeyError:
        group = str(status.st_gid)
    return f"{owner}:{group} {status.st_mode & 0o7777:04o}"


def ensure(folder: dict[str, Any]) -> None:
    """Make one folder and give it its owner and mode."""
    path = Path(folder["path"])
    path.mkdir(mode=0o700, parents=True, exist_ok=True)
    os.chown(path, pwd.getpwnam(folder["owner"]).pw_uid, grp.getgrnam(folder["group"]).gr_gid)
    path.chmod(int(folder["mode"], 8))


def main() -> None:
    """Run the module."""
    suboptions: dict[str, Any] = {
        "path": {"type": "path", "required": True},
        "owner": {"type": "str", "required": True},
        "group": {"type": "str", "required": True},
        "mode": {"type": "str", "required": True},
    }
    module = AnsibleModule(
        argument_spec={"folders": {"type": "list", "elements": "dict", "required": True, "options": suboptions}},
        supports_check_mode=True,
    )
    before: list[str] = []
    after: list[str] = []
    changed: list[str] = []
    for folder in module.params["folders"]:
        path = Path(folder["path"])
        if path.exists() and not path.is_dir():
            module.fail_json(msg=f"{path} exists and is not a folder: move it away, then run again.")
        is_now = describe(path)
        wanted = f"{folder['owner']}:{folder['group']} {int(folder['mode'], 8):04o}"
        if is_now == wanted:
            continue
        changed.append(str(path))
        before.append(f"{path} {is_now}\n")
        after.append(f"{path} {wanted}\n")
        if not module.check_mode:
            try:
                ensure(folder)
            except (OSError, KeyError) as error:
                module.fail_json(msg=f"{path}: {error}", changed_paths=changed)
    module.exit_json(
        changed=bool(changed), changed_paths=changed, diff={"before": "".join(before), "after": "".join(after)}
    )


if __name__ == "__main__":
    main()

"""Ansible module: write the few files of a program into a folder of its own, in one call."""

from __future__ import annotations

import os
from pathlib import Path

from ansible.module_utils.basic import AnsibleModule

DOCUMENTATION = r"""
module: drift_program
short_description: Write the few files of a program into a folder of its own, in one call
description:
  - Everything else in the folder is removed. The files belong to root and everybody may read them.
options:
  path: {description: The folder., type: path, required: true}
  files: {description: Content by file name., type: dict, required: true}
attributes:
  check_mode: {support: full}
"""

EXAMPLES = r"""
- drift_program:
    path: /srv/shop/tools/drift
    files: {__main__.py: "print('hello')"}
"""

RETURN = r"""
changed_files: {description: Names of the files that were written or removed., type: list, elements: str}
"""


def main() -> None:
    """Run the module."""
    module = AnsibleModule(
        argument_spec={"path": {"type": "path", "required": True}, "files": {"type": "dict", "required": True}},
        supports_check_mode=True,
    )
    folder, files = Path(module.params["path"]), {name: text.encode() for name, text in module.params["files"].items()}
    try:
        present = (
            {path.name: path.read_bytes() for path in folder.iterdir() if path.is_file()} if folder.is_dir() else {}
        )
        changed = sorted(name for name in {*files, *present} if files.get(name) != present.get(name))
        if changed and not module.check_mode:
            folder.mkdir(mode=0o755, exist_ok=True)
            folder.chmod(0o755)
            for name in changed:
                if name not in files:
                    (folder / name).unlink()
                    continue
                fresh = folder / f".{name}.new"
                fresh.write_bytes(files[name])
                os.chown(fresh, os.geteuid(), os.getegid())
                fresh.chmod(0o644)
                fresh.replace(folder / name)
    except OSError as error:
        module.fail_json(msg=f"The program cannot be written: {error}")
    module.exit_json(changed=bool(changed), changed_files=changed)


if __name__ == "__main__":
    main()

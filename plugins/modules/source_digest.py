"""Ansible module: one digest of the content of folders and files."""

from __future__ import annotations

from pathlib import Path

from ansible.module_utils.basic import AnsibleModule
from ansible.module_utils.content_digest import digest_of

DOCUMENTATION = r"""
module: source_digest
short_description: One SHA-256 of the content of folders and files
description:
  - Two trees have the same digest when they hold the same files with the same content and executable bit.
  - Times and owners do not count.
options:
  root: {description: Folder that the paths are relative to., type: path, required: true}
  paths: {description: Files and folders below root., type: list, elements: str, required: true}
  exclude:
    description: Names of files and folders left out wherever they stand.
    type: list
    elements: str
    default: []
attributes:
  check_mode: {support: full}
"""

EXAMPLES = r"""
- source_digest: {root: /src/shop, paths: [web], exclude: [node_modules, dist]}
"""

RETURN = r"""
digest: {description: SHA-256 in hexadecimal., type: str}
"""


def main() -> None:
    """Run the module."""
    module = AnsibleModule(
        argument_spec={
            "root": {"type": "path", "required": True},
            "paths": {"type": "list", "elements": "str", "required": True},
            "exclude": {"type": "list", "elements": "str", "default": []},
        },
        supports_check_mode=True,
    )
    try:
        digest = digest_of(Path(module.params["root"]), module.params["paths"], set(module.params["exclude"]))
    except OSError as error:
        module.fail_json(msg=f"Cannot read the sources: {error}")
    module.exit_json(changed=False, digest=digest)


if __name__ == "__main__":
    main()

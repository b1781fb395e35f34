"""Ansible module: refuse a host without room, or where somebody else has a port or a place in nginx that we need."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from ansible.module_utils.basic import AnsibleModule
from ansible.module_utils.preflight import names, ports, room, sites

DOCUMENTATION = r"""
module: preflight_host
short_description: Refuse a host without room, or where somebody else has a port or a place in nginx that we need
description:
  - Looks only. Names the culprit and the variable that avoids it, all of them at once.
options:
  root:
    description: Folder that will hold the product; the nearest existing folder above it is measured.
    type: path
    required: true
  disk_mb: {description: Least free space there in MB., type: int, required: true}
  inodes: {description: Least number of files that there must be room for., type: int, default: 0}
  ports:
    description: Ports that the product needs.
    type: list
    elements: dict
    default: []
    suboptions:
      port: {description: TCP port., type: int, required: true}
      variable: {description: Variable that chooses it., type: str, required: true}
      holder:
        description: Beginning of the command name of our own process that may hold it already.
        type: str
        required: true
      user: {description: User that our own process runs as. Empty means any., type: str, default: ''}
  site:
    description: Our own site in nginx. Without it nginx is not looked at.
    type: dict
    suboptions:
      file: {description: File of the site., type: path, required: true}
      port: {description: Port that it listens on., type: int, required: true}
      domain: {description: Name that it answers to. Empty means the default of the port., type: str, default: ''}
  addresses:
    description: Addresses of this host. A domain of O(site) that leads elsewhere is a warning.
    type: list
    elements: str
    default: []
attributes:
  check_mode: {support: full}
"""

EXAMPLES = r"""
- preflight_host:
    root: /srv/shop
    disk_mb: 2048
    ports:
      - {port: 80, variable: groundwork_http_port, holder: nginx}
"""

RETURN = r""" # """


def main() -> None:
    """Run the module."""
    text: dict[str, Any] = {"type": "str", "default": ""}
    number: dict[str, Any] = {"type": "int", "required": True}
    word: dict[str, Any] = {"type": "str", "required": True}
    path: dict[str, Any] = {"type": "path", "required": True}
    module = AnsibleModule(
        argument_spec={
            "root": path,
            "disk_mb": number,
            "inodes": {"type": "int", "default": 0},
            "ports": {
                "type": "list",
                "elements": "dict",
                "default": [],
                "options": {"port": number, "variable": word, "holder": word, "user": text},
            },
            "site": {"type": "dict", "options": {"file": path, "port": number, "domain": text}},
            "addresses": {"type": "list", "elements": "str", "default": []},
        },
        supports_check_mode=True,
    )
    given = module.params
    problems = room.problems(Path(given["root"]), given["disk_mb"], given["inodes"]) + ports.problems(given["ports"])
    if site := given["site"]:
        problems += sites.problems(Path(site["file"]), site["port"], site["domain"])
        if site["domain"] and given["addresses"] and (warning := names.warning(site["domain"], given["addresses"])):
            module.warn(warning)
    if problems:
        module.fail_json(msg="\n".join(problems))
    module.exit_json(changed=False)


if __name__ == "__main__":
    main()

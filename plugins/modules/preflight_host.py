"""Ansible module: refuse a host without room, or with a needed port held by somebody else."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

from ansible.module_utils.basic import AnsibleModule
from ansible.module_utils.link_check.sockets import holders, listeners

DOCUMENTATION = r"""
module: preflight_host
short_description: Refuse a host without room, or with a needed port held by somebody else
description:
  - Looks only. Names the culprit and the variable that avoids it.
options:
  root:
    description: Folder that will hold the product; the nearest existing folder above it is measured.
    type: path
    required: true
  disk_mb: {description: Least free space there in MB., type: int, required: true}
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

RETURN = r"""
free_mb: {description: Free space in MB., type: int}
"""


def nearest(path: Path) -> Path:
    """Return `path` or the nearest folder above it that exists."""
    return path if path.is_dir() else nearest(path.parent)


def main() -> None:
    """Run the module."""
    suboptions: dict[str, Any] = {
        "port": {"type": "int", "required": True},
        "variable": {"type": "str", "required": True},
        "holder": {"type": "str", "required": True},
    }
    module = AnsibleModule(
        argument_spec={
            "root": {"type": "path", "required": True},
            "disk_mb": {"type": "int", "required": True},
            "ports": {"type": "list", "elements": "dict", "default": [], "options": suboptions},
        },
        supports_check_mode=True,
    )
    folder = nearest(Path(module.params["root"]))
    free_mb = shutil.disk_usage(folder).free // 2**20
    problems = []
    if free_mb < module.params["disk_mb"]:
        problems.append(
            f"{folder} has {free_mb} MB free and {module.params['disk_mb']} MB are needed (preflight_disk_mb): "
            f"make room, or choose another disk with groundwork_root."
        )
    ports = {wanted["port"]: wanted for wanted in module.params["ports"]}
    taken = [listener for listener in listeners() if listener.port in ports]
    who = holders({listener.inode for listener in taken})
    for listener in taken:
        wanted = ports[listener.port]
        if any(holder.name.startswith(wanted["holder"]) for holder in who[listener.inode]):
            continue
        names = (
            ", ".join(f"{holder.name} (pid {holder.pid})" for holder in who[listener.inode])
            or "a program that is hidden here"
        )
        problems.append(
            f"port {listener.port} is held by {names}: stop it, or choose another port with {wanted['variable']}."
        )
    if problems:
        module.fail_json(msg="\n".join(problems), free_mb=free_mb)
    module.exit_json(changed=False, free_mb=free_mb)


if __name__ == "__main__":
    main()

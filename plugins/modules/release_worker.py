"""Ansible module: whether the worker must be started anew for what is live, and what it was started with."""

from __future__ import annotations

from pathlib import Path

from ansible.module_utils.basic import AnsibleModule
from ansible.module_utils.release_layout import Layout, instance_digest, link_name
from ansible.module_utils.whole_file import write_whole

DOCUMENTATION = r"""
module: release_worker
short_description: Whether the worker must be started anew for what is live, and what it was started with
description:
  - The record is a digest of all that the worker reads when it starts; each colour has one of its own too.
  - It is removed as soon as it differs, before anything is restarted, and written when the worker was started. So a run
    that is killed in between leaves the next one a restart too many, and never one too few.
options:
  root: {description: Folder of the product., type: path, required: true}
  definition: {description: File that says how the worker is run., type: path, required: true}
  config_files: {description: Files that it reads when it starts., type: list, elements: path, default: []}
  enabled: {description: Whether this machine is to have a worker., type: bool, default: true}
  started: {description: Record that it was started., type: bool, default: false}
attributes:
  check_mode: {support: full}
"""

EXAMPLES = r"""
- release_worker: {root: /srv/shop, definition: /etc/systemd/system/shop-worker.service}
"""

RETURN = r"""
state:
  description:
    - C(restarted) when the release or a file has changed, C(started) when a running one may be left alone.
    - C(stopped) when there is to be none, by O(enabled) or because the live release is of before there were jobs.
  type: str
defined: {description: Whether the definition is there; without it there is nothing to start or to stop., type: bool}
"""

MARK = Path("app/worker.py")  # a release that has this file can do jobs


def wanted(layout: Layout, files: list[str], *, enabled: bool) -> str:
    """Return the digest of what the worker is to be started with, '' when there is to be none."""
    if not enabled or not (layout.current / MARK).is_file():
        return ""
    digest: str = instance_digest(layout, link_name(layout.current), files)
    return digest


def main() -> None:
    """Run the module."""
    path = {"type": "path", "required": True}
    module = AnsibleModule(
        argument_spec={
            "root": path,
            "definition": path,
            "config_files": {"type": "list", "elements": "path", "default": []},
            "enabled": {"type": "bool", "default": True},
            "started": {"type": "bool", "default": False},
        },
        supports_check_mode=True,
    )
    given = module.params
    layout = Layout(Path(given["root"]), Path())
    record, definition = layout.slot_record("worker"), Path(given["definition"])
    try:
        digest = wanted(layout, [*given["config_files"], str(definition)], enabled=given["enabled"])
        same = record.is_file() and record.read_text(encoding="utf-8").strip() == digest
        if not module.check_mode and not same:
            if given["started"] and digest:
                write_whole(record, digest + "\n")
            else:
                record.unlink(missing_ok=True)
    except OSError as error:
        module.fail_json(msg=f"{record} cannot be kept: {error}")
    state = "stopped" if not digest else "started" if same else "restarted"
    module.exit_json(changed=False, state=state, defined=definition.is_file())


if __name__ == "__main__":
    main()

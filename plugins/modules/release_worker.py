"""Ansible module: bring the worker to what is live, and record what it was started with."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from ansible.module_utils.basic import AnsibleModule
from ansible.module_utils.release_layout import Layout, instance_digest, link_name
from ansible.module_utils.whole_file import write_whole
from ansible.module_utils.worker_unit import UnitError, bring

DOCUMENTATION = r"""
module: release_worker
short_description: Bring the worker to what is live, and record what it was started with
description:
  - Starts it anew when what it reads at its start has changed, and stops it where there is to be none.
  - Otherwise sees to it that it runs. Each of them holds after a reboot too.
  - The record is a digest of all that the worker reads when it starts; each colour has one of its own too.
  - It is removed as soon as it differs, before anything is restarted, and written when the worker was started. So a run
    that is killed in between leaves the next one a restart too many, and never one too few.
options:
  root: {description: Folder of the product., type: path, required: true}
  unit: {description: Name of its unit or its program., type: str, required: true}
  definition: {description: File that says how the worker is run., type: path, required: true}
  link:
    description: Where supervisor reads the definition from while the worker is to run. Without it systemd runs it.
    type: path
  config_files: {description: Files that it reads when it starts., type: list, elements: path, default: []}
  enabled: {description: Whether this machine is to have a worker., type: bool, default: true}
attributes:
  check_mode: {support: full}
"""

EXAMPLES = r"""
- release_worker: {root: /srv/shop, unit: shop-worker, definition: /etc/systemd/system/shop-worker.service}
"""

RETURN = r"""
state:
  description:
    - C(restarted) when the release or a file has changed, C(started) when a running one may be left alone.
    - C(stopped) when there is to be none, by O(enabled) or because the live release is of before there were jobs.
  type: str
defined: {description: Whether the definition is there; without it there is nothing to start or to stop., type: bool}
release_is_bad: {description: Whether a failure is that of the worker itself., type: bool}
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
            "unit": {"type": "str", "required": True},
            "definition": path,
            "link": {"type": "path"},
            "config_files": {"type": "list", "elements": "path", "default": []},
            "enabled": {"type": "bool", "default": True},
        },
        supports_check_mode=True,
    )
    given, check = module.params, module.check_mode
    layout = Layout(Path(given["root"]), Path())
    record, definition = layout.slot_record("worker"), Path(given["definition"])
    link = Path(given["link"]) if given["link"] else None
    told: dict[str, Any] = {"changed": False, "defined": definition.is_file(), "release_is_bad": False}
    try:
        digest = wanted(layout, [*given["config_files"], str(definition)], enabled=given["enabled"])
        same = record.is_file() and record.read_text(encoding="utf-8").strip() == digest
        told["state"] = "stopped" if not digest else "started" if same else "restarted"
        if not check and not same:
            record.unlink(missing_ok=True)
        if told["defined"]:
            told["changed"] = bring(given["unit"], told["state"], definition, link, check=check)
            if not check and told["state"] == "restarted":
                write_whole(record, digest + "\n")
    except OSError as error:
        module.fail_json(msg=f"The worker, or its record {record}, cannot be kept: {error}", **told)
    except UnitError as error:
        module.fail_json(msg=str(error), **{**told, "release_is_bad": True})
    module.exit_json(**told)


if __name__ == "__main__":
    main()

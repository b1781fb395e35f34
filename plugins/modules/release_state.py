"""Ansible module: what releases a machine has, what runs, and what is left to do for a wanted one."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import Any

from ansible.module_utils.basic import AnsibleModule
from ansible.module_utils.release_layout import (
    COLOURS,
    Layout,
    instance_digest,
    is_prepared,
    link_name,
    live_colour,
    manifests,
)

DOCUMENTATION = r"""
module: release_state
short_description: What releases a machine has, what runs, and what is left to do for a wanted one
description:
  - Looks only; nothing is changed.
  - C(current.sock) says which colour is live, C(current) which release, C(slots/) what each colour runs.
options:
  root: {description: Folder of the product., type: path, required: true}
  run_dir: {description: Folder of its sockets., type: path, required: true}
  manifest: {description: Manifest of the wanted release., type: dict, required: true}
  config_files:
    description: Files that an instance reads when it starts; a change of one calls for a new start.
    type: list
    elements: path
    default: []
attributes:
  check_mode: {support: full}
"""

EXAMPLES = r"""
- release_state:
    root: /srv/shop
    run_dir: /run/shop
    manifest: "{{ artifact.manifest }}"
"""

RETURN = r"""
plan:
  description:
    - C(release) is the id to run (that of an earlier release with the same content, if there is one).
    - C(live_release) and C(live) are what answers now ('' before the first release), C(idle) the colour to start on.
    - C(ship), C(prepare) and C(start) say which stages have work; C(why) says why it must start, in words.
    - C(digest) is what the started instance is to be recorded with.
    - C(now) is the machine's clock in seconds since the epoch, for reading its logs from here on.
    - C(releases) are all ids on the machine, oldest first.
  type: dict
"""


def make_plan(layout: Layout, wanted: dict[str, Any], config_files: list[str]) -> dict[str, Any]:
    """Compare the machine with the wanted manifest."""
    present = manifests(layout)
    same = [manifest["id"] for manifest in present if manifest["digest"] == wanted["digest"]]
    live, live_release = live_colour(layout), link_name(layout.current)
    release = live_release if live_release in same else (same[-1] if same else wanted["id"])
    digest = instance_digest(layout, release, config_files)
    record = layout.slot_record(live) if live else None
    prepare = not is_prepared(layout.release(release) / "venv")
    if not live:
        why = "nothing is live yet"
    elif release != live_release:
        why = f"{live_release} is live"
    elif prepare:
        why = "its virtual environment is missing"
    elif record is None or not record.is_file() or record.read_text(encoding="utf-8").strip() != digest:
        why = "its configuration or environment changed since it started"
    else:
        why = ""
    return {
        "release": release,
        "live_release": live_release,
        "live": live,
        "idle": next(colour for colour in COLOURS if colour != live),
        "ship": not same,
        "prepare": prepare,
        "start": bool(why),
        "why": why,
        "digest": digest,
        "now": int(time.time()),
        "releases": [manifest["id"] for manifest in present],
    }


def main() -> None:
    """Run the module."""
    module = AnsibleModule(
        argument_spec={
            "root": {"type": "path", "required": True},
            "run_dir": {"type": "path", "required": True},
            "manifest": {"type": "dict", "required": True},
            "config_files": {"type": "list", "elements": "path", "default": []},
        },
        supports_check_mode=True,
    )
    layout = Layout(Path(module.params["root"]), Path(module.params["run_dir"]))
    try:
        plan = make_plan(layout, module.params["manifest"], module.params["config_files"])
    except (OSError, json.JSONDecodeError, KeyError) as error:
        module.fail_json(msg=f"The releases under {layout.root} cannot be read: {error!r}")
    module.exit_json(changed=False, plan=plan)


if __name__ == "__main__":
    main()

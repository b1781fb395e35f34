"""Ansible module: point a colour at the release that it is to run, and record what it is started with."""

from __future__ import annotations

from pathlib import Path

from ansible.module_utils import release_standby
from ansible.module_utils.basic import AnsibleModule
from ansible.module_utils.release_layout import COLOURS, Layout, instance_digest, link_name, point
from ansible.module_utils.release_lock import HeldError, explain, say_stage
from ansible.module_utils.whole_file import write_whole

DOCUMENTATION = r"""
module: release_slot
short_description: Point a colour at the release that it is to run, and record what it is started with
description:
  - The record is a digest of all that the instance reads when it starts, so that a later run sees what changed since.
  - An instance that waits with just that is called.
options:
  root: {description: Folder of the product., type: path, required: true}
  run_dir: {description: Folder of the sockets., type: path, required: true}
  run: {description: Id of the run that holds the lock., type: str, required: true}
  release: {description: Id of the release., type: str, required: true}
  colour: {description: Colour that is not live., type: str, required: true, choices: [blue, green]}
  config_files: {description: Files that an instance reads when it starts., type: list, elements: path, default: []}
attributes:
  check_mode: {support: full}
"""

EXAMPLES = r"""
- release_slot:
    root: /srv/shop
    run_dir: /run/shop
    run: 0a1b2c3d4e5f
    release: 20261121T230000Z-0123abc
    colour: green
"""

RETURN = r"""
called: {description: Whether an instance had loaded it and was called; otherwise one must be started., type: bool}
"""


def main() -> None:
    """Run the module."""
    text = {"type": "str", "required": True}
    module = AnsibleModule(
        argument_spec={
            "root": {"type": "path", "required": True},
            "run_dir": {"type": "path", "required": True},
            "run": text,
            "release": text,
            "colour": {**text, "choices": list(COLOURS)},
            "config_files": {"type": "list", "elements": "path", "default": []},
        },
        supports_check_mode=True,
    )
    given = module.params
    layout = Layout(Path(given["root"]), Path(given["run_dir"]))
    slot, record = layout.slot(given["colour"]), layout.slot_record(given["colour"])
    digest = instance_digest(layout, given["release"], given["config_files"]) + "\n"
    same = link_name(slot) == given["release"] and record.is_file() and record.read_text(encoding="utf-8") == digest
    called = False
    if not module.check_mode:
        try:
            say_stage(layout, given["run"], "start")
            called = same and release_standby.call(layout, given["colour"])
            if not called:  # before the record says otherwise: a run that is killed in between must not call it later
                release_standby.dismiss(layout, given["colour"])
            point(slot, str(layout.release(given["release"])))
            write_whole(record, digest)
        except HeldError as held:
            module.fail_json(msg=explain(layout, held.lock))
        except OSError as error:
            module.fail_json(msg=f"{slot} cannot be pointed at {given['release']}: {error}")
    module.exit_json(changed=not same, called=called)


if __name__ == "__main__":
    main()

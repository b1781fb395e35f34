"""Ansible module: remember what was provisioned, for the drift check."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from ansible.module_utils.basic import AnsibleModule
from ansible.module_utils.drift.check import SCHEMA, load
from ansible.module_utils.drift.model import BadBaselineError, digest
from ansible.module_utils.drift_live import live_of, remember_live
from ansible.module_utils.release_layout import Layout, utc_now
from ansible.module_utils.whole_file import write_whole

DOCUMENTATION = r"""
module: drift_baseline
short_description: Remember what was provisioned, for the drift check
description:
  - Paths, owners, modes, packages and units are remembered as they were declared, not as the machine has them.
  - Only of files that the run has just written the content is taken from the machine, as a hash.
  - Things of roles that did not run keep what was remembered of them, so a run of one role hides no other drift.
options:
  path: {description: Where to remember it. Only root may read it., type: path, required: true}
  product: {description: Name of the product., type: str, default: ''}
  layout:
    description: C(root), C(run_dir), C(lock), C(api_unit) ('' where systemd does not run it) and C(fix).
    type: dict
    default: {}
  things:
    description:
      - What to watch, each with C(id), C(kind), C(role) and C(fix); see roles/drift/vars/main.yml for the kinds.
      - Files with C(content=false) are secrets. Their modes are watched and their content is never read.
    type: list
    elements: dict
    default: []
  roles:
    description: Roles that ran, or C(all).
    type: list
    elements: str
    default: [all]
  live_only:
    description: Remember anew only which release and colour are live. Does nothing where there is no baseline.
    type: bool
    default: false
attributes:
  check_mode: {support: full}
"""

EXAMPLES = r"""
- drift_baseline:
    path: /srv/shop/shared/private/drift-baseline.json
    product: shop
    layout:
      root: /srv/shop
      run_dir: /run/shop
      lock: /srv/shop/deploy.lock
      api_unit: shop-api
      fix: ansible-playbook site.yml
    things:
      - id: nginx
        kind: files
        role: nginx
        paths: [/etc/nginx/nginx.conf]
        access: {owner: root, group: root, mode: "0644"}
        fix: ansible-playbook site.yml
"""

RETURN = r"""
things: {description: How many things are watched; not when only what is live was remembered., type: int}
"""


class MissingFileError(Exception):
    """A file that the run should have written is not there."""


def with_content(thing: dict[str, Any], may_miss: bool) -> dict[str, Any]:
    """A thing as it is remembered: files with the hashes of their content."""
    if thing["kind"] != "files" or not thing.get("content", True):
        return thing
    missing = [path for path in thing["paths"] if not Path(path).is_file()]
    if missing and not may_miss:
        raise MissingFileError(
            f"{missing[0]} is to be watched ({thing['id']}) and is not there: run the whole of site.yml"
        )
    return {**thing, "sha256": {path: digest(Path(path)) for path in thing["paths"] if path not in missing}}


def remembered(old: dict[str, Any], given: dict[str, Any], check_mode: bool) -> dict[str, Any]:
    """The new baseline, without its time."""
    layout = Layout(Path(given["layout"]["root"]), Path(given["layout"]["run_dir"]))
    known = {thing["id"]: thing for thing in old.get("things", [])}
    things = []
    for thing in given["things"]:
        ran = "all" in given["roles"] or thing["role"] in given["roles"]
        kept = known.get(thing["id"])
        things.append(kept if kept and not ran else with_content(thing, check_mode))
    said = {"schema": SCHEMA, "product": given["product"], "layout": given["layout"]}
    return {**said, "live": live_of(layout), "things": things}


def main() -> None:
    """Run the module."""
    module = AnsibleModule(
        argument_spec={
            "path": {"type": "path", "required": True},
            "product": {"type": "str", "default": ""},
            "layout": {"type": "dict", "default": {}},
            "things": {"type": "list", "elements": "dict", "default": []},
            "roles": {"type": "list", "elements": "str", "default": ["all"]},
            "live_only": {"type": "bool", "default": False},
        },
        supports_check_mode=True,
    )
    given, path = module.params, Path(module.params["path"])
    try:
        if given["live_only"]:
            module.exit_json(changed=remember_live(path, check=module.check_mode))
        try:
            old = load(path)
        except BadBaselineError:
            old = {}  # none yet, or of another version: a whole run makes it anew
        new = remembered(old, given, module.check_mode)
        changed = new != {key: value for key, value in old.items() if key != "recorded_at"}
        if changed and not module.check_mode:
            write_whole(path, json.dumps({**new, "recorded_at": utc_now()}, indent=1) + "\n", 0o600)
    except (MissingFileError, OSError, KeyError) as error:
        module.fail_json(msg=f"What was provisioned cannot be remembered: {error}")
    module.exit_json(changed=changed, things=len(new["things"]))


if __name__ == "__main__":
    main()

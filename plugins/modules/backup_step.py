"""Ansible module: take a backup, or one step of bringing one back."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable
from contextlib import nullcontext
from pathlib import Path
from typing import Any

from ansible.module_utils.backup import restore
from ansible.module_utils.backup.command import summary
from ansible.module_utils.backup.model import Plan, RefusedError, load_plan
from ansible.module_utils.backup.take import take
from ansible.module_utils.basic import AnsibleModule
from ansible.module_utils.release_layout import Layout
from ansible.module_utils.release_lock import HeldError, at_work, explain, say_stage

DOCUMENTATION = r"""
module: backup_step
short_description: Take a backup, or one step of bringing one back
description:
  - C(take) stores the database, the files and the secrets, restores them on trial and compares every file and row.
  - C(fetch) restores a backup beside the data; C(begin) notes that the site is going to be stopped; C(swap) exchanges
    the data by renames; C(undo) gives the site its old data wherever that stopped; C(keep) ends one that was proven.
  - What is refused says so, and has changed nothing.
options:
  plan: {description: The file with what is backed up and where to., type: path, required: true}
  step: {description: What to do., type: str, required: true, choices: [take, fetch, begin, swap, undo, keep]}
  snapshot: {description: C(latest) or the id of a backup., type: str, default: latest}
  run: {description: Id of the run that holds the lock of the releases., type: str, default: ''}
attributes:
  check_mode: {support: none}
"""

EXAMPLES = r"""
- backup_step: {plan: /srv/shop/shared/private/backup.json, step: take}
"""

RETURN = r"""
backup: {description: The backup that was taken or fetched., type: dict}
msg: {description: What was done, or why not., type: str}
fix: {description: What helps., type: str}
"""


def _take(plan: Plan, _: str) -> dict[str, Any]:
    told = take(plan)
    if not told["ok"]:
        raise RefusedError(told["message"], told["fix"])
    return {"changed": True, "backup": told["last_good"], "msg": summary(told)}


def _fetch(plan: Plan, snapshot: str) -> dict[str, Any]:
    found = restore.fetch(plan, snapshot)
    words = f"{found['rows']} rows and {found['files']} files, all as they were"
    return {"changed": True, "backup": found, "msg": f"backup {found['id']} of {found['made_at']}: {words}"}


def _begin(plan: Plan, snapshot: str) -> dict[str, Any]:
    restore.begin(plan, snapshot)
    return {"changed": True}


def _swap(plan: Plan, _: str) -> dict[str, Any]:
    restore.swap(plan)
    return {"changed": True}


def _undo(plan: Plan, _: str) -> dict[str, Any]:
    return {"changed": restore.undo(plan)}


def _keep(plan: Plan, _: str) -> dict[str, Any]:
    restore.keep(plan)
    return {"changed": True}


STEPS: dict[str, Callable[[Plan, str], dict[str, Any]]] = {
    "take": _take,
    "fetch": _fetch,
    "begin": _begin,
    "swap": _swap,
    "undo": _undo,
    "keep": _keep,
}


def main() -> None:
    """Run the module."""
    module = AnsibleModule(
        argument_spec={
            "plan": {"type": "path", "required": True},
            "step": {"type": "str", "required": True, "choices": list(STEPS)},
            "snapshot": {"type": "str", "default": "latest"},
            "run": {"type": "str", "default": ""},
        },
        supports_check_mode=False,
    )
    given = module.params
    try:
        plan = load_plan(Path(given["plan"]))
        layout = Layout(plan.root, Path())
        if given["run"]:
            say_stage(layout, given["run"], f"restore: {given['step']}")
        with at_work(layout) if given["run"] else nullcontext():
            result = STEPS[given["step"]](plan, given["snapshot"])
    except HeldError as held:
        module.fail_json(msg=explain(layout, held.lock))
    except RefusedError as refused:
        module.fail_json(msg=str(refused), fix=refused.fix)
    except (OSError, sqlite3.Error, json.JSONDecodeError, KeyError) as error:
        module.fail_json(msg=f"'{given['step']}' failed: {error!r}")
    module.exit_json(**result)


if __name__ == "__main__":
    main()

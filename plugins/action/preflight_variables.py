"""Check every variable of the product against the argument specs of every role, before anything is touched."""

from __future__ import annotations

import difflib
from pathlib import Path
from typing import Any

import yaml
from ansible.module_utils.common.arg_spec import ArgumentSpecValidator
from ansible.plugins.action import ActionBase

DOCUMENTATION = r"""
module: preflight_variables
short_description: Check every variable against the argument specs of every role
description:
  - Ansible checks a role's arguments only when that role starts, which is too late for the roles after the first.
  - Reads C(meta/argument_specs.yml) of every role beside the calling one and validates the values of this host.
  - Refuses a variable that starts with a role's name but that no role knows, offering the nearest known name.
  - Refuses one that differs from a known name by a letter or so.
options: {}
"""

A_SLIP = 0.92  # of two names, one letter of a dozen differs


def load_specs(roles_dir: Path) -> dict[str, dict[str, Any]]:
    """Return the options of every role's main entry point, by role name."""
    specs: dict[str, dict[str, Any]] = {}
    for file in sorted(roles_dir.glob("*/meta/argument_specs.yml")):
        document = yaml.safe_load(file.read_text(encoding="utf-8"))
        specs[file.parent.parent.name] = document["argument_specs"]["main"].get("options", {})
    return specs


def unknown_names(names: list[str], specs: dict[str, dict[str, Any]]) -> list[str]:
    """Return one sentence for each name that has a role's prefix and that no role declares."""
    known = sorted(name for options in specs.values() for name in options)
    prefixes = tuple(f"{role}_" for role in specs)
    problems = []
    for name in sorted(names):
        if name in known or name.startswith("_"):
            continue
        # Without a role's prefix it may be somebody's own variable, unless it is but a slip away from one of ours.
        ours = name.startswith(prefixes)
        near = difflib.get_close_matches(name, known, n=1, cutoff=0.6 if ours else A_SLIP)
        if ours or near:
            hint = (
                f"did you mean {near[0]}?"
                if near
                else "remove it, or see roles/*/meta/argument_specs.yml for what exists."
            )
            problems.append(f"{name} is not a variable of any role: {hint}")
    return problems


class ActionModule(ActionBase):  # type: ignore[misc]  # ansible ships no types
    """Runs on the controller; touches no host."""

    _requires_connection = False

    def run(self, tmp: str | None = None, task_vars: dict[str, Any] | None = None) -> dict[str, Any]:
        """Return `failed` with every problem at once in `msg`, or `changed: false`."""
        result: dict[str, Any] = super().run(tmp, task_vars)
        variables = task_vars or {}
        specs = load_specs(Path(self._task._role._role_path).parent)
        problems = unknown_names(list(variables), specs)
        for role, options in specs.items():
            given = {name: self._templar.template(variables[name]) for name in options if name in variables}
            outcome = ArgumentSpecValidator(options).validate(given, validate_role_argument_spec=True)
            problems += [f"role {role}: {message}" for message in outcome.error_messages]
        if problems:
            result["failed"] = True
            result["msg"] = "\n".join(problems)
            result["fix"] = "Correct these in inventory/<name>/group_vars/all.yml, or in the -e options of the command."
        else:
            result["changed"] = False
            result["msg"] = (
                f"{sum(len(options) for options in specs.values())} variables of {len(specs)} roles are valid"
            )
        return result

"""Ansible module: run, restart or remove one program of supervisor."""

from __future__ import annotations

from typing import Any

from ansible.module_utils.basic import AnsibleModule
from ansible.module_utils.supervisor_control import SupervisorError, bring

DOCUMENTATION = r"""
module: supervisor_program
short_description: Run, restart or remove one program of supervisor
description:
  - Reads the definitions anew for this one program and leaves every other program as it is.
  - Waits until it has stayed up for the C(startsecs) of its definition, or until it has ended.
options:
  name: {description: Name of the program, which is in a group of its own., type: str, required: true}
  state:
    description:
      - V(started) leaves a running program alone unless its definition has changed.
      - V(absent) stops it; its definition must have been removed before.
    type: str
    choices: [started, restarted, absent]
    required: true
  seconds: {description: Seconds within which it must stay up., type: int, default: 30}
attributes:
  check_mode: {support: full}
"""

EXAMPLES = r"""
- supervisor_program: {name: nginx, state: started}
"""

RETURN = r""" # """


def main() -> None:
    """Run the module."""
    text: dict[str, Any] = {"type": "str", "required": True}
    module = AnsibleModule(
        argument_spec={
            "name": text,
            "state": text | {"choices": ["started", "restarted", "absent"]},
            "seconds": {"type": "int", "default": 30},
        },
        supports_check_mode=True,
    )
    name, state = module.params["name"], module.params["state"]
    try:
        changed = bring(name, state, module.params["seconds"], check=module.check_mode)
    except SupervisorError as error:
        if module.check_mode:  # a fresh machine has no supervisor yet
            module.exit_json(changed=state != "absent")
        module.fail_json(msg=str(error))
    module.exit_json(changed=changed)


if __name__ == "__main__":
    main()

"""Ansible module: run, restart or remove one program of supervisor."""

from __future__ import annotations

import re
import subprocess
import time
from typing import Any

from ansible.module_utils.basic import AnsibleModule

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

RETURN = r"""
was: {description: What supervisor said of it before; empty when it knew no such program., type: str}
"""

UP = "RUNNING"
WORKING = ("RUNNING", "STARTING")


class SupervisorError(Exception):
    """supervisor did not do it; the message says why."""


def ask(*words: str) -> str:
    """Run supervisorctl and return what it said. Its exit codes differ from version to version, so its words decide."""
    try:
        done = subprocess.run(  # noqa: S603 (no shell; the words come from our roles)
            ["supervisorctl", *words],  # noqa: S607 (where Debian puts it is in the path)
            capture_output=True,
            text=True,
            check=False,
        )
    except FileNotFoundError as error:
        raise SupervisorError("there is no supervisorctl on this machine") from error
    said = (done.stdout + done.stderr).strip()
    if re.search(r"no such file|refused connection|\.sock\b.*(refused|no such)", said):
        raise SupervisorError(f"supervisor does not answer ({said}): supervisord -c /etc/supervisor/supervisord.conf")
    return said


def describe(name: str) -> str:
    """Return what supervisor says of a program: its state and why; '' when it knows none."""
    for line in ask("status", name).splitlines():
        if line.split()[0] == name and "no such" not in line:
            return " ".join(line.split()[1:])
    return ""


def is_pending(name: str) -> bool:
    """Return whether the definition on disk differs from the one in force. Raises when some definition is wrong."""
    said = ask("reread")
    if "ERROR" in said:
        raise SupervisorError(f"supervisor cannot read its definitions: {said}")
    return any(line.startswith(f"{name}: ") for line in said.splitlines())


def wait_until_up(name: str, seconds: int) -> None:
    """Return when the program has stayed up; raise with supervisor's words when it does not."""
    end = time.monotonic() + seconds
    while not (state := describe(name)).startswith(UP):
        if not state.startswith(WORKING) or time.monotonic() > end:
            raise SupervisorError(f"{name} does not stay up: {state or 'supervisor knows no such program'}")
        time.sleep(0.1)


def run(name: str, state: str, was: str, pending: bool, seconds: int) -> None:
    """Do what is asked."""
    if pending:
        ask("update", name)
    if state == "absent":
        if describe(name):
            raise SupervisorError(f"{name} is still there: its definition was not removed before it was stopped")
        return
    if state == "restarted" and was and not pending:
        ask("restart", name)
    elif not describe(name).startswith(WORKING):
        ask("start", name)
    wait_until_up(name, seconds)


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
    name, state, was = module.params["name"], module.params["state"], ""
    try:
        was = describe(name)
        pending = is_pending(name)
        changed = {"absent": bool(was), "restarted": True, "started": pending or not was.startswith(UP)}[state]
        if changed and not module.check_mode:
            run(name, state, was, pending, module.params["seconds"])
    except SupervisorError as error:
        if module.check_mode:  # a fresh machine has no supervisor yet
            module.exit_json(changed=state != "absent", was=was)
        module.fail_json(msg=str(error), was=was)
    module.exit_json(changed=changed, was=was)


if __name__ == "__main__":
    main()

"""The controller of a scenario's machines: playbooks, run as a person would run them."""

from __future__ import annotations

import os
import subprocess
from typing import Any


def command(name: str, *options: str) -> dict[str, Any]:
    """How to start one of the project's playbooks against the lab's machines: keywords of subprocess.

    Molecule forces colours, which would stand between the words that a test looks for.
    """
    project, scenario = os.environ["MOLECULE_PROJECT_DIRECTORY"], os.environ["MOLECULE_SCENARIO_DIRECTORY"]
    words = ["ansible-playbook", f"--inventory={scenario}/inventory/", f"playbooks/{name}.yml", *options]
    environment = {key: value for key, value in os.environ.items() if key != "ANSIBLE_FORCE_COLOR"}
    return {"args": words, "cwd": project, "env": environment}


def playbook(name: str, *options: str) -> subprocess.CompletedProcess[str]:
    """Run one of the project's playbooks against the lab's machines."""
    return subprocess.run(**command(name, *options), capture_output=True, text=True, check=False)


def said(run: subprocess.CompletedProcess[str]) -> str:
    """The end of what a playbook printed."""
    return "\n".join((run.stdout + run.stderr).splitlines()[-40:])

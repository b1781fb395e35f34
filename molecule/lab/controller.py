"""The controller of a scenario's machines: playbooks, run as a person would run them."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path


def playbook(name: str, *options: str) -> subprocess.CompletedProcess[str]:
    """Run one of the project's playbooks against the lab's machines."""
    project, scenario = Path(os.environ["MOLECULE_PROJECT_DIRECTORY"]), Path(os.environ["MOLECULE_SCENARIO_DIRECTORY"])
    command = ["ansible-playbook", f"--inventory={scenario}/inventory/", f"playbooks/{name}.yml", *options]
    return subprocess.run(command, cwd=project, capture_output=True, text=True, check=False)


def said(run: subprocess.CompletedProcess[str]) -> str:
    """The end of what a playbook printed."""
    return "\n".join((run.stdout + run.stderr).splitlines()[-40:])

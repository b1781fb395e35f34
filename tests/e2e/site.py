"""Where the site under test is, and who may log in there."""

from __future__ import annotations

import subprocess
from dataclasses import dataclass
from pathlib import Path

import yaml


@dataclass(frozen=True)
class Site:
    """The site under test and somebody who may log in."""

    url: str
    username: str
    password: str


def lab_site(scenario: Path, user: str) -> Site:
    """The site on a scenario's first machine; its first password is in a file that only root can read."""
    connection = yaml.safe_load(sorted(scenario.glob("inventory/host_vars/*/connection.yml"))[0].read_text())
    address = connection["ansible_host"]
    ssh = ["ssh", *connection["ansible_ssh_common_args"].split(), "-i", connection["ansible_ssh_private_key_file"]]
    read = [*ssh, f"{connection['ansible_user']}@{address}", "cat /srv/groundwork/shared/private/first-password"]
    password = subprocess.run(read, check=True, capture_output=True, text=True).stdout.strip()
    return Site(f"http://{address}", user, password)

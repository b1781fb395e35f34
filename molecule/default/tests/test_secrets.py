"""Canaries: no generated secret is where somebody else could read it."""

from __future__ import annotations

import base64
import os
from pathlib import Path

import pytest
from witness import PRIVATE, SECRETS, Machine

# Not on disk, and the pattern comes from a file, so that a search does not find itself in the process list.
CANARY = "/dev/shm/canary"
FILES = [f"{SECRETS}/app_secret_key", f"{PRIVATE}/first-password", f"{PRIVATE}/probe-password"]


def shapes(machine: Machine, path: str) -> list[str]:
    """A secret as it is and in the disguises that tools put on it."""
    secret = machine.read(path).strip()
    assert len(secret) >= 12, f"{path} holds no secret"
    return [secret, base64.b64encode(secret.encode()).decode().rstrip("=")]


def found(machine: Machine, secret: str, command: str) -> str:
    """Output of a search that reads its pattern from the file CANARY."""
    machine.out(f"umask 077; printf '%s\\n' '{secret}' > {CANARY}")
    try:
        return str(machine.run(command).stdout).strip()
    finally:
        machine.out(f"rm {CANARY}")


@pytest.mark.parametrize("path", FILES)
def test_no_file_that_others_can_read_holds_it(machine: Machine, path: str) -> None:
    search = (
        "find /etc /home /opt /root /run /srv /tmp /usr/local /var -xdev -type f -perm /o+r -size -50M -print0"
        f" | xargs -0 grep --files-with-matches --fixed-strings --file={CANARY} --"
    )
    for shape in shapes(machine, path):
        assert found(machine, shape, search) == ""


@pytest.mark.parametrize("path", FILES)
def test_it_is_in_its_own_file_only(machine: Machine, path: str) -> None:
    # Also in files that only root reads: a second copy is a second place to forget. And the search can find something.
    search = f"grep -rlFf {CANARY} /srv /etc /root /tmp /var/log /var/tmp"
    assert found(machine, shapes(machine, path)[0], search) == path


@pytest.mark.parametrize("path", FILES)
def test_it_is_in_no_command_line_and_no_environment(machine: Machine, path: str) -> None:
    search = f"grep -lFf {CANARY} /proc/[0-9]*/cmdline /proc/[0-9]*/environ"
    assert found(machine, shapes(machine, path)[0], search) == ""


@pytest.mark.parametrize("path", FILES)
def test_it_is_in_no_journal(machine: Machine, path: str) -> None:
    search = f"journalctl --no-pager --output=cat | grep -cFf {CANARY}"
    assert found(machine, shapes(machine, path)[0], search) == "0"


@pytest.mark.parametrize("path", FILES)
def test_ansible_never_said_it(machine: Machine, path: str) -> None:
    # Written by the lab's Ansible at -vvv with --diff: what the worst of users would paste into an issue.
    said = Path(os.environ["ANSIBLE_LOG_PATH"]).read_text()
    assert "app_secret_key" in said, "this log is not of the run that made the secrets"
    for shape in shapes(machine, path):
        assert shape not in said

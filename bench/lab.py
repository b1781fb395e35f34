"""One machine for a measurement, made the way the Molecule scenarios make theirs, and removed afterwards."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import yaml

PROJECT = Path(__file__).resolve().parents[1]
LAB = PROJECT / "molecule" / "lab"

# By a session of its own: where the kernel groups sessions by themselves, niceness counts only within one. With that
# alone it still kept a core for itself: whoever wakes up is put where nothing runs, or only what is SCHED_IDLE.
AWAY = [
    *("setsid", "sh", "-c"),
    'echo 19 2>/dev/null >/proc/self/autogroup; exec chrt --idle 0 nice -n 19 "$@"',
    "controller",
]


class PlaybookFailedError(Exception):
    """A playbook ended badly; the message has the end of what it printed."""


@dataclass(frozen=True)
class Machine:
    """One lab machine, called by `name` in the inventory and in Podman's network."""

    name: str
    folder: Path

    @property
    def inventory(self) -> Path:
        return self.folder / "inventory"

    @property
    def connection(self) -> dict[str, str]:
        """How Ansible reaches it, as molecule/lab/create.yml wrote it."""
        text = (self.inventory / "host_vars" / self.name / "connection.yml").read_text(encoding="utf-8")
        found: dict[str, str] = yaml.safe_load(text)
        return found

    @property
    def address(self) -> str:
        return self.connection["ansible_host"]

    def environment(self) -> dict[str, str]:
        """What molecule would give the lab's playbooks. Ansible is found beside this Python."""
        path = f"{Path(sys.executable).parent}:{os.environ['PATH']}"
        return os.environ | {
            "PATH": path,
            "ANSIBLE_CONFIG": str(PROJECT / "ansible.cfg"),
            "MOLECULE_SCENARIO_NAME": f"bench-{self.name}",
            "MOLECULE_SCENARIO_DIRECTORY": str(self.folder),
            "MOLECULE_EPHEMERAL_DIRECTORY": str(self.folder),
            "MOLECULE_PROJECT_DIRECTORY": str(PROJECT),
        }

    def playbook(self, playbook: Path | str, *arguments: str, **environment: str) -> str:
        """Run a playbook against the machine and return what it printed. Raises PlaybookFailedError."""
        # The controller is another machine in life; here it must not take the site's cores. The lab's own playbooks
        # start the machine, whose processes would all inherit it: then nothing on it could give way to anything.
        gives_way = [] if Path(playbook).is_relative_to(LAB) else AWAY
        command = [*gives_way, "ansible-playbook", f"--inventory={self.inventory}", str(playbook), *arguments]
        done = subprocess.run(
            command, cwd=PROJECT, env=self.environment() | environment, capture_output=True, text=True, check=False
        )
        if done.returncode:
            end = "\n".join((done.stdout + done.stderr).splitlines()[-60:])
            raise PlaybookFailedError(f"{' '.join(command)} ended with {done.returncode}\n{end}")
        return done.stdout

    def run(self, command: str) -> str:
        """Run a shell command on the machine, past SSH."""
        container = self.connection["lab_container"]
        done = subprocess.run(
            ["podman", "exec", container, "sh", "-c", command], capture_output=True, text=True, check=False
        )
        if done.returncode:
            raise PlaybookFailedError(f"{command!r} on {self.name} ended with {done.returncode}: {done.stderr[-500:]}")
        return done.stdout


# A server's systemd raises the limit on niceness of its services, as their units ask (LimitNICE). In a container whose
# controller may not do that either, the same right is given as a capability, which counts in no namespace of users.
RIGHT = "[Service]\\nPrivateUsers=no\\nCapabilityBoundingSet=CAP_SYS_NICE\\nAmbientCapabilities=CAP_SYS_NICE\\n"
ALLOW_NICENESS = f"""
for unit in groundwork-api@ groundwork-worker; do
  mkdir -p /etc/systemd/system/$unit.service.d
  printf '{RIGHT}' >/etc/systemd/system/$unit.service.d/niceness.conf
done
"""


@contextmanager
def machine(name: str, *, keep: bool = False, **variables: object) -> Iterator[Machine]:
    """A bare machine with these variables in its inventory. `keep`: use one that is there, and leave it there."""
    made = Machine(name, PROJECT / ".cache" / "bench" / name)
    made.inventory.mkdir(parents=True, exist_ok=True)
    groups = {"lab": {"children": {"app": {"hosts": {name: None}}}}}
    (made.inventory / "hosts.yml").write_text(yaml.safe_dump(groups), encoding="utf-8")
    (made.inventory / "group_vars").mkdir(exist_ok=True)
    # The controller's own authorities, as someone behind a re-signing proxy must hand them on.
    authorities = sorted(map(str, Path("/usr/local/share/ca-certificates").glob("*.crt")))
    given = {"base_extra_ca_certificates": authorities, "lab_podman_options": ["--cap-add", "SYS_NICE"], **variables}
    (made.inventory / "group_vars" / "app.yml").write_text(yaml.safe_dump(given), encoding="utf-8")
    try:
        if not (keep and is_running(made)):
            made.playbook(LAB / "create.yml")
            made.run(ALLOW_NICENESS)
        yield made
    finally:
        if not keep:
            made.playbook(LAB / "destroy.yml")


def is_running(made: Machine) -> bool:
    """Whether a kept machine of an earlier run still answers."""
    try:
        return made.run("echo here").strip() == "here"
    except (OSError, PlaybookFailedError):
        return False

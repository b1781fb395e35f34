"""How long it takes to find that nothing is to be done: `site.yml` over SSH, and 60 sample tasks beside pyinfra.

    python bench/noop.py [--rounds 3] [--keep] [--output docs/results/DATE-noop.json]

Each of the sample's tasks is written once here and given to Ansible and to pyinfra in their own words. mitogen and
pyinfra go into a throwaway environment in .cache. The ways take turns, the medians are printed; docs/bench.md says what
they mean.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import yaml
from lab import PROJECT, Machine, machine

TOOLS = ["mitogen>=0.3.54,<0.4", "pyinfra>=3.10,<3.11"]
AIM = 0.6
# Operations, succeeded, failed, without a change.
GRAND_TOTAL = re.compile(r"Grand total +(\d+) +\S+ +\S+ +(\S+)")
RECAP = re.compile(r"ok=(\d+) +changed=(\d+).*?failed=(\d+)")
FOLDERS, FILES, LINES, PACKAGES, GROUPS, UNITS = 20, 15, 10, 5, 5, 5
INSTALLED = ("ca-certificates", "curl", "git", "lsof", "logrotate")
ENABLED = ("nginx", "ssh", "systemd-journald", "dbus", "systemd-logind")


def ansible_sample() -> list[dict[str, Any]]:
    """The 60 tasks in Ansible's words."""
    own = {"owner": "root", "group": "root"}
    folders = [
        {"ansible.builtin.file": {"path": f"/opt/sample/d{n}", "state": "directory", "mode": "0755", **own}}
        for n in range(FOLDERS)
    ]
    files = [
        {"ansible.builtin.copy": {"dest": f"/opt/sample/f{n}", "content": f"file {n}\n", "mode": "0644", **own}}
        for n in range(FILES)
    ]
    lines = [{"ansible.builtin.lineinfile": {"path": "/opt/sample/f0", "line": f"line {n}"}} for n in range(LINES)]
    # The first file gets lines of others, so its content is written by nobody else.
    files[0] = {
        "ansible.builtin.file": {
            "path": "/opt/sample/f0",
            "state": "touch",
            "modification_time": "preserve",
            "access_time": "preserve",
            "mode": "0644",
        }
    }
    packages = [{"ansible.builtin.apt": {"name": name, "state": "present"}} for name in INSTALLED]
    groups = [{"ansible.builtin.group": {"name": f"sample{n}"}} for n in range(GROUPS)]
    units = [{"ansible.builtin.systemd_service": {"name": name, "state": "started"}} for name in ENABLED]
    return [
        {"name": f"Sample {number}", **task}
        for number, task in enumerate([*folders, *files, *lines, *packages, *groups, *units])
    ]


def pyinfra_sample() -> str:
    """The same 60 in pyinfra's."""
    return f"""
from io import StringIO
from pyinfra.operations import apt, files, server, systemd

for n in range({FOLDERS}):
    files.directory(path=f"/opt/sample/d{{n}}", user="root", group="root", mode="755")
files.file(path="/opt/sample/f0", mode="644")
for n in range(1, {FILES}):
    files.put(src=StringIO(f"file {{n}}\\n"), dest=f"/opt/sample/f{{n}}", user="root", group="root", mode="644")
for n in range({LINES}):
    files.line(path="/opt/sample/f0", line=f"line {{n}}")
for name in {INSTALLED!r}:
    apt.packages(packages=[name])
for n in range({GROUPS}):
    server.group(group=f"sample{{n}}")
for name in {ENABLED!r}:
    systemd.service(service=name, running=True)
"""


class Ways:
    """Everything that is measured, on one machine."""

    def __init__(self, made: Machine) -> None:
        self.made = made
        self.folder = made.folder
        self.venv = self.folder / "venv"
        playbook = [{"hosts": "app", "gather_facts": False, "become": True, "tasks": ansible_sample()}]
        (self.folder / "sample.yml").write_text(yaml.safe_dump(playbook, sort_keys=False), encoding="utf-8")
        (self.folder / "sample.py").write_text(pyinfra_sample(), encoding="utf-8")
        connection = made.connection
        data = {
            "ssh_user": "root",
            "ssh_key": connection["ansible_ssh_private_key_file"],
            "ssh_strict_host_key_checking": "no",
            "ssh_known_hosts_file": "/dev/null",
        }
        (self.folder / "hosts.py").write_text(f"hosts = [({made.address!r}, {data!r})]\n", encoding="utf-8")

    def install(self) -> dict[str, str]:
        """The tools, with the very ansible-core of this environment; their versions."""
        locked = (PROJECT / "requirements" / "ops.txt").read_text(encoding="utf-8")
        core = re.search(r"^ansible-core==\S+", locked, re.MULTILINE)
        if core is None:
            raise RuntimeError("requirements/ops.txt does not lock ansible-core")
        uv = str(Path(sys.executable).parent / "uv")
        python = str(self.venv / "bin" / "python")
        subprocess.run([uv, "venv", "--quiet", "--clear", "--python", sys.executable, str(self.venv)], check=True)
        subprocess.run([uv, "pip", "install", "--quiet", "--python", python, core.group(), *TOOLS], check=True)
        listed = subprocess.run(
            [uv, "pip", "list", "--format", "json", "--python", python], check=True, capture_output=True, text=True
        )
        names = ("ansible-core", "mitogen", "pyinfra")
        return {item["name"]: item["version"] for item in json.loads(listed.stdout) if item["name"] in names}

    def _timed(self, command: list[str], environment: dict[str, str]) -> tuple[float, str]:
        started = time.monotonic()
        done = subprocess.run(
            command, cwd=PROJECT, env=os.environ | environment, capture_output=True, text=True, check=False
        )
        took = time.monotonic() - started
        if done.returncode:
            raise RuntimeError(
                f"{' '.join(command)} ended with {done.returncode}\n{(done.stdout + done.stderr)[-3000:]}"
            )
        return took, done.stdout + done.stderr

    def ansible(self, playbook: str, *, mitogen: bool) -> tuple[float, int]:
        """Seconds and tasks of a playbook that must change nothing."""
        environment = self.made.environment() | {"ANSIBLE_STDOUT_CALLBACK": "ansible.builtin.default"}
        if mitogen:
            plugins = next(self.venv.glob("lib/python3*/site-packages/ansible_mitogen/plugins/strategy"))
            environment |= {"ANSIBLE_STRATEGY_PLUGINS": str(plugins), "ANSIBLE_STRATEGY": "mitogen_linear"}
            environment["ANSIBLE_HOST_KEY_CHECKING"] = "False"  # mitogen does not read the ssh options of the lab
        command = [str(self.venv / "bin" / "ansible-playbook"), f"--inventory={self.made.inventory}", playbook]
        took, said = self._timed(command, environment)
        recap = RECAP.search(said)
        if recap is None or recap[2] != "0" or recap[3] != "0":
            raise RuntimeError(f"{playbook} was to change nothing: {recap and recap.group()}\n{said[-3000:]}")
        return took, int(recap[1])

    def pyinfra(self) -> tuple[float, int]:
        """Seconds and operations of the sample under pyinfra, which finds nothing to do either."""
        files = [str(self.folder / "hosts.py"), str(self.folder / "sample.py")]
        took, said = self._timed([str(self.venv / "bin" / "pyinfra"), "-y", *files], {})
        total = GRAND_TOTAL.search(said)
        if total is None or total[1] != total[2]:
            raise RuntimeError(f"pyinfra was to change nothing: {total and total.group()}\n{said[-3000:]}")
        return took, int(total[1])


def measure(ways: dict[str, Callable[[], tuple[float, int]]], rounds: int) -> dict[str, dict[str, Any]]:
    """Each way `rounds` times, in turn, after one run that is not counted."""
    times: dict[str, list[float]] = {name: [] for name in ways}
    tasks: dict[str, int] = {}
    for number in range(rounds + 1):
        for name, way in ways.items():
            took, tasks[name] = way()
            if number:
                times[name].append(took)
    return {
        name: {
            "seconds": round(statistics.median(taken), 2),
            "tasks": tasks[name],
            "seconds_a_task": round(statistics.median(taken) / tasks[name], 3),
            "all": [round(took, 2) for took in taken],
        }
        for name, taken in times.items()
    }


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--keep", action="store_true", help="use a kept machine, and keep it")
    parser.add_argument("--output", type=Path, default=PROJECT / f"docs/results/{datetime.now(UTC):%Y-%m-%d}-noop.json")
    given = parser.parse_args()
    with machine("noop", keep=given.keep) as made:
        made.playbook("playbooks/site.yml")
        ways = Ways(made)
        versions = ways.install()
        made.playbook(ways.folder / "sample.yml")
        found = measure(
            {
                "site.yml, default strategy": lambda: ways.ansible("playbooks/site.yml", mitogen=False),
                "site.yml, mitogen": lambda: ways.ansible("playbooks/site.yml", mitogen=True),
                "sample, default strategy": lambda: ways.ansible(str(ways.folder / "sample.yml"), mitogen=False),
                "sample, mitogen": lambda: ways.ansible(str(ways.folder / "sample.yml"), mitogen=True),
                "sample, pyinfra": ways.pyinfra,
            },
            given.rounds,
        )
    ratio = round(found["sample, mitogen"]["seconds"] / found["sample, pyinfra"]["seconds"], 2)
    report = {
        "at": datetime.now(UTC).isoformat(timespec="seconds"),
        "cores": os.cpu_count(),
        "versions": versions,
        "ways": found,
        "mitogen_to_pyinfra": ratio,
    }
    given.output.parent.mkdir(parents=True, exist_ok=True)
    given.output.write_text(json.dumps(report, indent=2) + "\n", encoding="utf-8")
    for name, figures in found.items():
        a_task = f"{figures['seconds_a_task']:.3f} s a task"
        sys.stdout.write(f"{name:<28} {figures['seconds']:6.2f} s  {figures['tasks']:4d} tasks  {a_task}\n")
    sys.stdout.write(
        f"mitogen takes {ratio} of pyinfra's time on the sample (aim: at most {AIM})\nwritten to {given.output}\n"
    )
    return 0 if ratio <= AIM else 1


if __name__ == "__main__":
    sys.exit(main())

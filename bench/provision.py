"""How long from a bare machine to a proven site: `./setup.sh`, beside a shell script that does the same steps by hand.

    python bench/provision.py [--rounds 1] [--output .cache/bench/provision.json]

Each way gets a fresh machine of the lab with the last commit on it, in turn, in one run: only the ratio counts. The
script proves nothing, undoes nothing and cannot be run twice: that is what the difference buys.
Ends with 1 over the aim.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import statistics
import subprocess
import sys
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from time import monotonic

from lab import PROJECT, Machine, machine

WAYS = {"groundwork": "./setup.sh", "by-hand": "bench/by_hand.sh"}
ROLE_LINE = re.compile(
    r"^\[ *\d+/\d+\] (?P<role>[a-z_]+) \.{3,}.*?(?:(?P<minutes>\d+) min )?(?P<seconds>\d+(?:\.\d+)?) s\s*$"
)
AIM = 1.3


@dataclass
class Measured:
    """The seconds of each round, and of each role in the last one."""

    seconds: list[float] = field(default_factory=list)
    roles: dict[str, float] = field(default_factory=dict)


def bring_project(made: Machine) -> None:
    """The company's authorities and the last commit, as a newcomer's machine has them."""
    made.playbook(PROJECT / "molecule" / "setup" / "prepare.yml")
    made.run("mkdir /root/groundwork")
    archive = subprocess.run(["git", "-C", str(PROJECT), "archive", "HEAD"], check=True, capture_output=True).stdout
    target = f"{made.connection['lab_container']}:/root/groundwork"
    subprocess.run(["podman", "cp", "-", target], input=archive, check=True)


def measure(made: Machine, way: str, into: Measured) -> None:
    """Provision once, and see that both ways ended at the same place."""
    bring_project(made)
    began = monotonic()
    said = made.run(f"cd /root/groundwork && {WAYS[way]}")
    into.seconds.append(round(monotonic() - began, 1))
    made.run("curl --fail --silent http://127.0.0.1/api/v1/health/ready | grep -q ready")
    for line in said.splitlines():
        if found := ROLE_LINE.match(line):
            into.roles[found["role"]] = int(found["minutes"] or 0) * 60 + float(found["seconds"])
    sys.stdout.write(f"{way:12} {into.seconds[-1]:7.1f} s\n")
    sys.stdout.flush()


def main() -> int:
    """Measure, print and write."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=1)
    parser.add_argument("--output", type=Path, default=PROJECT / ".cache" / "bench" / "provision.json")
    options = parser.parse_args()
    ways = {way: Measured() for way in WAYS}
    for _ in range(options.rounds):
        for way, measured in ways.items():
            with machine(f"provision-{way}") as made:
                measure(made, way, measured)
    ours, by_hand = (statistics.median(measured.seconds) for measured in ways.values())
    ratio = round(ours / by_hand, 2)
    for role, seconds in ways["groundwork"].roles.items():
        sys.stdout.write(f"  {role:12} {seconds:6.1f} s\n")
    sys.stdout.write(f"ratio {ratio} (aim: at most {AIM})\n")
    result = {
        "at": datetime.now(UTC).isoformat(timespec="seconds"),
        "debian": os.environ.get("GROUNDWORK_LAB_RELEASE", "bookworm"),
        "seconds": {way: measured.seconds for way, measured in ways.items()},
        "roles": ways["groundwork"].roles,
        "ratio": ratio,
    }
    options.output.parent.mkdir(parents=True, exist_ok=True)
    options.output.write_text(json.dumps(result, indent=2) + "\n", encoding="utf-8")
    return 0 if ratio <= AIM else 1


if __name__ == "__main__":
    sys.exit(main())

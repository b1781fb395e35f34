"""Ten changes made by hand: drift names each of them and nothing else, and what it says mends them."""

from __future__ import annotations

import json
import os
import shlex
import subprocess
from pathlib import Path

from conftest import Break, Proof, playbook, said
from witness import ROOT, SHARED, Machine

UNIT = "/etc/systemd/system/groundwork-api@.service"
# What is done on the machine, and the path under which drift names it. $release, $unit and $site are known to `do`.
CHANGES = {
    "echo '# by hand' >>$site": "file {site}",
    f"echo '# by hand' >>{UNIT}": f"file {UNIT}",
    f"mkdir -p {UNIT}.d; printf '[Service]\\nNice=5\\n' >{UNIT}.d/hand.conf": f"unit {UNIT}.d/hand.conf",
    f"chmod 0777 {SHARED}/data": f"mode {SHARED}/data",
    f"chmod 0644 {SHARED}/secrets/app_secret_key": f"mode {SHARED}/secrets/app_secret_key",
    f"chown nobody {SHARED}/logs": f"mode {SHARED}/logs",
    "echo '# by hand' >>$release/app/main.py": "file {release}/app/main.py",
    f"echo APP_LOG_LEVEL=DEBUG >>{SHARED}/.env": f"file {SHARED}/.env",
    "dpkg --remove --force-depends psmisc": "package psmisc",
    "systemctl disable --now groundwork-drift.timer": "unit groundwork-drift.timer",
    "systemctl disable --now groundwork-worker": "unit groundwork-worker.service",
    f"asset=$(ls $release/dist/assets/*.js | head -1); mv {ROOT}/assets/$(basename $asset) /root/": "file {asset}",
    f"mkdir {ROOT}/releases/elsewhere; ln -sfn {ROOT}/releases/elsewhere {ROOT}/current": f"link {ROOT}/current",
}


def findings(machine: Machine) -> dict[str, str]:
    """What the last report names, with what mends it."""
    report = json.loads(machine.read(f"{SHARED}/drift/latest.json"))
    return {f"{finding['kind']} {finding['path']}": finding["fix"] for finding in report["findings"]}


def drift(machine: Machine) -> dict[str, str]:
    """Run the playbook; its exit status must agree with its report."""
    run = playbook("drift")
    found = findings(machine)
    assert (run.returncode == 0) == (not found), said(run)
    return found


def mend(machine: Machine, fix: str) -> None:
    """Do what drift says, where it is to be done."""
    if not fix.startswith("ansible"):
        machine.out(fix)
        return
    inventory = Path(os.environ["MOLECULE_SCENARIO_DIRECTORY"]) / "inventory"
    command = [*shlex.split(fix), f"--inventory={inventory}/"]
    project = os.environ["MOLECULE_PROJECT_DIRECTORY"]
    run = subprocess.run(command, cwd=project, capture_output=True, text=True, check=False)
    assert run.returncode == 0, said(run)


def test_changes_by_hand_are_named_and_mended(machine: Machine, do: Break, proof: Proof) -> None:
    assert drift(machine) == {}
    names = {
        "site": "/etc/nginx/sites-available/groundwork.conf",
        "release": f"{ROOT}/releases/{machine.release}",
        "asset": machine.out(f"ls {ROOT}/current/dist/assets/*.js | head -1").replace(f"{ROOT}/current/dist", ROOT),
    }
    for change in CHANGES:
        do(change)
    found = drift(machine)
    assert set(found) == {path.format(**names) for path in CHANGES.values()}
    for fix in sorted(set(found.values()), key=lambda fix: fix.startswith("ansible")):
        mend(machine, fix)
    machine.out(f"rm -rf {ROOT}/releases/elsewhere")
    proof.site()
    assert drift(machine) == {}
    assert proof.failing() == set()


def test_the_machine_looks_by_itself(machine: Machine) -> None:
    machine.out("systemctl start groundwork-drift.service")
    assert findings(machine) == {}
    assert machine.unit("groundwork-drift.service")["Result"] == "success"
    machine.out(f"chmod 0755 {SHARED}/data")
    machine.out("systemctl start groundwork-drift.service")
    assert set(findings(machine)) == {f"mode {SHARED}/data"}
    machine.out(f"chmod 0751 {SHARED}/data")
    assert machine.out("groundwork drift").startswith("nothing has drifted")
    assert machine.run("runuser -u groundwork -- groundwork drift").rc == 2
    assert (
        float(machine.out("systemd-analyze security groundwork-drift.service | awk '/Overall/ {print $(NF-2)}'")) <= 2.0
    )

"""`NAME backup`: take one, list them, show the key."""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path

from . import report
from .model import Plan, RefusedError, load_plan
from .restic import Repository, shown
from .take import take


def _take(plan: Plan, given: argparse.Namespace) -> int:
    told = take(plan, begin_anew=given.begin_anew)
    if not told["ok"]:
        raise RefusedError(told["message"], told["fix"])
    sys.stdout.write(f"{summary(told)}\n")
    return 0


def summary(told: report.Report) -> str:
    """One line for a person."""
    good = told["last_good"]
    return (
        f"backup {good['snapshot']} of {good['made_at']}, restored on trial and compared: {good['rows']} rows in"
        f" {good['tables']} tables, {good['files']} files, {good['bytes'] / 1e6:.1f} MB, {told['seconds']:g} s"
    )


def _list(plan: Plan, given: argparse.Namespace) -> int:
    repository = Repository(plan)
    repository.require()
    found = repository.snapshots()
    if given.json:
        sys.stdout.write(json.dumps(found, indent=1) + "\n")
        return 0
    sys.stdout.writelines(f"{each['id']}  {each['made_at']}  release {each.get('release') or '?'}\n" for each in found)
    sys.stdout.write(f"{len(found)} in {shown(plan.repository)}; restore one from the controller:\n")
    sys.stdout.write("  ansible-playbook playbooks/restore.yml -e backup_snapshot=ID\n")
    return 0


def _key(plan: Plan, given: argparse.Namespace) -> int:
    """Only to a person who asks: nothing that Ansible prints or logs has it."""
    sys.stderr.write("Keep this key away from this machine: without it no backup can ever be read.\n")
    sys.stdout.write(plan.key.read_text(encoding="utf-8").rstrip("\n") + "\n")
    return 0


def main() -> int:
    """0: done; 2: refused or failed, with why and what helps on standard error."""
    parser = argparse.ArgumentParser(prog="backup", description="Backups of this site: taken, tried, kept.")
    parser.add_argument("--plan", type=Path, required=True, help=argparse.SUPPRESS)
    parser.set_defaults(act=_take, begin_anew=False)
    acts = parser.add_subparsers(metavar="COMMAND")
    one = acts.add_parser("take", help="take one now and restore it on trial (the default)")
    one.add_argument("--begin-anew", action="store_true", help="make a new repository where the known one is gone")
    one.set_defaults(act=_take)
    every = acts.add_parser("list", help="list those that are kept")
    every.add_argument("--json", action="store_true")
    every.set_defaults(act=_list)
    acts.add_parser("key", help="show the key, to be kept elsewhere").set_defaults(act=_key)
    given = parser.parse_args()
    try:
        return int(given.act(load_plan(given.plan), given))
    except (RefusedError, OSError) as error:
        fix = getattr(error, "fix", "")
        sys.stderr.write(f"backup: {error}\n" + (f"fix: {fix}\n" if fix else ""))
        return 2

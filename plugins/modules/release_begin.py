"""Ansible module: take the lock of a machine's releases, and say what is left to do for a wanted one."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import Any

from ansible.module_utils import release_audit, release_disk, release_lock
from ansible.module_utils.basic import AnsibleModule
from ansible.module_utils.release_layout import Layout, link_name, live_colour, point
from ansible.module_utils.release_plan import RefusedError, Wish, make_plan
from ansible.module_utils.release_priority import GIVING_WAY, set_niceness

DOCUMENTATION = r"""
module: release_begin
short_description: Take the lock of a machine's releases, and say what is left to do for a wanted one
description:
  - C(current.sock) says which colour is live, C(slots/) what each colour runs, C(marks.json) which are good or bad.
  - Finishes what an interrupted run left half said, and writes its end into the audit log.
  - Refuses a bad release, an unknown one, and one that does not fit on the disk; nothing is changed then.
  - When there is nothing to do it gives the lock back and writes nothing to the log.
  - The action plugin of the same name says who asks, and takes over the lock of a process that it can prove dead.
options:
  root: {description: Folder of the product., type: path, required: true}
  run_dir: {description: Folder of its sockets., type: path, required: true}
  group: {description: Group that may read the audit log., type: str, default: ''}
  action: {description: Verb of the playbook., type: str, required: true, choices: [site, deploy, rollback, restore]}
  manifest: {description: C(id) and C(digest) of the wanted artifact. Not for a rollback., type: dict, default: {}}
  artifact_bytes: {description: Size of the artifact., type: int, default: 0}
  unpacked_bytes: {description: Size of its files., type: int, default: 0}
  database: {description: Database file that a snapshot is taken of., type: path}
  release: {description: Id to go back to; the last good one when empty., type: str, default: ''}
  config_files:
    description: Files that an instance reads when it starts; a change of one calls for a new start.
    type: list
    elements: path
    default: []
  reason: {description: Why the run is made, for the lock and the log., type: str, default: ''}
  retry_bad: {description: Also take a release that was found bad., type: bool, default: false}
  again: {description: Bring up a new release although one has the same content., type: bool, default: false}
  take_lock: {description: Take over a lock that another run holds., type: bool, default: false}
  holder: {description: Who asks; given by the action plugin., type: dict, default: {}}
  instead_of: {description: Id of a lock whose process is dead; given by the action plugin., type: str, default: ''}
attributes:
  check_mode: {support: full}
"""

EXAMPLES = r"""
- release_begin:
    root: /srv/shop
    run_dir: /run/shop
    action: deploy
    manifest: "{{ artifact.manifest }}"
"""

RETURN = r"""
run: {description: Id of the run, type: str}
plan:
  description:
    - C(release) is the id to run (that of an earlier release with the same content, if there is one).
    - C(live_release) and C(live) are what answers now ('' before the first release).
    - C(colour) is the one to bring up or to prove.
    - C(from_colour) and C(from_release) are what a failure goes back to ('' if nothing).
    - C(stages) are those that have to run; C(why) says why, in words.
    - C(ship) and C(prepare) say whether these have work.
    - C(needed_bytes) is how much disk the run may take.
    - C(interrupted), of a restore, says whether the one before it was.
    - C(draining) is how many connections an earlier instance in the idle colour still has.
    - C(now) is the machine's clock in seconds since the epoch, for reading its logs from here on.
  type: dict
lock: {description: What the lock of another run says, when that is why it failed., type: dict}
took_over: {description: What the lock that was taken over said., type: dict}
"""

ORPHAN_SECONDS = 120.0


def refuse_if_never_provisioned(layout: Layout, action: str) -> None:
    """Raise RefusedError where site.yml has never been."""
    if action != "site" and not (layout.root / "slots").is_dir():
        raise RefusedError(
            f"This machine was never provisioned: {layout.root}/slots is not there.\nFix: ansible-playbook site.yml"
        )


def refuse_in_mid_restore(layout: Layout, action: str) -> None:
    """Raise RefusedError where a restore was interrupted: only another one knows which data the site is to have."""
    if action != "restore" and layout.restore.exists():
        raise RefusedError(
            "A restore of this machine was interrupted, and the site is stopped.\n"
            "Fix: ansible-playbook playbooks/restore.yml -e backup_snapshot=none gives it its old data back"
        )


def plan_of(layout: Layout, given: dict[str, Any], wish: Wish) -> dict[str, Any]:
    """Return what is to be done: a restore leaves the release as it is."""
    if given["action"] != "restore":
        plan: dict[str, Any] = make_plan(layout, wish)
        return plan
    colour, release = live_colour(layout), link_name(layout.current)
    if not colour:
        raise RefusedError("No release is live here to run on what is restored.\nFix: ansible-playbook site.yml")
    return {
        "release": release,
        "live_release": release,
        "from_release": release,
        "live": colour,
        "colour": colour,
        "stages": ["restore"],
        "proven": True,
        "start": False,
        "interrupted": layout.restore.exists(),
        "now": int(time.time()),
    }


def heal(layout: Layout, group: str) -> bool:
    """Finish what an interrupted run left half said; return whether there was anything."""
    closed = release_audit.close_interrupted(
        layout, group, "The run ended without a word; the next one found its lock."
    )
    colour = live_colour(layout)
    meant = link_name(layout.slot(colour)) if colour else ""
    if meant and meant != link_name(layout.current) and layout.release(meant).is_dir():
        point(layout.current, str(layout.release(meant)))  # the socket had moved, the pages had not
        return True
    return bool(closed)


def needs(layout: Layout, given: dict[str, Any], plan: dict[str, Any]) -> dict[str, int]:
    """Return the bytes that bringing up the release takes, by what they are for."""
    database = Path(given["database"]) if given["database"] else None
    known = [layout.release(name) / "venv" for name in plan["releases"]]
    return {
        "artifact": given["artifact_bytes"] if plan["ship"] else 0,
        "its files": given["unpacked_bytes"] if plan["ship"] else 0,
        "their environment": release_disk.own_bytes(known[-1]) if plan["prepare"] and known else 0,
        "database snapshot": database.stat().st_size if database and database.is_file() else 0,
    }


def begin(module: AnsibleModule, layout: Layout) -> dict[str, Any]:
    """Do it, and return the module's result. Raises RefusedError and HeldError."""
    given = module.params
    refuse_if_never_provisioned(layout, given["action"])
    wish = Wish(
        digest=given["manifest"].get("digest", ""),
        release=given["manifest"].get("id", given["release"]),
        roll_back=given["action"] == "rollback",
        retry_bad=given["retry_bad"],
        again=given["again"],
        config_files=given["config_files"],
    )
    run = str(given["holder"].get("id", ""))
    if module.check_mode:
        return {"changed": False, "plan": plan_of(layout, given, wish), "run": run, "took_over": None}
    held = release_lock.read_lock(layout) or {"id": ""}
    instead_of = held["id"] if given["take_lock"] else given["instead_of"]
    told = {"action": given["action"], "release": wish.release, "reason": given["reason"]}
    took_over = release_lock.take_lock(layout, {**given["holder"], **told}, instead_of)
    keep = False
    try:
        if not release_lock.wait_for_orphans(layout, ORPHAN_SECONDS):
            raise RefusedError("A stage of the run before this one is still at work. Try again when it has ended.")
        refuse_in_mid_restore(layout, given["action"])
        healed = heal(layout, given["group"])
        plan = plan_of(layout, given, wish)
        needed = needs(layout, given, plan) if plan["start"] else {}
        plan["needed_bytes"] = sum(needed.values()) + release_disk.MARGIN_BYTES
        if plan["stages"]:
            lack = release_disk.shortage(layout.root, needed) if plan["start"] else ""
            if lack:
                raise RefusedError(lack)
            said = {key: given["holder"].get(key) for key in ("by", "host")} | {
                **{key: plan[key] for key in ("release", "from_release", "colour")},
                "action": given["action"],
                "reason": given["reason"],
            }
            release_audit.append(layout, release_audit.STARTED, run, given["group"], **said)
        keep = bool(plan["stages"]) or given["action"] == "site"
    finally:
        if not keep:
            release_lock.release_lock(layout, run)
    return {"changed": healed or bool(plan["stages"]), "plan": plan, "run": run, "took_over": took_over}


def main() -> None:
    """Run the module."""
    text = {"type": "str", "default": ""}
    module = AnsibleModule(
        argument_spec={
            "root": {"type": "path", "required": True},
            "run_dir": {"type": "path", "required": True},
            "group": text,
            "action": {"type": "str", "required": True, "choices": ["site", "deploy", "rollback", "restore"]},
            "manifest": {"type": "dict", "default": {}},
            "artifact_bytes": {"type": "int", "default": 0},
            "unpacked_bytes": {"type": "int", "default": 0},
            "database": {"type": "path"},
            "release": text,
            "config_files": {"type": "list", "elements": "path", "default": []},
            "reason": text,
            "retry_bad": {"type": "bool", "default": False},
            "again": {"type": "bool", "default": False},
            "take_lock": {"type": "bool", "default": False},
            "holder": {"type": "dict", "default": {}},
            "instead_of": text,
        },
        supports_check_mode=True,
    )
    layout = Layout(Path(module.params["root"]), Path(module.params["run_dir"]))
    try:
        result = begin(module, layout)
    except RefusedError as refused:
        module.fail_json(msg=str(refused))
    except release_lock.HeldError as held:
        module.fail_json(msg=release_lock.explain(layout, held.lock), lock=held.lock)
    except (OSError, json.JSONDecodeError, KeyError) as error:
        module.fail_json(msg=f"The releases under {layout.root} cannot be read: {error!r}")
    if result["changed"] and result["plan"]["stages"]:
        set_niceness(GIVING_WAY)
    module.exit_json(**result)


if __name__ == "__main__":
    main()

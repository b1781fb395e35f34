"""Ansible module: mark a release good or bad, prune, write the end into the audit log, give the lock back."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

from ansible.module_utils import release_audit, release_standby
from ansible.module_utils.basic import AnsibleModule
from ansible.module_utils.drift_live import remember_live
from ansible.module_utils.release_layout import COLOURS, Layout, link_name, manifests
from ansible.module_utils.release_lock import release_lock
from ansible.module_utils.release_marks import BAD, GOOD, is_good, read_marks, set_mark
from ansible.module_utils.release_priority import USUAL, set_niceness

DOCUMENTATION = r"""
module: release_end
short_description: Mark a release good or bad, prune, write the end into the audit log, give the lock back
description:
  - Of good releases the newest are kept, the running one and the one to go back to among them, whatever their age.
  - Of releases that are bad or were never proven a few are kept, to be looked at.
  - What a good run made live the drift check is told before the lock is given back, from when on it looks again.
  - Assets that no kept release has are removed with the releases that had them.
options:
  root: {description: Folder of the product., type: path, required: true}
  run: {description: Id of the run that holds the lock., type: str, required: true}
  group: {description: Group that may read the audit log., type: str, default: ''}
  release: {description: Id of the release., type: str, required: true}
  digest: {description: Digest of its content., type: str, default: ''}
  outcome:
    description: C(good), C(bad), or C(noop) to give the lock back only.
    type: str
    required: true
    choices: [good, bad, noop]
  mark: {description: Mark to give., type: str, default: '', choices: ['', good, bad]}
  discard: {description: Remove the release; it was shipped by this run and never started., type: bool, default: false}
  failed_stage: {description: Stage that failed., type: str, default: ''}
  message: {description: Why it failed., type: str, default: ''}
  clock:
    description: C(name) and C(at) (seconds since the epoch) of each stage's beginning.
    type: list
    elements: dict
    default: []
  ended: {description: When the last of them ended., type: float, default: 0}
  said: {description: More fields of the audit line., type: dict, default: {}}
  keep: {description: Good releases to keep., type: int, default: 5}
  keep_failed: {description: Bad and unproven releases to keep., type: int, default: 2}
  standby: {description: 'Let the release before wait, loaded, in the idle colour.', type: bool, default: false}
  run_dir: {description: Folder of the sockets; needed with C(standby)., type: path, default: ''}
  config_files: {description: Files that an instance reads when it starts., type: list, elements: path, default: []}
attributes:
  check_mode: {support: none}
"""

EXAMPLES = r"""
- release_end: {root: /srv/shop, run: 0a1b2c3d4e5f, release: 20261121T230000Z-0123abc, outcome: good, mark: good}
"""

RETURN = r"""
message: {description: What was said., type: str}
seconds: {description: How long the run took., type: float}
stages: {description: C(name) and C(seconds) of each stage., type: list, elements: dict}
removed: {description: Releases that were removed., type: list, elements: str}
standby: {description: 'Colour whose instance is to be started, to wait; empty for none.', type: str}
"""


def to_keep(layout: Layout, keep: int, keep_failed: int) -> set[str]:
    """Return the ids of the releases that stay."""
    marks = read_marks(layout)
    ids = [manifest["id"] for manifest in manifests(layout)]
    live = link_name(layout.current)
    good = [name for name in ids if is_good(marks, name)]
    failed = [name for name in ids if name not in good]
    back = [name for name in good if name < live][-1:]
    running = {live, *(link_name(layout.slot(colour)) for colour in COLOURS)}
    others = [name for name in good if name not in {live, *back}]
    room = keep - (len(good) - len(others))
    return {*running, *back, *(others[-room:] if room > 0 else []), *(failed[-keep_failed:] if keep_failed else [])}


def prune(layout: Layout, stay: set[str]) -> list[str]:
    """Remove the other releases, then the assets that no release has; return the ids that were removed."""
    removed = []
    for manifest in manifests(layout):
        if manifest["id"] not in stay:
            # The name first, so that a half-removed folder is never taken for a release.
            doomed = layout.release(f"{manifest['id']}.partial")
            layout.release(manifest["id"]).rename(doomed)
            shutil.rmtree(doomed)
            removed.append(manifest["id"])
    prune_assets(layout)
    return removed


def prune_assets(layout: Layout) -> None:
    """Remove the assets that no release on the machine has."""
    assets = layout.root / "assets"
    known = {
        file.relative_to(folder)
        for folder in layout.root.glob("releases/*/dist/assets")
        for file in folder.rglob("*")
        if file.is_file()
    }
    for file in sorted(assets.rglob("*"), reverse=True):
        if file.is_file() and file.relative_to(assets) not in known:
            file.unlink()


def stage_times(clock: list[dict[str, Any]], ended: float) -> list[dict[str, Any]]:
    """Return how long each stage took, from when each began."""
    ends = [*(float(stage["at"]) for stage in clock[1:]), ended]
    return [
        {"name": stage["name"], "seconds": round(end - float(stage["at"]), 2)}
        for stage, end in zip(clock, ends, strict=True)
    ]


def end(layout: Layout, given: dict[str, Any]) -> dict[str, Any]:
    """Do it, and return the module's result. The lock is given back whatever happens."""
    stages = stage_times(given["clock"], given["ended"]) if given["clock"] else []
    seconds = round(given["ended"] - float(given["clock"][0]["at"]), 2) if given["clock"] else 0.0
    removed: list[str] = []
    standby = ""
    try:
        if given["mark"]:
            set_mark(
                layout, given["release"], given["digest"], given["mark"], given["failed_stage"], given["message"][:500]
            )
        if given["discard"] and link_name(layout.current) != given["release"]:
            shutil.rmtree(layout.release(given["release"]), ignore_errors=True)
            prune_assets(layout)
        elif given["mark"] == GOOD:
            removed = prune(layout, to_keep(layout, given["keep"], given["keep_failed"]))
            standby = release_standby.ask(layout, given["config_files"]) if given["standby"] else ""
        if given["outcome"] != "noop":
            release_audit.append(
                layout,
                release_audit.FINISHED,
                given["run"],
                given["group"],
                release=given["release"],
                seconds=seconds,
                stages=stages,
                outcome=given["outcome"],
                failed_stage=given["failed_stage"],
                message=given["message"][:2000],
                **given["said"],
            )
        if given["outcome"] == "good":
            remember_live(layout.drift_baseline)
    finally:
        release_lock(layout, given["run"])
    told = {"message": given["message"], "changed": given["outcome"] != "noop"}
    return {**told, "seconds": seconds, "stages": stages, "removed": removed, "standby": standby}


def main() -> None:
    """Run the module."""
    text, needed = {"type": "str", "default": ""}, {"type": "str", "required": True}
    module = AnsibleModule(
        argument_spec={
            "root": {"type": "path", "required": True},
            "run": needed,
            "group": text,
            "release": needed,
            "digest": text,
            "outcome": {**needed, "choices": ["good", "bad", "noop"]},
            "mark": {**text, "choices": ["", GOOD, BAD]},
            "discard": {"type": "bool", "default": False},
            "failed_stage": text,
            "message": text,
            "clock": {"type": "list", "elements": "dict", "default": []},
            "ended": {"type": "float", "default": 0},
            "said": {"type": "dict", "default": {}},
            "keep": {"type": "int", "default": 5},
            "keep_failed": {"type": "int", "default": 2},
            "standby": {"type": "bool", "default": False},
            "run_dir": {"type": "path", "default": ""},
            "config_files": {"type": "list", "elements": "path", "default": []},
        },
        supports_check_mode=False,
    )
    layout = Layout(Path(module.params["root"]), Path(module.params["run_dir"]))
    try:
        result = end(layout, module.params)
    except (OSError, json.JSONDecodeError, KeyError) as error:
        module.fail_json(msg=f"The end of the run could not be recorded: {error!r}")
    set_niceness(USUAL)  # the session may outlive the run, and what a later one starts by itself inherits it
    module.exit_json(**result)


if __name__ == "__main__":
    main()

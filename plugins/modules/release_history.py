"""Ansible module: what was deployed and rolled back, from the audit log."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from ansible.module_utils.basic import AnsibleModule
from ansible.module_utils.release_audit import entries, runs
from ansible.module_utils.release_layout import Layout
from ansible.module_utils.release_lock import read_lock

DOCUMENTATION = r"""
module: release_history
short_description: What was deployed and rolled back, from the audit log
description:
  - Looks only. A run without an end that no longer holds the lock was interrupted.
options:
  root: {description: Folder of the product., type: path, required: true}
  limit: {description: Newest runs to show., type: int, default: 20}
attributes:
  check_mode: {support: full}
"""

EXAMPLES = r"""
- release_history: {root: /srv/shop}
"""

RETURN = r"""
runs: {description: One entry a run, oldest first., type: list, elements: dict}
lines: {description: The same as a table for people., type: list, elements: str}
"""

HEAD = ["when (UTC)", "what", "release", "outcome", "took", "by", "from", "why"]


def row(run: dict[str, Any]) -> list[str]:
    """Return the words of one run, a column each."""
    seconds = run.get("seconds")
    why = str(run.get("reason") or "")
    if run["outcome"] == "bad":
        why = f"{run.get('failed_stage', '?')}: {str(run.get('message') or '').splitlines()[0][:100]}"
    elif run["outcome"] == "interrupted":
        why = f"after the switch to {run.get('colour', '?')}" if run["switched"] else "before the switch"
    return [
        str(run.get("started_at") or run.get("at", ""))[:19].replace("T", " "),
        str(run.get("action", "")),
        str(run.get("release", "")),
        str(run["outcome"]),
        f"{seconds:.1f} s" if isinstance(seconds, (int, float)) else "-",
        str(run.get("by", "")),
        str(run.get("host", "")),
        why,
    ]


def table(found: list[dict[str, Any]]) -> list[str]:
    """Return the lines of a table, columns as wide as they must be."""
    if not found:
        return ["Nothing was deployed yet."]
    rows = [HEAD, *(row(run) for run in found)]
    widths = [max(len(line[column]) for line in rows) for column in range(len(HEAD))]
    return ["  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip() for line in rows]


def main() -> None:
    """Run the module."""
    module = AnsibleModule(
        argument_spec={"root": {"type": "path", "required": True}, "limit": {"type": "int", "default": 20}},
        supports_check_mode=True,
    )
    layout = Layout(Path(module.params["root"]), Path())
    lock = read_lock(layout) or {"id": ""}
    try:
        found = runs(entries(layout), str(lock["id"]))[-module.params["limit"] :]
    except OSError as error:
        module.fail_json(msg=f"{layout.audit} cannot be read: {error}")
    module.exit_json(changed=False, runs=found, lines=table(found))


if __name__ == "__main__":
    main()

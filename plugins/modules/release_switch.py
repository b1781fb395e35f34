"""Ansible module: make one colour and its release the live ones, by rename, and take it back at once if it breaks."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any

from ansible.module_utils.basic import AnsibleModule
from ansible.module_utils.link_check import table
from ansible.module_utils.link_check.model import Check, Context
from ansible.module_utils.release_audit import SWITCHED, append
from ansible.module_utils.release_layout import COLOURS, Layout, link_name, point
from ansible.module_utils.release_lock import HeldError, explain, say_stage
from ansible.module_utils.release_sockets import open_connections, wait_until_left
from ansible.module_utils.whole_file import write_whole

DOCUMENTATION = r"""
module: release_switch
short_description: Make one colour and its release the live ones, by rename, and take it back at once if it breaks
description:
  - Moves C(current.sock) and C(current) with C(rename()), one right after the other.
  - No request meets a missing link.
  - Writes the tmpfiles.d entry first, so that a reboot at any moment comes back with one of the two, whole.
  - Then waits until nginx holds no idle connection to the old instance, which could still answer (measured, 34 % of
    the answers came from it for 2 s), and meanwhile watches the new one.
options:
  root: {description: Folder of the product., type: path, required: true}
  run_dir: {description: Folder of its sockets., type: path, required: true}
  run: {description: Id of the run that holds the lock., type: str, required: true}
  release: {description: Id of the release to make live., type: str, required: true}
  colour: {description: Colour whose instance runs it., type: str, required: true, choices: [blue, green]}
  tmpfiles: {description: tmpfiles.d file that makes the socket link at boot., type: path, required: true}
  wait_seconds: {description: Longest wait for the old connections., type: int, default: 0}
  checks:
    description: Rows as M(link_check) takes them, which the new instance must pass meanwhile; the first one often.
    type: list
    elements: dict
    default: []
  group: {description: Group that may read the audit log., type: str, default: ''}
attributes:
  check_mode: {support: full}
"""

EXAMPLES = r"""
- release_switch:
    root: /srv/shop
    run_dir: /run/shop
    run: 0a1b2c3d4e5f
    release: 20261121T230000Z-0123abc
    colour: green
    tmpfiles: /etc/tmpfiles.d/shop-live.conf
"""

RETURN = r"""
was: {description: Release that was live before., type: str}
"""

LEAST_LOOKS = 3
BETWEEN_LOOKS = 0.1


def complaint_of(rows: list[dict[str, Any]]) -> str:
    """Return what the failing rows say, '' when none does."""
    return "; ".join(f"{row['id']}: {row['observed']} ({row['cause']})" for row in rows if not row["ok"])


def late(context: Context, row: dict[str, Any]) -> bool:
    """Return whether a row failed because there was no answer in time, not because of what was answered."""
    return not row["ok"] and row["ms"] >= context.timeout * 1000


def look(context: Context, checks: list[Check], beside: Context | None) -> tuple[str, bool]:
    """Return what the instance did wrong, and whether the one `beside` it was too late for all of that as well.

    Both are asked at the same moment: a machine that has no time for either is no fault of the new one, and going
    back would help nobody.
    """
    with ThreadPoolExecutor(max_workers=1) as pool:
        others = pool.submit(table.run, beside, checks) if beside else None
        rows = [row for row in table.run(context, checks) if not row["ok"]]
    if not rows or others is None:
        return complaint_of(rows), False
    too_late = {row["id"] for row in others.result() if late(context, row)}
    return complaint_of(rows), all(late(context, row) and row["id"] in too_late for row in rows)


def watch_and_wait(context: Context, checks: list[Check], old: Path | None, seconds: float) -> str:
    """Wait until nobody can be answered by `old`; return what the new instance did wrong, twice in a row, or ''.

    All checks are looked at right after the switch, then only the first, which may be asked often. Where the old
    instance is as late as the new one, the proof that comes next decides: it has more patience.
    """
    before = replace(context, url=f"unix:{old}") if old else None
    deadline = time.monotonic() + seconds
    wrong, looks = 0, 0
    while checks:
        asked = checks if wrong or not looks else checks[:1]
        complaint, excused = look(context, asked, before if wrong else None)
        looks += 1
        over = time.monotonic() >= deadline
        if excused and over:
            return ""
        if not excused:
            wrong = wrong + 1 if complaint else 0
        if wrong >= 2:
            return complaint
        left = old is None or not open_connections(old) or over
        if left and not wrong and looks >= LEAST_LOOKS:
            return ""
        time.sleep(BETWEEN_LOOKS)
    if old:
        wait_until_left(old, seconds)
    return ""


def boot_entry(layout: Layout, colour: str) -> str:
    """Return the tmpfiles.d line that makes a colour live after a reboot."""
    return (
        "# Which colour is live, also after a reboot. Written at each switch.\n"
        f"L+ {layout.current_socket} - - - - {colour}.sock\n"
    )


def move(layout: Layout, tmpfiles: Path, release: str, colour: str) -> None:
    """Make a colour and its release live."""
    write_whole(tmpfiles, boot_entry(layout, colour))
    point(layout.current_socket, f"{colour}.sock")
    point(layout.current, str(layout.release(release)))


def main() -> None:
    """Run the module."""
    text = {"type": "str", "required": True}
    module = AnsibleModule(
        argument_spec={
            "root": {"type": "path", "required": True},
            "run_dir": {"type": "path", "required": True},
            "run": text,
            "release": text,
            "colour": {**text, "choices": list(COLOURS)},
            "tmpfiles": {"type": "path", "required": True},
            "wait_seconds": {"type": "int", "default": 0},
            "checks": {"type": "list", "elements": "dict", "default": []},
            "group": {"type": "str", "default": ""},
        },
        supports_check_mode=True,
    )
    given = module.params
    layout = Layout(Path(given["root"]), Path(given["run_dir"]))
    release, colour, tmpfiles = given["release"], given["colour"], Path(given["tmpfiles"])
    if not layout.release(release).is_dir():
        module.fail_json(msg=f"{layout.release(release)} does not exist; nothing was switched.")
    was, was_colour = link_name(layout.current), link_name(layout.current_socket).removesuffix(".sock")
    there = tmpfiles.is_file() and tmpfiles.read_text(encoding="utf-8") == boot_entry(layout, colour)
    if (was, was_colour) == (release, colour) and there:
        module.exit_json(changed=False, was=was)
    if module.check_mode:
        module.exit_json(changed=True, was=was)
    url = f"unix:{layout.run_dir / f'{colour}.sock'}"
    context = Context(url=url, public_url="", host_header="", release=release, socket="", timeout=2.0)
    try:
        checks = table.prepare(given["checks"])
        say_stage(layout, given["run"], "switch")
        move(layout, tmpfiles, release, colour)
        append(layout, SWITCHED, given["run"], given["group"], release=release, from_release=was, colour=colour)
        old = layout.run_dir / f"{was_colour}.sock" if was and was_colour != colour else None
        complaint = watch_and_wait(context, checks, old, given["wait_seconds"])
        if complaint and old:
            move(layout, tmpfiles, was, was_colour)
    except table.BadCheckError as error:
        module.fail_json(msg=str(error))
    except HeldError as held:
        module.fail_json(msg=explain(layout, held.lock))
    except OSError as error:
        module.fail_json(msg=f"Switching to {release} on {colour} failed: {error}", was=was)
    if complaint:
        module.fail_json(msg=f"After the switch {release} did not do: {complaint}.", was=was)
    module.exit_json(changed=True, was=was)


if __name__ == "__main__":
    main()

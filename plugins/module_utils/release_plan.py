"""What is left to do on a machine to bring up a wanted release, from what lies there."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from typing import Any

from ansible.module_utils.release_layout import (
    COLOURS,
    Layout,
    instance_digest,
    is_prepared,
    link_name,
    live_colour,
    manifests,
)
from ansible.module_utils.release_marks import BAD, Marks, bad_mark, is_good, read_marks
from ansible.module_utils.release_sockets import open_connections
from ansible.module_utils.release_standby import good_before

NEW = ["ship", "prepare", "migrate", "start", "verify", "switch", "prove", "finish"]
AGAIN = NEW[NEW.index("start") :]
UNPROVEN = NEW[NEW.index("switch") :]  # the links have moved, the worker may not have


class RefusedError(Exception):
    """What was asked for will not be done; the message says why and what to do instead."""


@dataclass(frozen=True)
class Wish:
    """What a run wants: the content of an artifact, or a release that is already there ('' for the last good one)."""

    digest: str = ""
    release: str = ""
    roll_back: bool = False
    retry_bad: bool = False
    again: bool = False
    config_files: list[str] = field(default_factory=list)


def make_plan(layout: Layout, wish: Wish) -> dict[str, Any]:
    """Compare the machine with the wish. Raises RefusedError."""
    present = manifests(layout)
    marks = read_marks(layout)
    ids = [manifest["id"] for manifest in present]
    digests = {manifest["id"]: manifest["digest"] for manifest in present}
    live, live_release = live_colour(layout), link_name(layout.current)
    if wish.roll_back:
        release = wish.release or good_before(layout, live_release)
        if not release:
            raise RefusedError(
                f"There is no good release older than the live one ({live_release or 'none is live'}) to go back to.\n"
                + listing(ids, marks, live_release)
            )
        refuse_what_cannot_be_gone_back_to(layout, release, ids, marks, wish.retry_bad)
    else:
        same = [name for name in ids if digests[name] == wish.digest and not wish.again]
        if wish.again and wish.release in ids:
            raise RefusedError(
                f"Release {wish.release} is on the machine already. To replace it by a new one of the same content,"
                " it must be built, not given as a file."
            )
        release = live_release if live_release in same else (same[-1] if same else wish.release)
        if digests.get(release, wish.digest) != wish.digest:
            raise RefusedError(
                f"There is another release {release} with other content: both were built in the same second.\n"
                "Fix: build it again"
            )
        forbidden = bad_mark(marks, release, wish.digest)
        if forbidden and release != live_release and not wish.retry_bad:
            raise RefusedError(forbidden_words(release, forbidden))
    digest = instance_digest(layout, release, wish.config_files)
    why = why_start(layout, live, live_release, release, digest)
    ship, prepare = release not in ids, not is_prepared(layout.release(release) / "venv")
    proven = is_good(marks, release)
    idle = next(colour for colour in COLOURS if colour != live)
    idle_release = link_name(layout.slot(idle))
    if why:
        stages, goes_back_to = (AGAIN if wish.roll_back else NEW), (live, live_release)
    elif not proven:
        # A run was interrupted after its switch. What it came from may still run, in the other colour.
        stages = UNPROVEN
        goes_back_to = (idle, idle_release) if is_good(marks, idle_release) and idle_release in ids else ("", "")
    else:
        stages, goes_back_to = [], ("", "")
    return {
        "release": release,
        "digest": digests.get(release, wish.digest),
        "live_release": live_release,
        "live": live,
        "colour": idle if why else live,
        "other": live if why else idle,
        "from_colour": goes_back_to[0],
        "from_release": goes_back_to[1],
        "proven": proven,
        "ship": ship,
        "prepare": prepare,
        "start": bool(why),
        "why": why or ("" if proven else "the run that switched to it was interrupted before its proof"),
        "stages": stages,
        "draining": open_connections(layout.run_dir / f"{idle}.sock") if why else 0,
        "releases": ids,
        "now": int(time.time()),
    }


def why_start(layout: Layout, live: str, live_release: str, release: str, digest: str) -> str:
    """Return in words why an instance of `release` must be started, '' when the live one is it."""
    if not live:
        return "nothing is live yet"
    if release != live_release:
        return f"{live_release} is live"
    if not is_prepared(layout.release(release) / "venv"):
        return "its virtual environment is missing"
    record = layout.slot_record(live)
    if not record.is_file() or record.read_text(encoding="utf-8").strip() != digest:
        return "its configuration or environment changed since it started"
    return ""


def refuse_what_cannot_be_gone_back_to(
    layout: Layout, release: str, ids: list[str], marks: Marks, retry_bad: bool
) -> None:
    """Raise RefusedError for a release that is unknown, bad or not ready to start."""
    there_is = listing(ids, marks, link_name(layout.current))
    if release not in ids:
        raise RefusedError(f"There is no release {release} on this machine.\n{there_is}")
    mark = marks.get(release, {})
    if mark.get("mark") == BAD and not retry_bad:
        raise RefusedError(f"{forbidden_words(release, mark)}\n{there_is}")
    if not is_prepared(layout.release(release) / "venv"):
        raise RefusedError(f"Release {release} has no whole virtual environment, so it cannot start.\n{there_is}")


def forbidden_words(release: str, mark: dict[str, Any]) -> str:
    """Return why a release is not chosen again."""
    return (
        f"Release {release} was found bad at {mark['at']}, in stage {mark['stage']}: {mark['reason']}\n"
        "Fix: correct the code and deploy that, or try the same release again with -e release_retry_bad=true"
    )


def listing(ids: list[str], marks: Marks, live_release: str) -> str:
    """Return the releases that there are, a line each, oldest first."""
    if not ids:
        return "There is no release on this machine."
    lines = []
    for name in ids:
        mark = marks.get(name, {}).get("mark", "never proven")
        lines.append(f"  {name}  {mark}{', live' if name == live_release else ''}")
    return "There are:\n" + "\n".join(lines)

"""Which releases were proven good and which bad: one file beside them, because a release itself is read-only."""

from __future__ import annotations

import json
from typing import Any

from ansible.module_utils.release_layout import Layout, utc_now
from ansible.module_utils.whole_file import write_whole

GOOD, BAD = "good", "bad"
MOST_FORGOTTEN = 50  # marks of releases that are no longer on the machine: the newest bad ones are still refused

Marks = dict[str, dict[str, Any]]


def read_marks(layout: Layout) -> Marks:
    """Return the marks by release id, {} before the first."""
    if not layout.marks.is_file():
        return {}
    marks: Marks = json.loads(layout.marks.read_text(encoding="utf-8"))
    return marks


def is_good(marks: Marks, release: str) -> bool:
    """Return whether a release passed its public proof and none since spoke against it."""
    return marks.get(release, {}).get("mark") == GOOD


def bad_mark(marks: Marks, release: str, digest: str) -> dict[str, Any] | None:
    """Return the mark that forbids a release: its own, or that of the same content under another id."""
    own = marks.get(release)
    if own is not None:
        return own if own["mark"] == BAD else None
    same = [mark for mark in marks.values() if mark["mark"] == BAD and digest and mark["digest"] == digest]
    return same[-1] if same else None


def set_mark(layout: Layout, release: str, digest: str, mark: str, stage: str = "", reason: str = "") -> None:
    """Mark a release, in place of an earlier mark."""
    marks = read_marks(layout)
    marks.pop(release, None)
    marks[release] = {"mark": mark, "at": utc_now(), "digest": digest, "stage": stage, "reason": reason}
    gone = [name for name in marks if not layout.release(name).is_dir()]
    for name in gone[:-MOST_FORGOTTEN]:
        del marks[name]
    write_whole(layout.marks, json.dumps(marks, indent=2) + "\n")

"""The instance that waits, loaded, with the release that a rollback would choose (docs/decisions/0153)."""

from __future__ import annotations

from ansible.module_utils.release_layout import (
    COLOURS,
    Layout,
    instance_digest,
    is_prepared,
    link_name,
    live_colour,
    manifests,
    point,
)
from ansible.module_utils.release_marks import is_good, read_marks
from ansible.module_utils.whole_file import write_whole


def good_before(layout: Layout, live_release: str) -> str:
    """Return the newest good release older than the live one, so that going back twice goes back two; '' for none."""
    marks = read_marks(layout)
    ids = [str(manifest["id"]) for manifest in manifests(layout)]
    return next((name for name in reversed(ids) if name < live_release and is_good(marks, name)), "")


def ask(layout: Layout, config_files: list[str]) -> str:
    """Ask the idle colour to wait with it, and record what it is to be started with; return the colour.

    '' when there is none to go back to. Nothing is started here. The idle colour's instance must have been stopped.
    """
    live = live_colour(layout)
    release = good_before(layout, link_name(layout.current)) if live else ""
    if not release or not is_prepared(layout.release(release) / "venv"):
        return ""
    colour: str = next(colour for colour in COLOURS if colour != live)
    dismiss(layout, colour)
    point(layout.slot(colour), str(layout.release(release)))
    write_whole(layout.slot_record(colour), instance_digest(layout, release, config_files) + "\n")
    layout.standby(colour).touch()
    return colour


def call(layout: Layout, colour: str) -> bool:
    """Let the colour's instance go on; return whether one was asked to wait."""
    try:
        layout.standby(colour).rename(layout.standby_called(colour))
    except FileNotFoundError:
        return False
    return True


def dismiss(layout: Layout, colour: str) -> None:
    """Let the colour's next process start as usual. One that waits goes on waiting, until it is stopped."""
    for file in (layout.standby(colour), layout.standby_begun(colour), layout.standby_called(colour)):
        file.unlink(missing_ok=True)

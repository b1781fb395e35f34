"""What is live, as the baseline of the drift check remembers it."""

from __future__ import annotations

import json
from pathlib import Path

from ansible.module_utils.drift.check import load
from ansible.module_utils.drift.model import BadBaselineError
from ansible.module_utils.release_layout import Layout, link_name, live_colour, utc_now
from ansible.module_utils.whole_file import write_whole


def live_of(layout: Layout) -> dict[str, str]:
    """Return the release and the colour that answer now."""
    return {"release": link_name(layout.current), "colour": live_colour(layout)}


def remember_live(baseline: Path, *, check: bool = False) -> bool:
    """Write into a baseline what is live now, and nothing else; return whether that changes it. None is made."""
    try:
        old = load(baseline)
    except BadBaselineError:
        return False  # none yet, or of another version: a whole run makes it anew
    live = live_of(Layout(Path(old["layout"]["root"]), Path(old["layout"]["run_dir"])))
    if live == old.get("live"):
        return False
    if not check:
        write_whole(baseline, json.dumps({**old, "live": live, "recorded_at": utc_now()}, indent=1) + "\n", 0o600)
    return True

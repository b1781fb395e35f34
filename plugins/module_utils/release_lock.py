"""One run at a time on a machine: a lock that says whose it is, and one that lives as long as a stage works."""

from __future__ import annotations

import fcntl
import json
import os
import time
from calendar import timegm
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from ansible.module_utils.release_layout import Layout, utc_now
from ansible.module_utils.whole_file import write_whole

Lock = dict[str, Any]


class HeldError(Exception):
    """Another run holds the lock; `lock` is what it says of itself."""

    def __init__(self, lock: Lock) -> None:
        super().__init__("another run holds the lock")
        self.lock = lock


def read_lock(layout: Layout) -> Lock | None:
    """Return what the lock says, None when nobody holds it. One that cannot be read says so."""
    try:
        lock = json.loads(layout.lock.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return None
    except (OSError, ValueError):
        lock = None
    return lock if isinstance(lock, dict) and "id" in lock else {"id": "unreadable"}


def take_lock(layout: Layout, holder: Lock, instead_of: str = "") -> Lock | None:
    """Take the lock, or raise HeldError.

    `instead_of` is the id of a lock that may be taken over; it is returned when it was. Of two runs that ask at the
    same moment one gets it: the file is made under its final name by link(), which refuses an existing one.
    """
    before = read_lock(layout)
    if before is not None and before["id"] == instead_of:
        layout.lock.unlink(missing_ok=True)
    mine = layout.lock.with_name(f".{layout.lock.name}.{holder['id']}")
    now = utc_now()
    write_whole(mine, json.dumps({**holder, "started": now, "seen": now, "stage": "begin"}) + "\n")
    try:
        os.link(mine, layout.lock)
    except FileExistsError:
        raise HeldError(read_lock(layout) or {"id": "gone again"}) from None
    finally:
        mine.unlink(missing_ok=True)
    return before if before is not None and before["id"] == instead_of else None


def release_lock(layout: Layout, run: str) -> bool:
    """Give the lock back, if it is still this run's."""
    lock = read_lock(layout)
    if lock is None or lock["id"] != run:
        return False
    layout.lock.unlink(missing_ok=True)
    return True


def say_stage(layout: Layout, run: str, stage: str) -> None:
    """Note in the lock that its run is alive and in which stage. Raises HeldError when it was taken over."""
    lock = read_lock(layout)
    if lock is None or lock["id"] != run:
        raise HeldError(lock or {"id": "nobody"})
    write_whole(layout.lock, json.dumps({**lock, "seen": utc_now(), "stage": stage}) + "\n")


@contextmanager
def at_work(layout: Layout) -> Iterator[None]:
    """Hold the second lock while a stage works. It ends with the process, however that ends."""
    with layout.at_work.open("a", encoding="utf-8") as file:
        fcntl.flock(file, fcntl.LOCK_SH)
        yield


def wait_for_orphans(layout: Layout, seconds: float) -> bool:
    """Wait until no stage of a run that was killed works on; False when one still does after `seconds`."""
    deadline = time.monotonic() + seconds
    with layout.at_work.open("a", encoding="utf-8") as file:
        while True:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                if time.monotonic() >= deadline:
                    return False
                time.sleep(0.2)
            else:
                return True


def explain(layout: Layout, lock: Lock, seconds_now: float | None = None) -> str:
    """Say whose a lock is, since when, and what may be done about it."""
    if lock["id"] == "unreadable":
        return f"{layout.lock} is there and says nothing. If no deploy runs: rm {layout.lock}"
    if lock["id"] == "nobody":
        return "The lock of this run is gone: somebody gave it back meanwhile. Run it again."
    now = time.time() if seconds_now is None else seconds_now
    age = int(now - _seconds(str(lock.get("started", "")), layout.lock))
    seen = int(now - _seconds(str(lock.get("seen", "")), layout.lock))
    why = f", reason: {lock['reason']}" if lock.get("reason") else ""
    return (
        f"{lock.get('by', 'somebody')} on {lock.get('host', 'an unknown host')} is at work on this machine:"
        f" {lock.get('action', 'a run')} {lock.get('release', '')}".rstrip()
        + f" (run {lock['id']}{why}), begun {age} s ago, in stage {lock.get('stage', '?')} for {seen} s."
    )


def _seconds(stamp: str, file: Path) -> float:
    try:
        return float(timegm(time.strptime(stamp, "%Y-%m-%dT%H:%M:%SZ")))
    except ValueError:
        return file.stat().st_mtime

"""How many connections an instance still has, counted by the kernel, so that no instance need be asked."""

from __future__ import annotations

import time
from pathlib import Path

TABLE = Path("/proc/net/unix")
LISTENS = 0x10000  # __SO_ACCEPTCON
UNCONNECTED = 1  # SS_UNCONNECTED, with a path: bound by an instance that waits to be needed


def open_connections(socket: Path) -> int:
    """Return how many connections to a unix socket are open; those that wait to be accepted count too."""
    count = 0
    for line in TABLE.read_text(encoding="utf-8").splitlines()[1:]:
        parts = line.split()
        if len(parts) == 8 and parts[7] == str(socket) and not int(parts[3], 16) & LISTENS:
            count += int(parts[5], 16) != UNCONNECTED
    return count


def wait_until_left(socket: Path, seconds: float) -> int:
    """Wait until nobody is connected, at most `seconds`; return how many still are."""
    deadline = time.monotonic() + seconds
    while (still := open_connections(socket)) and time.monotonic() < deadline:
        time.sleep(0.05)
    return still

"""Who is waited for takes precedence for a processor, and who is not served yet gives way (docs/decisions/0156)."""

import os
import threading
from contextlib import suppress

PRECEDENCE = -10  # some nine times the share of a process at the usual one
GIVING_WAY = 10  # a ninth


class Niceness:
    """Another niceness for a while, of the thread that begins and ends it: a system call each.

    The service's unit allows it (LimitNICE). In a process that may not lower its niceness, as in most containers and
    shells, nothing changes: it could not come back either.
    """

    def __init__(self, difference: int) -> None:
        self._difference = difference
        self._is_allowed: bool | None = None
        self._before = 0
        self._threads = 0

    def begin(self) -> None:
        self._before = os.getpriority(os.PRIO_PROCESS, 0)
        if self._is_allowed is None:
            self._is_allowed = self._ask()
        if self._is_allowed:
            self._threads = threading.active_count()
            os.setpriority(os.PRIO_PROCESS, 0, self._before + self._difference)

    def end(self) -> None:
        if not self._is_allowed:
            return
        os.setpriority(os.PRIO_PROCESS, 0, self._before)
        if threading.active_count() > self._threads:  # what was started meanwhile has inherited it
            for thread in threading.enumerate():
                with suppress(ProcessLookupError):  # it has just ended
                    os.setpriority(os.PRIO_PROCESS, thread.native_id or 0, self._before)

    def _ask(self) -> bool:
        try:
            os.setpriority(os.PRIO_PROCESS, 0, self._before - 1)
        except PermissionError:
            return False
        os.setpriority(os.PRIO_PROCESS, 0, self._before)
        return True

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
        self._is_refused = False
        self._before = 0
        self._threads = 0

    def begin(self) -> None:
        if self._is_refused:
            return
        self._before = os.getpriority(os.PRIO_PROCESS, 0)
        self._threads = threading.active_count()
        try:
            os.setpriority(os.PRIO_PROCESS, 0, self._before + min(self._difference, -1))
        except PermissionError:
            self._is_refused = True
            return
        if self._difference > 0:
            os.setpriority(os.PRIO_PROCESS, 0, self._before + self._difference)

    def end(self) -> None:
        if self._is_refused:
            return
        os.setpriority(os.PRIO_PROCESS, 0, self._before)
        if threading.active_count() > self._threads:  # what was started meanwhile has inherited it
            for thread in threading.enumerate():
                with suppress(ProcessLookupError):  # it has just ended
                    os.setpriority(os.PRIO_PROCESS, thread.native_id or 0, self._before)

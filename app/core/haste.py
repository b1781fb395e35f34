"""Whoever others wait for waits less for a processor than they do (docs/decisions/0156)."""

import os

STEPS = 10  # of niceness: some nine times the share of a process at the usual one


class Haste:
    """For the thread that begins and ends it, a system call each. Where it is not allowed, nothing changes.

    The service's unit allows it (LimitNICE); a container, or a shell, may not.
    """

    def __init__(self) -> None:
        self._usual = os.getpriority(os.PRIO_PROCESS, 0)
        self._is_allowed: bool | None = None

    def begin(self) -> None:
        if self._is_allowed is None:
            self._is_allowed = self._ask()
        if self._is_allowed:
            os.setpriority(os.PRIO_PROCESS, 0, self._usual - STEPS)

    def end(self) -> None:
        if self._is_allowed:
            os.setpriority(os.PRIO_PROCESS, 0, self._usual)

    def _ask(self) -> bool:
        try:
            # A thread or a process that is started meanwhile must not keep it.
            os.sched_setscheduler(0, os.SCHED_OTHER | os.SCHED_RESET_ON_FORK, os.sched_param(0))
            os.setpriority(os.PRIO_PROCESS, 0, self._usual - STEPS)
        except PermissionError:
            return False
        return True

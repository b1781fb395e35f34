"""An instance that has loaded its release and waits until it is needed: going back to it then costs no start.

`COLOUR.standby` beside an instance's socket asks the next process of that colour to wait; renamed to
`COLOUR.standby-called` it calls the one that does. While it waits it listens nowhere, has no worker and writes no log
(docs/decisions/0153).
"""

import signal
import time
from pathlib import Path
from typing import Any

from gunicorn.systemd import sd_notify

# Others are being served while it loads: it takes a quarter of one core.
WORK_SECONDS, REST_SECONDS = 0.02, 0.06
LOOK_SECONDS = 0.1


class Standby:
    def __init__(self, instance_socket: Path) -> None:
        self._asked = instance_socket.with_suffix(".standby")
        self._begun = instance_socket.with_suffix(".standby-begun")
        self._called = instance_socket.with_suffix(".standby-called")
        self._waits = False

    def begin(self) -> None:
        """Before anything is loaded. A process that comes after one that did not get through loads nothing: the
        service manager starts another one each time, and what fails would take a core for ever.
        """
        self._waits = self._asked.exists()
        if not self._waits:
            return
        is_second = self._begun.exists()
        self._begun.touch()
        sd_notify("READY=1\nSTATUS=Waits until it is needed", None)
        if is_second:
            self.wait()
        else:
            signal.signal(signal.SIGALRM, self._rest)
            signal.setitimer(signal.ITIMER_REAL, WORK_SECONDS)

    def _rest(self, *_: Any) -> None:
        if not self._called.exists():
            time.sleep(REST_SECONDS)
            signal.setitimer(signal.ITIMER_REAL, WORK_SECONDS)

    def wait(self) -> None:
        """Once everything is loaded. Returns when the instance is called, at once when it was not asked to wait."""
        if not self._waits:
            return
        signal.setitimer(signal.ITIMER_REAL, 0)
        while not self._called.exists():
            time.sleep(LOOK_SECONDS)
        self._waits = False

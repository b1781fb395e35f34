"""The terminal: finished lines, and on a real terminal one line that says what is at work now."""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any, TextIO

from ansible import constants
from ansible.utils import color

ESCAPES = re.compile(r"\x1b\[[0-9;]*m")
CLEAR = "\r\x1b[K"


def terminal_width() -> int:
    """Columns by COLUMNS or the terminal; 100 where there is none."""
    return shutil.get_terminal_size((100, 24)).columns


class Screen:
    """Prints through Ansible's display, so that its log file gets every finished line, without colours."""

    def __init__(self, display: Any, stream: TextIO) -> None:
        self._display = display
        self._stream = stream
        self._pending = ""
        self._is_live = stream.isatty() and os.environ.get("TERM", "dumb") != "dumb"

    def paint(self, text: str, style: str) -> str:
        if not style or not text or not color.ANSIBLE_COLOR:
            return text
        if style in ("dim", "strong"):
            return f"\x1b[{2 if style == 'dim' else 1}m{text}\x1b[0m"
        colours = {
            "ok": constants.COLOR_OK,
            "changed": constants.COLOR_CHANGED,
            "failed": constants.COLOR_ERROR,
            "fix": constants.COLOR_SKIP,
        }
        return str(color.stringc(text, colours[style]))

    def say(self, text: str, style: str = "") -> None:
        self.lines([self.paint(text, style)])

    def lines(self, painted: Sequence[str], stderr: bool = False) -> None:
        with self.aside():
            for line in painted:
                self._display.display(line, screen_only=True, stderr=stderr)
                self._display.display(ESCAPES.sub("", line), log_only=True)

    def pend(self, text: str) -> None:
        """Shows what is at work, in place of what was shown before. '' takes it away."""
        if not self._is_live:
            return
        if self._pending or text:
            self._write(CLEAR + self.paint(text, "dim"))
        self._pending = text

    @contextmanager
    def aside(self) -> Iterator[None]:
        """Takes the line of what is at work away while something else is printed."""
        pending, self._pending = self._pending, ""
        if pending:
            self._write(CLEAR)
        yield
        self._pending = pending
        if pending:
            self._write(self.paint(pending, "dim"))
        self.flush()

    def _write(self, text: str) -> None:
        # Not by the display: this is neither a line nor for the log.
        self._stream.write(text)
        self._stream.flush()

    def flush(self) -> None:
        """A pipe sees each line when it is said, not when a buffer is full."""
        self._stream.flush()

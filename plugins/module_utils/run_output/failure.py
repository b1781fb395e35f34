"""A failure as a person reads it: what, why, what was printed, what to do, where to look."""

from __future__ import annotations

from dataclasses import dataclass

from .reasons import Reason
from .text import Paint, plain, wrap

LABEL = 8


@dataclass(frozen=True)
class Failure:
    word: str  # FAILED or UNREACHABLE
    task: str
    host: str
    reason: Reason
    path: str  # of the task's file and line
    more: str  # where everything else is written


def render(failure: Failure, columns: int, paint: Paint = plain) -> list[str]:
    reason = failure.reason
    parts: list[tuple[str, list[str], str]] = [
        ("why", [part for line in reason.why for part in wrap(line, columns - LABEL - 3)], "failed"),
        ("output", reason.tail, ""),
        ("fix", reason.fix, "fix"),  # never wrapped: it is there to be copied
        ("task", [failure.path], "dim"),
        ("more", [failure.more], "dim"),
    ]
    lines = ["", f"  {paint(failure.word, 'failed')}  {paint(failure.task, 'strong')}  on {failure.host}"]
    for label, texts, style in parts:
        for number, text in enumerate(text for text in texts if text):
            shown = paint(f"{label if number == 0 else '':>{LABEL}}", "dim")
            lines.append(f"{shown}  {paint(text, style) if style else text}")
    return [*lines, ""]

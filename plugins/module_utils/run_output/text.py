"""Text as a terminal measures it: Chinese characters are two columns wide."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable

# Paints text with a named style: ok, changed, failed, dim, strong, fix. Plain output ignores the style.
Paint = Callable[[str, str], str]


def plain(text: str, style: str) -> str:
    return text


def width(text: str) -> int:
    """Columns that the text takes."""
    return sum(_columns(character) for character in text)


def _columns(character: str) -> int:
    if unicodedata.combining(character) or unicodedata.category(character) in ("Cf", "Mn", "Me"):
        return 0
    return 2 if unicodedata.east_asian_width(character) in "WF" else 1


def pad(text: str, columns: int) -> str:
    return text + " " * max(0, columns - width(text))


def cut(text: str, columns: int) -> str:
    """The text on one line, shortened with … to at most so many columns."""
    text = " ".join(text.split())
    if width(text) <= columns:
        return text
    kept, used = "", 1
    for character in text:
        used += _columns(character)
        if used > columns:
            break
        kept += character
    return kept.rstrip() + "…"


def wrap(text: str, columns: int) -> list[str]:
    """Lines of at most so many columns, broken at spaces, or inside a word that is wider than a line."""
    lines: list[str] = []
    line = ""
    for word in text.split():
        if line and width(line) + 1 + width(word) <= columns:
            line = f"{line} {word}"
            continue
        if line and width(word) <= columns:
            lines.append(line)
            line = word
            continue
        line = f"{line} " if line else ""
        for character in word:
            if width(line) + _columns(character) > columns and line.strip():
                lines.append(line.rstrip())
                line = ""
            line += character
    return [*lines, line.rstrip()] if line.strip() or not lines else lines


def duration(seconds: float) -> str:
    """`0.4 s`, `12.3 s`, `2 min 05 s`."""
    if seconds < 59.95:
        return f"{seconds:.1f} s"
    whole = round(seconds)
    return f"{whole // 60} min {whole % 60:02d} s"


def milliseconds(value: float) -> str:
    return f"{value:.0f} ms" if value < 999.5 else f"{value / 1000:.1f} s"


def words(number: int, noun: str) -> str:
    return f"{number} {noun if number == 1 else noun + 's'}"

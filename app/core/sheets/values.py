"""Values as cells, and cells as values: what goes out comes back as it was."""

import re
from collections.abc import Iterable, Mapping
from datetime import UTC, date, datetime
from enum import StrEnum
from types import UnionType
from typing import Annotated, Any, Literal, Union, get_args, get_origin
from zoneinfo import ZoneInfo

from pydantic.fields import FieldInfo

Locale = Literal["en", "zh-CN"]
Words = tuple[str, str]  # in English and in Chinese
LONGEST_CELL = 32_767
LARGEST_WHOLE = 2**53  # beyond it a cell, which is a double, is not exact

BOOLEANS: dict[Any, Words] = {True: ("Yes", "是"), False: ("No", "否")}
_ALSO = {"true": True, "false": False, "1": True, "0": False, "y": True, "n": False}
# What XML cannot hold, and what would be taken for such an escape.
_ESCAPED = re.compile(r"[\x00-\x08\x0b-\x1f\ufffe\uffff]|_(?=x[0-9A-Fa-f]{4}_)")
_SEPARATORS = re.compile(r"[,，;；、\n]")


class Kind(StrEnum):
    TEXT = "text"
    WHOLE = "whole"
    NUMBER = "number"
    BOOLEAN = "boolean"
    MOMENT = "moment"


class CellError(ValueError):
    """What is wrong with a cell: a stable code, and words."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(code, message)
        self.code = code
        self.message = message


def say(words: Words, locale: Locale) -> str:
    return words[1] if locale == "zh-CN" else words[0]


def _bare(annotation: Any) -> Any:
    """The type behind Annotated, Optional, list and Literal."""
    origin = get_origin(annotation)
    if origin is Annotated:
        return _bare(get_args(annotation)[0])
    if origin in (Union, UnionType):
        return _bare(next(part for part in get_args(annotation) if part is not type(None)))
    if origin is list:
        return _bare(get_args(annotation)[0]) if get_args(annotation) else str
    if origin is Literal:
        return type(get_args(annotation)[0])
    return annotation


def kind_of(field: FieldInfo) -> Kind:
    bare = _bare(field.annotation)
    kinds = {bool: Kind.BOOLEAN, int: Kind.WHOLE, float: Kind.NUMBER, datetime: Kind.MOMENT}
    return kinds.get(bare, Kind.TEXT) if isinstance(bare, type) else Kind.TEXT


def may_be_none(field: FieldInfo) -> bool:
    return type(None) in get_args(field.annotation)


# Out.


def escaped(text: str) -> str:
    """As the format writes what XML cannot hold; readers of workbooks undo it."""
    return _ESCAPED.sub(lambda found: f"_x{ord(found[0]):04X}_", text)


def as_cell(value: Any, words: Mapping[Any, str], zone: ZoneInfo) -> str | int | float | datetime | None:
    """`words`: of the values that have some, in the reader's language."""
    if value is None:
        return None
    if isinstance(value, list | tuple):
        return fitting(escaped(", ".join(str(words.get(each, each)) for each in value)))
    if value in words:
        return escaped(words[value])
    if isinstance(value, datetime):
        return value.astimezone(zone).replace(tzinfo=None)
    if isinstance(value, bool) or not isinstance(value, int | float):
        return fitting(escaped(str(value)))
    return value if abs(value) <= LARGEST_WHOLE else str(value)


def fitting(text: str) -> str:
    return text if len(text) <= LONGEST_CELL else f"{text[: LONGEST_CELL - 1]}…"


# In.


def choices_of(words: Mapping[Any, Words], labels: Mapping[Any, str]) -> dict[str, Any]:
    """Every spelling that means one of the values: itself, and its words in both languages."""
    found: dict[str, Any] = {str(value).casefold(): value for value in words}
    for value, both in words.items():
        found.update({word.casefold(): value for word in both})
    found.update({label.casefold(): value for value, label in labels.items()})
    return {**_ALSO, **found} if set(words) == {True, False} else found


def from_cell(cell: Any, kind: Kind, choices: Mapping[str, Any], zone: ZoneInfo) -> Any:
    """The value of a cell that is not blank. Raises CellError."""
    if choices:
        return _chosen(cell, choices)
    if kind is Kind.TEXT:
        return as_text(cell)
    if kind is Kind.MOMENT:
        return _moment(cell, zone)
    return _number(cell, whole=kind is Kind.WHOLE)


def as_text(cell: Any) -> str:
    """A number that a spreadsheet made of a text is that text again; of a date nobody knows how it was written."""
    if isinstance(cell, bool):
        return str(cell).lower()
    if isinstance(cell, float) and cell.is_integer() and abs(cell) <= LARGEST_WHOLE:
        return str(int(cell))
    if isinstance(cell, str | int | float):
        return str(cell)
    raise CellError("text_expected", "This is a date or a time; format the cell as text.")


def _chosen(cell: Any, choices: Mapping[str, Any]) -> Any:
    text = as_text(cell).strip().casefold()
    if text not in choices:
        raise CellError("not_a_choice", "This is none of the choices.")
    return choices[text]


def _number(cell: Any, *, whole: bool) -> int | float:
    try:
        number = float("nan" if isinstance(cell, bool) else as_text(cell).strip().replace("\u00a0", ""))
    except (CellError, ValueError):
        number = float("nan")
    if not abs(number) <= LARGEST_WHOLE:  # also of what is not a number
        raise CellError("number_expected", "This must be a number.")
    if whole and not number.is_integer():
        raise CellError("whole_number_expected", "This must be a whole number.")
    return int(number) if whole else number


def _moment(cell: Any, zone: ZoneInfo) -> datetime:
    """In the person's zone, unless it names another."""
    try:
        if isinstance(cell, date) and not isinstance(cell, datetime):
            cell = datetime(cell.year, cell.month, cell.day)  # noqa: DTZ001 - the zone is put on below
        moment = cell if isinstance(cell, datetime) else datetime.fromisoformat(str(cell).strip())
        return (moment.replace(tzinfo=zone) if moment.tzinfo is None else moment).astimezone(UTC)
    except (ValueError, OverflowError):
        raise CellError("moment_expected", "This must be a date and time, such as 2026-01-31 08:00.") from None


def split(text: str) -> list[str]:
    """The parts of a cell that holds several."""
    return [part.strip() for part in _SEPARATORS.split(text) if part.strip()]


def known_words(words: Mapping[Any, Words], labels: Mapping[Any, str], locale: Locale) -> dict[Any, str]:
    return {**{value: say(both, locale) for value, both in words.items()}, **labels}


def unique(names: Iterable[str]) -> list[str]:
    return list(dict.fromkeys(names))

r"""Values as text and back, without loss, the same from every database.

NULL is `\N`; a text that begins with a backslash gets another in front. So the empty text stays an empty cell.
"""

from base64 import b64decode, b64encode
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import JSON, BigInteger, Boolean, Column, Float, Integer, LargeBinary, String, Text
from sqlalchemy.types import TypeEngine

from app.backup.portable.manifest import Kind
from app.core.models import UtcDateTime

NULL = "\\N"
_BOOLEANS = {"true": True, "false": False}
# In this order: a Boolean is asked for before what it may be kept as.
_KINDS: tuple[tuple[type[Any], Kind], ...] = (
    (UtcDateTime, "moment"),
    (JSON, "json"),
    (Boolean, "boolean"),
    (Integer, "integer"),
    (Float, "float"),
    (LargeBinary, "bytes"),
    (String, "text"),
)
# JSON is brought in as the text that it was, so that a null in it stays apart from NULL.
TYPES: dict[Kind, type[TypeEngine[Any]]] = {
    "moment": UtcDateTime,
    "json": Text,
    "boolean": Boolean,
    "integer": BigInteger,
    "float": Float,
    "bytes": LargeBinary,
    "text": Text,
}


def kind_of(column: Column[Any]) -> Kind:
    for type_, kind in _KINDS:
        if isinstance(column.type, type_):
            return kind
    raise TypeError(f"{column} is of a type that exports do not know yet: {column.type!r}")


def encode(kind: Kind, value: Any) -> str:
    if value is None:
        return NULL
    if kind == "integer":
        return str(int(value))
    if kind == "float":
        return repr(float(value))
    if kind == "boolean":
        return "true" if value else "false"
    if kind == "moment":
        moment: datetime = value
        return f"{moment.astimezone(UTC).replace(tzinfo=None).isoformat(timespec='microseconds')}Z"
    if kind == "bytes":
        return b64encode(value).decode("ascii")
    text = str(value)
    return f"\\{text}" if text.startswith("\\") else text


def decode(kind: Kind, text: str) -> Any:
    """Raises ValueError for what `encode` does not write."""
    if text == NULL:
        return None
    if kind == "integer":
        return int(text)
    if kind == "float":
        return float(text)
    if kind == "boolean":
        if text not in _BOOLEANS:
            raise ValueError("neither true nor false")
        return _BOOLEANS[text]
    if kind == "moment":
        return datetime.strptime(text, "%Y-%m-%dT%H:%M:%S.%fZ").replace(tzinfo=UTC)
    if kind == "bytes":
        return b64decode(text, validate=True)
    return text[1:] if text.startswith("\\") else text

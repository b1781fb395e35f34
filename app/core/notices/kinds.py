"""The kinds of notices that there are: declared in code, with their variables and their texts in both languages."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from app.core.mail import Locale
from app.core.notices.wording import check_wording

VariableType = Literal["text", "number", "moment"]
Value = str | int | float | datetime
CODE_FORM = re.compile(r"[a-z][a-z0-9_]*(\.[a-z0-9_]+)+")
LONGEST_CODE = 64
LONGEST_SUBJECT = 200
LONGEST_BODY = 4_000
LONGEST_VALUE = 1_000
# Known to every text.
PRODUCT = "product"
_TYPES: dict[VariableType, tuple[type, ...]] = {"text": (str,), "number": (int, float), "moment": (datetime,)}


@dataclass(frozen=True)
class Variable:
    type: VariableType
    example: Value

    def shown(self, value: Value, time_zone: str | None) -> str:
        """The value as people read it: a moment in their zone, a text without what no line may hold."""
        if isinstance(value, datetime):
            zone = _zone(time_zone)
            return f"{value.astimezone(zone):%Y-%m-%d %H:%M} ({zone.key})"
        if isinstance(value, str):
            lines = (" ".join(line.split()) for line in value.encode("utf-8", "replace").decode().splitlines())
            return "\n".join(line for line in lines if line)[:LONGEST_VALUE]
        return f"{value:g}" if isinstance(value, float) else str(value)


def _zone(name: str | None) -> ZoneInfo:
    try:
        return ZoneInfo(name or "UTC")
    except (ZoneInfoNotFoundError, ValueError):
        return ZoneInfo("UTC")


def text(example: str) -> Variable:
    return Variable("text", example)


def number(example: float) -> Variable:
    return Variable("number", example)


def moment() -> Variable:
    return Variable("moment", datetime(2026, 3, 9, 2, 30, tzinfo=UTC))


@dataclass(frozen=True)
class Texts:
    """`name`: of the kind. `body`: paragraphs with an empty line between them."""

    name: str
    subject: str
    body: str


@dataclass(frozen=True)
class NoticeKind:
    code: str
    variables: Mapping[str, Variable]
    texts: Mapping[Locale, Texts]
    is_alert: bool
    by_mail: bool

    def check(self, values: Mapping[str, Value]) -> None:
        """Raise ValueError unless these are exactly the variables, each of its type: the caller's mistake."""
        if values.keys() != self.variables.keys():
            raise ValueError(f"{self.code} takes {sorted(self.variables)}, not {sorted(values)}")
        for name, value in values.items():
            fits = isinstance(value, _TYPES[self.variables[name].type]) and not isinstance(value, bool)
            if not fits:
                raise ValueError(f"{name} of {self.code} must be a {self.variables[name].type}")

    def shown(self, values: Mapping[str, Value], time_zone: str | None) -> dict[str, str]:
        return {name: self.variables[name].shown(value, time_zone) for name, value in values.items()}

    def examples(self) -> dict[str, Value]:
        return {name: variable.example for name, variable in self.variables.items()}


_kinds: dict[str, NoticeKind] = {}


def declare_notice(
    code: str,
    variables: Mapping[str, Variable],
    *,
    en: Texts,
    zh_cn: Texts,
    is_alert: bool = False,
    by_mail: bool = False,
) -> NoticeKind:
    """Declare it once, in the domain that posts it. `is_alert`: something is wrong, so channels take it by themselves.

    `by_mail`: also by mail, until somebody chooses otherwise for themselves.
    """
    if not CODE_FORM.fullmatch(code) or len(code) > LONGEST_CODE or code in _kinds:
        raise ValueError(f"the notice {code} is malformed or declared twice")
    kind = NoticeKind(code, dict(variables), {"en": en, "zh-CN": zh_cn}, is_alert, by_mail)
    for texts in kind.texts.values():
        check_wording(texts.subject, {*variables, PRODUCT})
        check_wording(texts.body, {*variables, PRODUCT})
    _kinds[code] = kind
    return kind


def find_notice(code: str) -> NoticeKind | None:
    return _kinds.get(code)


def known_notices() -> list[NoticeKind]:
    return [_kinds[code] for code in sorted(_kinds)]

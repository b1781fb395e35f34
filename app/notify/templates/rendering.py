"""From a kind, its texts and the values of the moment to words."""

import re
from collections.abc import Mapping
from dataclasses import dataclass

from app.core.mail import Letter, Link, Locale
from app.core.notices import NoticeKind
from app.core.notices.kinds import PRODUCT, Value
from app.core.notices.wording import fill_in

OPEN: Mapping[Locale, str] = {"en": "Open", "zh-CN": "查看"}
_PARAGRAPHS = re.compile(r"\n\s*\n")


@dataclass(frozen=True, slots=True)
class Wording:
    """What is to be filled in."""

    subject: str
    body: str


@dataclass(frozen=True, slots=True)
class Words:
    subject: str
    paragraphs: tuple[str, ...]

    @property
    def text(self) -> str:
        return "\n\n".join(self.paragraphs)

    def letter(self, recipient: str, locale: Locale, url: str) -> Letter:
        return Letter(recipient, locale, self.subject, self.paragraphs, Link(OPEN[locale], url) if url else None)


def render(
    kind: NoticeKind, wording: Wording, values: Mapping[str, Value], *, product: str, time_zone: str | None
) -> Words:
    """The subject is one line whatever stands in the values."""
    shown = {**kind.shown(values, time_zone), PRODUCT: product}
    body = fill_in(wording.body, shown)
    paragraphs = tuple(part.strip() for part in _PARAGRAPHS.split(body) if part.strip())
    return Words(" ".join(fill_in(wording.subject, shown).split()), paragraphs)

"""The port for mail: a domain says what is to be told, the outbox keeps it with the request's transaction."""

from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Literal, Protocol

from fastapi import Depends, Request
from sqlalchemy.ext.asyncio import AsyncSession

Locale = Literal["en", "zh-CN"]


def spoken(locale: str | None) -> Locale:
    """The language to write in: the account's, or English."""
    return "zh-CN" if locale == "zh-CN" else "en"


@dataclass(frozen=True, slots=True)
class Link:
    label: str
    url: str


@dataclass(frozen=True, slots=True)
class Letter:
    """Plain words; what becomes of them in HTML is the sender's matter. Not sent any more after `expires_at`."""

    recipient: str
    locale: Locale
    subject: str
    paragraphs: tuple[str, ...]
    link: Link | None = None
    expires_at: datetime | None = None


class Mailer(Protocol):
    @property
    def is_set_up(self) -> bool: ...

    def post(self, session: AsyncSession, letter: Letter) -> None:
        """Put a letter into the outbox. It leaves after the transaction is committed, and never if it is not."""


async def _mailer(request: Request) -> Mailer:
    mailer: Mailer = request.app.state.mailer
    return mailer


MailerDependency = Annotated[Mailer, Depends(_mailer)]

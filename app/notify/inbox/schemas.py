"""What goes in and out of the inbox routes. Everything is the asking person's own."""

from datetime import datetime
from typing import Literal

from pydantic import Field

from app.core.crud import Body, Code, Ids, Page, TimeQuery
from app.core.mail import Locale
from app.core.schemas import Answer


class InboxText(Answer):
    locale: Locale
    subject: str
    body: str


class InboxNoticeAnswer(Answer):
    id: int
    kind: str
    is_alert: bool
    texts: list[InboxText]
    link: str = Field(description="A path of the front end, or empty.")
    created_at: datetime
    read_at: datetime | None


class InboxPage(Page[InboxNoticeAnswer]):
    """One page of somebody's notices."""


class InboxQuery(TimeQuery):
    sort: Literal["created_at", "-created_at"] = "-created_at"
    kind: Code | None = None
    is_read: bool | None = None


class Unread(Answer):
    unread: int = Field(description="Counting stops at 100.")


class IdsAndRead(Ids):
    is_read: bool


class NoticeName(Answer):
    locale: Locale
    name: str


class InboxPreferenceAnswer(Answer):
    kind: str
    names: list[NoticeName]
    is_alert: bool
    inbox: bool
    mail: bool
    is_default: bool


class InboxPreferences(Answer):
    items: list[InboxPreferenceAnswer]
    can_mail: bool = Field(description="Whether this installation sends mail and the account has an address.")


class InboxPreferenceUpdate(Body):
    kind: Code
    inbox: bool
    mail: bool

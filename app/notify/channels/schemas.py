"""What goes in and out of the channel routes."""

from typing import Annotated, Literal
from urllib.parse import urlsplit

from pydantic import AfterValidator, Field, StringConstraints

from app.core.crud import AuditedAnswer, Body, Code, ListQuery, Name, partial_of
from app.core.email_address import EmailAddress
from app.core.mail import Locale
from app.core.schemas import Answer
from app.notify.channels.models import ChannelKind

LONGEST_URL = 1024
MOST_KINDS = 100


def _webhook(text: str) -> str:
    """As a robot's page gives it, with whatever stands behind the question mark; ValueError in words."""
    try:
        parts = urlsplit(text)
        port_is_sound = parts.port is None or parts.port > 0
    except ValueError:
        raise ValueError("must be an address such as https://example.com/hook") from None
    if parts.scheme not in {"http", "https"} or not parts.hostname or not port_is_sound:
        raise ValueError("must start with http:// or https:// and name a host")
    if parts.username is not None or parts.password is not None or parts.fragment or "%" in parts.netloc:
        raise ValueError("must hold no user name and no #")
    return text


WebhookUrl = Annotated[
    str,
    StringConstraints(strip_whitespace=True, min_length=8, max_length=LONGEST_URL, pattern=r"^[!-~]+$"),
    AfterValidator(_webhook),
]
Secret = Annotated[str, StringConstraints(strip_whitespace=True, max_length=512, pattern=r"^[!-~]*$")]
KindName = Annotated[ChannelKind, Field(strict=False)]


class NoticeChannelAnswer(AuditedAnswer):
    name: str
    kind: ChannelKind
    address: str
    host: str = Field(description="Of the webhook; the rest of its address is never sent back.")
    has_secret: bool
    allow_private: bool
    locale: Locale
    all_alerts: bool
    notices: list[str]
    is_enabled: bool


class NoticeChannelCreate(Body):
    name: Name
    kind: KindName
    address: EmailAddress | Literal[""] = Field("", description="Of the kind `email`.")
    url: WebhookUrl | Literal[""] | None = Field(None, description="Of the others. Never sent back.")
    secret: Secret | None = Field(None, description="Never sent back. Null or empty: without one.")
    allow_private: bool = Field(
        False, description="May be an address inside this machine or network. An administrator only."
    )
    locale: Locale = "en"
    all_alerts: bool = Field(True, description="Takes every kind that says that something is wrong.")
    notices: list[Code] = Field(default_factory=list, max_length=MOST_KINDS, description="Kinds, besides alerts.")
    is_enabled: bool = True


NoticeChannelUpdate = partial_of(NoticeChannelCreate)


class NoticeChannelQuery(ListQuery):
    sort: Literal["name", "-name", "created_at", "-created_at"] = "name"
    kind: ChannelKind | None = None
    is_enabled: bool | None = None


class NoticeChannelTest(Answer):
    """What the channel answered just now to a message that says that it is a test."""

    ok: bool
    ms: int
    error_code: str | None
    error: str | None
    said: str | None = Field(description="In the service's own words.")

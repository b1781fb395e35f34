"""What goes in and out of the routes of texts."""

from datetime import datetime
from typing import Annotated

from pydantic import Field, StringConstraints

from app.core.crud import Body
from app.core.crud.schemas import PRINTABLE
from app.core.mail import Locale
from app.core.notices.kinds import LONGEST_BODY, LONGEST_SUBJECT, VariableType
from app.core.schemas import Answer

# Line breaks are what a body is made of; no other control character is anything.
BODY_FORM = r"^[^\x00-\x09\x0b-\x1f\x7f]*$"


class NoticeVariable(Answer):
    name: str
    type: VariableType
    example: str


class NoticeText(Answer):
    locale: Locale
    name: str
    subject: str
    body: str
    default_subject: str
    default_body: str
    is_changed: bool
    modifier_name: str | None
    modifier_time: datetime | None


class NoticeKindAnswer(Answer):
    """One kind of notice as it is now, and where it goes by itself."""

    kind: str
    is_alert: bool
    by_mail: bool = Field(description="Also by mail, until a person chooses otherwise.")
    variables: list[NoticeVariable]
    texts: list[NoticeText]
    channels: list[str] = Field(description="Names of those that it goes to.")


class NoticeTextUpdate(Body):
    subject: Annotated[
        str, StringConstraints(strip_whitespace=True, min_length=1, max_length=LONGEST_SUBJECT, pattern=PRINTABLE)
    ]
    body: Annotated[
        str, StringConstraints(strip_whitespace=True, min_length=1, max_length=LONGEST_BODY, pattern=BODY_FORM)
    ]


class NoticePreviewBody(NoticeTextUpdate):
    locale: Locale


class NoticePreview(Answer):
    """What a person and a channel would get, with the examples of the variables."""

    subject: str
    text: str
    html: str = Field(description="Of the mail: a whole page, to be shown in a frame that runs nothing.")

"""What goes in and out of the outbox routes. Words of a message are its recipient's: they are not shown."""

from datetime import datetime
from typing import Literal

from pydantic import Field

from app.core.crud import Body, Code, Identifier, SearchText, TimeQuery
from app.core.schemas import Answer

Medium = Literal["mail", "dingtalk", "feishu", "wecom", "generic"]
State = Literal["waiting", "sending", "sent", "failed", "expired", "cancelled"]


class OutboxMessageAnswer(Answer):
    id: int
    medium: Medium
    recipient: str
    subject: str
    kind: str | None = Field(description="Of the notice; null for letters of an account, such as a reset link.")
    channel_id: int | None
    state: State
    attempts: int
    created_at: datetime
    next_attempt_at: datetime | None = Field(description="Only while it waits.")
    finished_at: datetime | None
    error_code: str | None
    last_error: str | None
    job_id: int | None
    may_retry: bool
    may_cancel: bool


class OutboxMessageQuery(TimeQuery):
    """`q`: part of the recipient or of the subject."""

    sort: Literal["created_at", "-created_at"] = "-created_at"
    q: SearchText | None = None
    state: State | None = None
    medium: Medium | None = None
    kind: Code | None = None
    channel_id: Identifier | None = None


class Deliver(Body):
    message_id: int


class Nothing(Body):
    """A task that needs to be told nothing."""

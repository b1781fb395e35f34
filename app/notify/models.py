"""The outbox: every mail and every message to a channel, on its way and after."""

from datetime import datetime
from enum import StrEnum

from sqlalchemy import Index, String, Text
from sqlalchemy import text as sql
from sqlalchemy.orm import Mapped, mapped_column

from app.core.models import Record

TABLE = "notify_outbox"
MAIL = "mail"  # the medium of a letter; that of a channel's message is the kind of the channel


class OutboxState(StrEnum):
    WAITING = "waiting"
    SENDING = "sending"  # a job has it
    SENT = "sent"
    FAILED = "failed"
    EXPIRED = "expired"
    CANCELLED = "cancelled"


class OutboxMessage(Record):
    """One letter to one address, or one message to a channel. Its words go as soon as they are not needed."""

    __tablename__ = TABLE
    __table_args__ = (
        # The state is in it, too, or the index of the list by state looks better to the planner.
        Index("ix_notify_outbox_due", "state", "next_attempt_at", sqlite_where=sql("state = 'waiting'")),
        Index("ix_notify_outbox_finished_at", "finished_at"),
        Index("ix_notify_outbox_created_at", "created_at"),
        Index("ix_notify_outbox_state_created_at", "state", "created_at"),
        Index("ix_notify_outbox_medium_created_at", "medium", "created_at"),
        Index("ix_notify_outbox_kind_created_at", "kind", "created_at"),
        Index("ix_notify_outbox_channel_id_created_at", "channel_id", "created_at"),
    )

    message_id: Mapped[str] = mapped_column(String(32), doc="The same in every attempt: programs show doubles once.")
    recipient: Mapped[str] = mapped_column(String(254), doc="An address, or the channel's name.")
    subject: Mapped[str] = mapped_column(String(256))
    text: Mapped[str] = mapped_column(Text)
    html: Mapped[str] = mapped_column(Text)
    state: Mapped[str] = mapped_column(String(16), default=OutboxState.WAITING)
    attempts: Mapped[int] = mapped_column(default=0)
    next_attempt_at: Mapped[datetime]
    expires_at: Mapped[datetime | None]
    finished_at: Mapped[datetime | None]
    last_error: Mapped[str | None] = mapped_column(String(256))
    medium: Mapped[str] = mapped_column(String(16), default=MAIL, server_default="mail")
    kind: Mapped[str | None] = mapped_column(String(64), doc="Of the notice; a letter of the account has none.")
    locale: Mapped[str] = mapped_column(String(16), default="en", server_default="en")
    link: Mapped[str] = mapped_column(String(1024), default="", server_default=sql("''"))
    error_code: Mapped[str | None] = mapped_column(String(64))
    job_id: Mapped[int | None]
    channel_id: Mapped[int | None] = mapped_column(doc="No foreign key: a channel may go before what it was sent.")

    def redacted(self) -> frozenset[str]:
        return frozenset({"text", "html", "link"})

    @property
    def is_letter(self) -> bool:
        """Of the account: it holds a live link, and no word of it is kept after its end."""
        return self.kind is None

    @property
    def may_retry(self) -> bool:
        return self.state == OutboxState.FAILED and bool(self.text)

    @property
    def may_cancel(self) -> bool:
        return self.state in (OutboxState.WAITING, OutboxState.SENDING)

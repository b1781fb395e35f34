"""One row a person and notice, and what each person wants to be told how."""

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, ForeignKey, Index, String, false, text
from sqlalchemy.orm import Mapped, mapped_column

from app.core.clock import utc_now
from app.core.models import Base, Record, bin_index, live_index

TABLE = "notify_inbox"


class InboxNotice(Record):
    """Its words stand in both languages as they were when it was posted: a later text changes no history."""

    __tablename__ = TABLE
    __table_args__ = (
        live_index(TABLE, "user_id", "created_at"),
        live_index(TABLE, "user_id", "kind", "created_at"),
        Index(f"ix_{TABLE}_unread", "user_id", "created_at", sqlite_where=text("read_at IS NULL AND is_deleted = 0")),
        Index(f"ix_{TABLE}_created_at", "created_at"),
        bin_index(TABLE),
    )

    user_id: Mapped[int] = mapped_column(ForeignKey("iam_user.id", ondelete="CASCADE"))
    kind: Mapped[str] = mapped_column(String(64))
    is_alert: Mapped[bool] = mapped_column(default=False, server_default=false())
    texts: Mapped[dict[str, Any]] = mapped_column(JSON, doc="subject and body by language.")
    link: Mapped[str] = mapped_column(String(512), default="", server_default=text("''"))
    read_at: Mapped[datetime | None]

    def redacted(self) -> frozenset[str]:
        """What a person was told is theirs."""
        return frozenset({"texts", "link"})


class InboxPreference(Base):
    """How one person wants one kind; without a row as the kind's code says."""

    __tablename__ = "notify_preference"

    user_id: Mapped[int] = mapped_column(ForeignKey("iam_user.id", ondelete="CASCADE"), primary_key=True)
    kind: Mapped[str] = mapped_column(String(64), primary_key=True)
    inbox: Mapped[bool]
    mail: Mapped[bool]
    changed_at: Mapped[datetime] = mapped_column(default=utc_now)

"""A text that somebody has changed. Without a row the code's own holds."""

from sqlalchemy import String, Text
from sqlalchemy.orm import Mapped, mapped_column

from app.core.models import Record, live_index

TABLE = "notify_template"


class NoticeTemplate(Record):
    __tablename__ = TABLE
    __table_args__ = (live_index(TABLE, "kind", "locale", unique=True),)

    kind: Mapped[str] = mapped_column(String(64))
    locale: Mapped[str] = mapped_column(String(16))
    subject: Mapped[str] = mapped_column(String(256))
    body: Mapped[str] = mapped_column(Text)

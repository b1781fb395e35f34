"""Channels as an administrator has set them up, with the rule of what goes there."""

from enum import StrEnum

from sqlalchemy import JSON, String, false, true
from sqlalchemy.orm import Mapped, mapped_column

from app.core.models import Record, live_index

TABLE = "notify_channel"


class ChannelKind(StrEnum):
    EMAIL = "email"
    DINGTALK = "dingtalk"
    FEISHU = "feishu"
    WECOM = "wecom"
    GENERIC = "generic"


class Channel(Record):
    """Of a webhook's address people see the host: what follows it is half of the secret."""

    __tablename__ = TABLE
    __table_args__ = (live_index(TABLE, "name", unique=True), live_index(TABLE, "created_at"))

    name: Mapped[str] = mapped_column(String(128))
    kind: Mapped[str] = mapped_column(String(16))
    address: Mapped[str] = mapped_column(String(254), default="", doc="Of a channel by mail.")
    host: Mapped[str] = mapped_column(String(255), default="", doc="Of a webhook, for people.")
    sealed_url: Mapped[str | None] = mapped_column(String(4096), info={"secret": True})
    sealed_secret: Mapped[str | None] = mapped_column(String(2048), info={"secret": True})
    allow_private: Mapped[bool] = mapped_column(default=False, server_default=false())
    locale: Mapped[str] = mapped_column(String(16), default="en", server_default="en")
    all_alerts: Mapped[bool] = mapped_column(default=True, server_default=true())
    notices: Mapped[list[str]] = mapped_column(JSON, default=list, server_default="[]", doc="Kinds, besides alerts.")
    is_enabled: Mapped[bool] = mapped_column(default=True, server_default=true())

    @property
    def has_secret(self) -> bool:
        return self.sealed_secret is not None

"""One row a model server."""

from sqlalchemy import Index, String, text
from sqlalchemy.orm import Mapped, mapped_column

from app.core.models import live_index
from app.core.upstreams import Upstream

TABLE = "chat_provider"


class ChatProvider(Upstream):
    __tablename__ = TABLE
    __table_args__ = (
        live_index(TABLE, "name", unique=True),
        live_index(TABLE, "sort_order"),
        Index(f"uq_{TABLE}_origin", "origin", unique=True, sqlite_where=text("origin IS NOT NULL")),
    )

    default_model: Mapped[str] = mapped_column(String(200), default="")
    timeout_seconds: Mapped[int] = mapped_column(default=120, server_default="120", doc="It may say nothing for.")
    context_tokens: Mapped[int] = mapped_column(default=8192, server_default="8192")
    origin: Mapped[str | None] = mapped_column(String(32), doc="Which seed made it; stays when it is renamed.")

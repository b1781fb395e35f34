"""One row a parameter."""

from sqlalchemy import String, Text, false
from sqlalchemy.orm import Mapped, mapped_column

from app.core.models import Record, live_index


class Parameter(Record):
    __tablename__ = "system_parameter"
    __table_args__ = (live_index("system_parameter", "key", unique=True),)

    key: Mapped[str] = mapped_column(String(64))
    name: Mapped[str] = mapped_column(String(128))
    value: Mapped[str] = mapped_column(Text)
    value_type: Mapped[str] = mapped_column(String(16))
    description: Mapped[str] = mapped_column(String(512), default="")
    is_builtin: Mapped[bool] = mapped_column(default=False, server_default=false(), doc="Declared in code.")
    is_secret: Mapped[bool] = mapped_column(default=False, server_default=false())

    def redacted(self) -> frozenset[str]:
        """Columns that the operation log must not show."""
        return frozenset({"value"}) if self.is_secret else frozenset()

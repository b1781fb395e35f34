"""What every table of services elsewhere has."""

from sqlalchemy import String, false, true
from sqlalchemy.orm import Mapped, mapped_column

from app.core.models import Record

BUILTIN = "builtin"


class Upstream(Record):
    """Of the kind `builtin` there is no address: it is part of the product."""

    __abstract__ = True

    name: Mapped[str] = mapped_column(String(128))
    kind: Mapped[str] = mapped_column(String(16))
    base_url: Mapped[str] = mapped_column(String(512), default="")
    sealed_key: Mapped[str | None] = mapped_column(String(2048), info={"secret": True})
    is_enabled: Mapped[bool] = mapped_column(default=True, server_default=true())
    allow_private: Mapped[bool] = mapped_column(default=False, server_default=false())
    sort_order: Mapped[int] = mapped_column(default=0, server_default="0")

    @property
    def has_key(self) -> bool:
        return self.sealed_key is not None

"""One row an operation. Rows are never changed, and removed for good when their time is over."""

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from app.core.models import Record

TABLE = "system_operation_log"
# Each with the time, so that a filtered list is walked in its order.
SEARCHED = ("creator_id", "username", "action", "resource", "resource_id", "outcome", "client_network")


class OperationRecord(Record):
    """`creator_id` and `created_at` are who and when."""

    __tablename__ = TABLE
    __table_args__ = (
        Index(f"ix_{TABLE}_created_at", "created_at"),
        Index(f"ix_{TABLE}_request_id", "request_id"),
        *(Index(f"ix_{TABLE}_{name}", name, "created_at") for name in SEARCHED),
    )

    username: Mapped[str] = mapped_column(String(64), doc="As it was then.")
    action: Mapped[str] = mapped_column(String(64), doc="Operation id of the route.")
    resource: Mapped[str] = mapped_column(String(64), doc="First tag of the route.")
    resource_id: Mapped[str | None] = mapped_column(String(64))
    method: Mapped[str] = mapped_column(String(8))
    path: Mapped[str] = mapped_column(String(256))
    outcome: Mapped[str] = mapped_column(String(8))
    status: Mapped[int]
    duration_ms: Mapped[int]
    client_network: Mapped[str] = mapped_column(String(64))
    request_id: Mapped[str] = mapped_column(String(64))
    changes: Mapped[list[dict[str, Any]]] = mapped_column(JSON, deferred=True)

    @property
    def at(self) -> datetime:
        return self.created_at

    @property
    def user_id(self) -> int | None:
        return self.creator_id

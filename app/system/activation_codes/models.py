"""Codes, and the wrong guesses that are counted."""

from datetime import datetime

from sqlalchemy import ForeignKey, Index, String, true
from sqlalchemy.orm import Mapped, mapped_column

from app.core.models import Record, bin_index, live_index

TABLE = "system_activation_code"


class ActivationCode(Record):
    __tablename__ = TABLE
    __table_args__ = (
        Index(f"uq_{TABLE}_code", "code", unique=True),  # a deleted code is never made again
        live_index(TABLE, "created_at"),
        live_index(TABLE, "deadline"),
        live_index(TABLE, "days"),
        live_index(TABLE, "batch", "created_at"),
        live_index(TABLE, "creator_id", "created_at"),
        live_index(TABLE, "is_enabled", "started_at", "created_at"),
        live_index(TABLE, "is_enabled", "deadline"),
        live_index(TABLE, "redeemer_id", "deadline"),
        bin_index(TABLE),
    )

    code: Mapped[str] = mapped_column(String(32), doc="Without hyphens.", info={"secret": True})
    days: Mapped[int] = mapped_column(doc="Of validity, from the first use.")
    batch: Mapped[str] = mapped_column(String(32))
    note: Mapped[str] = mapped_column(String(512), default="")
    is_enabled: Mapped[bool] = mapped_column(default=True, server_default=true())
    redeemer_id: Mapped[int | None] = mapped_column(ForeignKey("iam_user.id"))
    started_at: Mapped[datetime | None]
    deadline: Mapped[datetime | None]


class RedeemFailure(Record):
    """One wrong code. In the database, so that every worker counts the same and a restart forgets nothing."""

    __tablename__ = "system_redeem_failure"
    __table_args__ = (Index("ix_system_redeem_failure_creator_id_created_at", "creator_id", "created_at"),)

"""Schedules, and the log of their runs."""

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import JSON, ForeignKey, Index, String, Text, false, text, true
from sqlalchemy.orm import Mapped, mapped_column

from app.core.models import Record, bin_index, live_index

TABLE, RUN_TABLE = "job_schedule", "job_schedule_run"


class Misfire(StrEnum):
    """What is done about planned times that were missed, once somebody works again."""

    EACH = "each"
    ONCE = "once"
    SKIP = "skip"


class Overlap(StrEnum):
    """What is done when a run is due while the one before is still at work."""

    ALLOW = "allow"
    SKIP = "skip"
    WAIT = "wait"


class RunState(StrEnum):
    WAITING = "waiting"  # for the one before
    GIVEN = "given"  # to a job, whose state is the run's
    DONE = "done"
    FAILED = "failed"
    CANCELLED = "cancelled"
    SKIPPED = "skipped"  # the one before was still at work
    MISSED = "missed"  # nobody was at work when it was due


ACTIVE = frozenset({RunState.WAITING, RunState.GIVEN})


class JobSchedule(Record):
    """`next_run_at` is the plan: what the page shows and what the worker does. Null while it is paused or deleted."""

    __tablename__ = TABLE
    __table_args__ = (
        live_index(TABLE, "name", unique=True),
        live_index(TABLE, "created_at"),
        live_index(TABLE, "next_run_at"),
        live_index(TABLE, "kind", "name"),
        Index(f"ix_{TABLE}_due", "next_run_at", sqlite_where=text("next_run_at IS NOT NULL")),
        bin_index(TABLE),
    )

    name: Mapped[str] = mapped_column(String(128))
    kind: Mapped[str] = mapped_column(String(64))
    payload: Mapped[dict[str, Any]] = mapped_column(JSON)
    cron: Mapped[str] = mapped_column(String(128))
    time_zone: Mapped[str] = mapped_column(String(64))
    misfire: Mapped[str] = mapped_column(String(8), default=Misfire.ONCE)
    overlap: Mapped[str] = mapped_column(String(8), default=Overlap.SKIP)
    is_enabled: Mapped[bool] = mapped_column(default=True, server_default=true())
    next_run_at: Mapped[datetime | None]
    told_of: Mapped[datetime | None] = mapped_column(doc="The planned time that an alert has said was missed.")


class JobScheduleRun(Record):
    """One row a run, or a planned time that passed without one. Kept apart from the job, which is removed earlier."""

    __tablename__ = RUN_TABLE
    __table_args__ = (
        # Of one planned time there is one run, whoever thinks of it.
        Index(f"uq_{RUN_TABLE}_schedule_id_planned_for", "schedule_id", "planned_for", unique=True),
        Index(f"ix_{RUN_TABLE}_schedule_id_created_at", "schedule_id", "created_at"),
        Index(f"ix_{RUN_TABLE}_state_created_at", "state", "created_at"),
        Index(f"ix_{RUN_TABLE}_created_at", "created_at"),
        Index(f"ix_{RUN_TABLE}_active", "schedule_id", sqlite_where=text("state IN ('waiting', 'given')")),
    )

    schedule_id: Mapped[int] = mapped_column(ForeignKey(f"{TABLE}.id"))
    planned_for: Mapped[datetime | None] = mapped_column(doc="Null: somebody asked for it.")
    stands_for: Mapped[int] = mapped_column(default=1, server_default="1", doc="So many planned times.")
    state: Mapped[str] = mapped_column(String(16))
    payload: Mapped[dict[str, Any]] = mapped_column(JSON, doc="As it was then.")
    job_id: Mapped[int | None]
    started_at: Mapped[datetime | None]
    finished_at: Mapped[datetime | None]
    result: Mapped[dict[str, Any] | None] = mapped_column(JSON(none_as_null=True))
    error_code: Mapped[str | None] = mapped_column(String(64))
    error_message: Mapped[str | None] = mapped_column(Text)
    error_details: Mapped[dict[str, Any] | None] = mapped_column(JSON(none_as_null=True))
    is_told_of: Mapped[bool] = mapped_column(default=False, server_default=false(), doc="That nobody began it in time.")

"""Jobs, what they told, and who works on them."""

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import JSON, ForeignKey, Index, String, Text, text
from sqlalchemy.orm import Mapped, mapped_column

from app.core.clock import utc_now
from app.core.models import Base, Record, bin_index, live_index


class JobState(StrEnum):
    QUEUED = "queued"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"
    CANCELLED = "cancelled"


ENDED = frozenset({JobState.DONE, JobState.FAILED, JobState.CANCELLED})
TABLE = "job"
ALIVE_SECONDS = 15.0  # a worker that was not seen for longer is not alive
_queued, _running = text("state = 'queued'"), text("state = 'running'")


class Job(Record):
    """One piece of work. The table is the truth: the engine only carries out what it says."""

    __tablename__ = TABLE
    __table_args__ = (
        # The line before each queue, in the order it is served, and each person's part of it (repository.py).
        Index(f"ix_{TABLE}_line", "queue", "rank", "turn", "id", "state", sqlite_where=_queued),
        Index(f"ix_{TABLE}_line_of_user", "queue", "user_id", "rank", "turn", sqlite_where=_queued),
        Index(f"ix_{TABLE}_running", "queue", "rank", "turn", sqlite_where=_running),
        Index(f"ix_{TABLE}_cancelling", "cancel_asked_at", sqlite_where=_running),
        Index(f"ix_{TABLE}_failed", "queue", "finished_at", sqlite_where=text("state = 'failed'")),
        Index(f"ix_{TABLE}_finished_at", "finished_at"),
        Index(f"ix_{TABLE}_retry_of_id", "retry_of_id"),
        Index(f"uq_{TABLE}_user_id_idempotency_key", "user_id", "idempotency_key", unique=True),
        live_index(TABLE, "created_at"),
        live_index(TABLE, "title"),
        live_index(TABLE, "user_id", "created_at"),
        live_index(TABLE, "state", "created_at"),
        live_index(TABLE, "kind", "created_at"),
        live_index(TABLE, "queue", "created_at"),
        bin_index(TABLE),
        # An id is never given twice, also after old rows are removed: what else refers to a job has no foreign key.
        {"sqlite_autoincrement": True},
    )

    kind: Mapped[str] = mapped_column(String(64))
    queue: Mapped[str] = mapped_column(String(32))
    title: Mapped[str] = mapped_column(String(200), default="")
    state: Mapped[str] = mapped_column(String(16), default=JobState.QUEUED)
    rank: Mapped[int] = mapped_column(default=0, server_default="0", doc="Minus its priority: the lowest comes first.")
    turn: Mapped[int] = mapped_column(default=0, server_default="0", doc="Whose turn it is among the same rank.")
    payload: Mapped[dict[str, Any]] = mapped_column(JSON)
    progress: Mapped[float | None]
    progress_text: Mapped[str | None] = mapped_column(String(200))
    result: Mapped[dict[str, Any] | None] = mapped_column(JSON(none_as_null=True))
    error_code: Mapped[str | None] = mapped_column(String(64))
    error_message: Mapped[str | None] = mapped_column(Text)
    error_details: Mapped[dict[str, Any] | None] = mapped_column(JSON(none_as_null=True))
    user_id: Mapped[int | None] = mapped_column(ForeignKey("iam_user.id"))
    idempotency_key: Mapped[str | None] = mapped_column(String(128))
    idempotency_digest: Mapped[str | None] = mapped_column(String(64), doc="Of what was asked for with that key.")
    retry_of_id: Mapped[int | None] = mapped_column(ForeignKey("job.id"))
    schedule_run_id: Mapped[int | None] = mapped_column(doc="The run of a schedule that it carries out.")
    attempts: Mapped[int] = mapped_column(default=0, server_default="0")
    started_at: Mapped[datetime | None]
    finished_at: Mapped[datetime | None]
    cancel_asked_at: Mapped[datetime | None]
    worker: Mapped[str | None] = mapped_column(String(64))

    def redacted(self) -> frozenset[str]:
        """What people wrote and got is theirs: the operation log says that there was a job."""
        return frozenset({"title", "payload", "result", "error_details", "idempotency_key", "idempotency_digest"})


class JobEvent(Base):
    """What a job told while it ran, for whoever looks on."""

    __tablename__ = "job_event"
    # As above: a page asks for what came after the last one it saw.
    __table_args__ = (Index("ix_job_event_job_id_id", "job_id", "id"), {"sqlite_autoincrement": True})

    id: Mapped[int] = mapped_column(primary_key=True)
    job_id: Mapped[int] = mapped_column(ForeignKey("job.id"))
    name: Mapped[str] = mapped_column(String(64))
    data: Mapped[dict[str, Any]] = mapped_column(JSON)
    created_at: Mapped[datetime] = mapped_column(default=utc_now)


class JobWorker(Base):
    """A worker and when it was last alive."""

    __tablename__ = "job_worker"

    name: Mapped[str] = mapped_column(String(64), primary_key=True)
    release: Mapped[str] = mapped_column(String(64))
    host: Mapped[str] = mapped_column(String(255))
    pid: Mapped[int]
    started_at: Mapped[datetime]
    seen_at: Mapped[datetime]

"""What goes out of the queue routes."""

from datetime import datetime

from pydantic import Field

from app.core.schemas import Answer


class QueueAnswer(Answer):
    name: str
    concurrency: int = Field(description="How many of them run at once.")
    queued: int
    running: int
    failed_24h: int
    oldest_queued_seconds: float | None


class WorkerAnswer(Answer):
    name: str
    release: str
    host: str
    pid: int
    started_at: datetime
    seen_at: datetime
    is_alive: bool


class Queues(Answer):
    queues: list[QueueAnswer]
    workers: list[WorkerAnswer]


class JobHealth(Answer):
    """Numbers only: it is shown to everybody."""

    workers_alive: int
    queued: int
    oldest_queued_seconds: float | None = Field(description="Age of the job that waits longest, of all queues.")

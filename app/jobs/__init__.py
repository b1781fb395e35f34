"""Work that takes longer than a request: declared with `task`, asked for with `enqueue`, done by the worker.

The one domain that every other may import, and only through here.
"""

from app.jobs.context import JobContext
from app.jobs.errors import JobError
from app.jobs.idempotency import Once, OnceDependency
from app.jobs.models import Job, JobState
from app.jobs.registry import Queue, schedule, task
from app.jobs.schemas import Accepted, accepted, locate
from app.jobs.service import cancel, enqueue, repeated

__all__ = [
    "Accepted",
    "Job",
    "JobContext",
    "JobError",
    "JobState",
    "Once",
    "OnceDependency",
    "Queue",
    "accepted",
    "cancel",
    "enqueue",
    "locate",
    "repeated",
    "schedule",
    "task",
]

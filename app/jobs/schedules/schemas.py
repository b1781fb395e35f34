"""What goes in and out of the schedule routes."""

from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, Field, StringConstraints

from app.core.crud import AuditedAnswer, Body, Code, Identifier, ListQuery, Name, TimeQuery, partial_of
from app.core.crud.schemas import PRINTABLE
from app.core.schemas import Answer
from app.jobs.schedules.cron import LONGEST_CRON, tidy
from app.jobs.schedules.forms import TaskField
from app.jobs.schemas import JobFailure

MOST_ARGUMENTS = 50

Cron = Annotated[
    str,
    StringConstraints(min_length=1, max_length=LONGEST_CRON, pattern=PRINTABLE),
    AfterValidator(tidy),
    Field(description="Five fields: minute, hour, day of the month, month, day of the week."),
]
TimeZone = Annotated[str, StringConstraints(min_length=1, max_length=64, pattern=r"^[A-Za-z0-9_+/-]+$")]
MisfireName = Literal["each", "once", "skip"]
OverlapName = Literal["allow", "skip", "wait"]
RunStateName = Literal["waiting", "queued", "running", "done", "failed", "cancelled", "skipped", "missed"]
MISFIRE = "Of planned times that were missed: run each, run once for all of them, or skip them."
OVERLAP = "When the run before is still at work: run beside it, skip, or wait for it."


class LastRun(Answer):
    id: int
    state: RunStateName
    at: datetime = Field(description="When it was planned for, or asked for.")


class ScheduleAnswer(AuditedAnswer):
    name: str
    kind: str
    is_known: bool = Field(description="This release has a task of that kind that may be scheduled.")
    payload: dict[str, Any]
    cron: str
    time_zone: str
    misfire: MisfireName = Field(description=MISFIRE)
    overlap: OverlapName = Field(description=OVERLAP)
    is_enabled: bool
    next_run_at: datetime | None = Field(description="Null while it is paused.")
    last_run: LastRun | None


class ScheduleCreate(Body):
    name: Name
    kind: Code
    payload: Annotated[dict[str, Any], Field(max_length=MOST_ARGUMENTS)] = Field(
        default_factory=dict, description="The arguments by name, as the task's fields say."
    )
    cron: Cron
    time_zone: TimeZone = "UTC"
    misfire: MisfireName = Field("once", description=MISFIRE)
    overlap: OverlapName = Field("skip", description=OVERLAP)
    is_enabled: bool = True


ScheduleUpdate = partial_of(ScheduleCreate)


class ScheduleQuery(ListQuery):
    sort: Literal["name", "-name", "next_run_at", "-next_run_at", "created_at", "-created_at"] = "name"
    kind: Code | None = None
    is_enabled: bool | None = None


class SchedulableTask(Answer):
    kind: str
    about: str
    queue: str
    time_limit: float = Field(description="Seconds of one run.")
    fields: list[TaskField]


class ScheduleOptions(Answer):
    tasks: list[SchedulableTask]
    time_zones: list[str]


class PlanQuery(Body):
    cron: Cron
    time_zone: TimeZone = "UTC"


class Plan(Answer):
    runs: list[datetime] = Field(description="The next ten planned times; fewer where there are no more.")


class BuiltIn(Answer):
    """What the product itself does again and again."""

    kind: str
    every_seconds: float
    last_at: datetime | None
    next_at: datetime


class BuiltIns(Answer):
    items: list[BuiltIn]


class ScheduleRunAnswer(Answer):
    id: int
    schedule_id: int
    schedule_name: str
    kind: str
    is_manual: bool
    planned_for: datetime | None = Field(description="Null when somebody asked for it.")
    stands_for: int = Field(description="How many planned times it makes up for; counting stops at 1,000.")
    state: RunStateName
    job_id: int | None
    created_at: datetime
    creator_id: int | None
    creator_name: str | None = Field(description="Who asked for it.")
    started_at: datetime | None
    finished_at: datetime | None
    error: JobFailure | None


class ScheduleRunDetail(ScheduleRunAnswer):
    payload: dict[str, Any] = Field(description="The arguments as they were then.")
    result: dict[str, Any] | None


class ScheduleRunQuery(TimeQuery):
    sort: Literal["created_at", "-created_at"] = "-created_at"
    schedule_id: Identifier | None = None
    state: Literal["active", "done", "failed", "cancelled", "skipped", "missed"] | None = None

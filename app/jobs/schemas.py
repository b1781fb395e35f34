"""What goes in and out of the job routes."""

from datetime import datetime
from typing import Annotated, Any, Literal

from fastapi import Response
from pydantic import Field, StringConstraints

from app.core.crud import Body, Code, Identifier, Page, SearchText, TimeQuery
from app.core.crud.schemas import PRINTABLE
from app.core.schemas import Answer

State = Literal["queued", "running", "done", "failed", "cancelled"]
QueueName = Literal["system", "chat", "images", "files"]
HIGHEST_PRIORITY = 100


class JobFailure(Answer):
    code: str = Field(description="Stable; what it means is in the documentation of the kind.")
    message: str
    details: dict[str, Any] | None


class JobAnswer(Answer):
    id: int
    kind: str
    queue: str
    title: str
    state: State
    cancelling: bool = Field(description="It runs still, and is being stopped.")
    priority: int
    progress: float | None = Field(description="0 to 1.")
    progress_text: str | None
    place_in_line: int | None = Field(description="1 is next. Only while it is queued.")
    result: dict[str, Any] | None
    error: JobFailure | None
    retry_of_id: int | None
    retried_by_id: int | None
    user_id: int | None
    user_name: str | None
    attempts: int = Field(description="More than one when the worker was interrupted and took it up again.")
    created_at: datetime
    started_at: datetime | None
    finished_at: datetime | None
    may_cancel: bool
    may_retry: bool


class JobPage(Page[JobAnswer]):
    """One page of jobs."""


class Accepted(Answer):
    """The body of a 202: what was asked for is done by a job, at the address in `Location`."""

    id: int = Field(description="Of the job.")


def locate(response: Response, job_id: int) -> None:
    """The header that says at which address the job is."""
    response.headers["Location"] = f"/api/v1/jobs/{job_id}"


def accepted(response: Response, job_id: int) -> Accepted:
    locate(response, job_id)
    return Accepted(id=job_id)


class JobQuery(TimeQuery):
    """`q`: the first characters of the title."""

    sort: Literal["created_at", "-created_at"] = "-created_at"
    scope: Literal["own", "all"] = Field("own", description="`all` needs the permission perm:job:get.")
    state: State | Literal["active"] | None = Field(None, description="`active`: queued or running.")
    kind: Code | None = None
    queue: QueueName | None = None
    user_id: Identifier | None = None
    q: SearchText | None = None


class JobUpdate(Body):
    priority: int = Field(ge=-HIGHEST_PRIORITY, le=HIGHEST_PRIORITY, description="A higher one is served first.")


class Ping(Body):
    text: Annotated[str, StringConstraints(max_length=200, pattern=PRINTABLE)] = "ping"


class RemoveFinished(Body):
    days: int = Field(30, ge=1, le=3650, description="Only what ended longer ago than this many days.")
    states: list[Literal["done", "failed", "cancelled"]] = Field(
        default=["done"], min_length=1, max_length=3, description="How it ended."
    )
    queue: QueueName | None = Field(None, description="Of one queue only; otherwise of all.")
    title: Annotated[str, StringConstraints(max_length=200, pattern=PRINTABLE)] = Field(
        "", description="Only what has a title that begins so."
    )
    only_count: bool = Field(False, description="Say how many there are, and remove nothing.")

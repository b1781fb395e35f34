"""What was released, by whom, how long each stage took, and how it ended."""

from datetime import datetime
from enum import StrEnum

from pydantic import Field

from app.core.schemas import Answer


class Outcome(StrEnum):
    GOOD = "good"
    BAD = "bad"
    NOOP = "noop"
    INTERRUPTED = "interrupted"
    RUNNING = "running"


class ReleaseStage(Answer):
    name: str
    seconds: float


class ReleaseRun(Answer):
    """One run of site.yml, deploy.yml or rollback.yml on this machine."""

    id: str = Field(description="Id of the run, not of the release.")
    action: str = Field(description="site, deploy or rollback.")
    release: str
    from_release: str = Field("", description="Release that was live before; empty for the first.")
    by: str = Field("", description="Who started it, on the controller.")
    host: str = Field("", description="The controller it was started from.")
    reason: str = ""
    started_at: datetime
    seconds: float | None = Field(None, description="Absent while it runs and when it was interrupted.")
    outcome: Outcome = Field(
        description="A run without an end is `running`, or `interrupted` once another has started."
    )
    stages: list[ReleaseStage] = Field(default_factory=list)
    failed_stage: str | None = None
    message: str = ""


class ReleaseRuns(Answer):
    """A page of runs, newest first."""

    items: list[ReleaseRun]
    total: int
    total_is_exact: bool = Field(description="False when the log is longer than what is read of it.")
    page: int
    page_size: int

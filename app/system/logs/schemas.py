"""What goes in and out of the routes of log files."""

from datetime import datetime
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from app.core.crud import Moment, SearchText
from app.core.schemas import Answer

Level = Literal["TRACE", "DEBUG", "INFO", "SUCCESS", "WARNING", "ERROR", "CRITICAL"]
InstanceName = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9-]{0,63}$")]
CursorText = Annotated[str, StringConstraints(max_length=8192, pattern=r"^[A-Za-z0-9_-]+$")]
MOST_RECORDS = 200


class LogQuery(BaseModel):
    """Everything that is asked for must hold for a record."""

    model_config = ConfigDict(extra="forbid")

    instance: list[InstanceName] = Field([], max_length=16, description="Of these; without any, of all.")
    level: list[Level] = Field([], max_length=8, description="Of these; without any, of all.")
    request_id: Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9._-]{8,64}$")] | None = None
    q: SearchText | None = Field(None, description="Text anywhere in the record, its traceback too; in any case.")
    since: Moment | None = None
    until: Moment | None = Field(None, description="Up to, and not including, this moment.")
    limit: int = Field(100, ge=1, le=MOST_RECORDS)
    before: CursorText | None = Field(None, description="`older` of an answer: what came before it.")
    after: CursorText | None = Field(None, description="`newest` of an answer: what has been written since.")


class LogRecord(Answer):
    id: str = Field(description="The same whenever the record is read.")
    at: datetime
    level: str
    instance: str
    process: int
    request_id: str | None
    source: str = Field(description="Module and line that wrote it.")
    message: str
    details: str = Field(description="The traceback, or whatever else followed in further lines.")
    is_cut: bool = Field(description="It is longer than what is shown.")


class LogPage(Answer):
    """Newest first."""

    items: list[LogRecord]
    older: str | None = Field(description="Where to go on with `before`; null when there is nothing older.")
    newest: str = Field(description="Where to go on with `after`.")
    stopped: Literal["end", "limit", "time"] = Field(
        description="`end`: all was looked at. `limit`: there may be more. `time`: looking further takes longer than "
        "one answer may; go on with `before`."
    )
    looked_back_to: datetime | None = Field(description="Everything since then was looked at; null: everything.")


class LogInstance(Answer):
    name: str
    files: int
    bytes: int
    newest_at: datetime = Field(description="When something was last written.")


class LogInstances(Answer):
    is_kept: bool = Field(description="False: this process writes to standard error only.")
    host: str = Field(description="The machine whose files these are.")
    items: list[LogInstance]

"""What goes in and out of the import routes."""

from datetime import datetime
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from app.core.crud import Body, Code, Identifier, TimeQuery
from app.core.schemas import Answer
from app.core.sheets import Locale
from app.jobs import Accepted
from app.transfer.exports.schemas import TimeZone

State = Literal["checking", "checked", "refused", "importing", "done", "broken_off", "undoing", "undone"]
Stage = Literal["check", "import", "undo"]


class ImportAsk(BaseModel):
    """The query of an upload: which list, and how its words and times are to be taken."""

    model_config = ConfigDict(extra="forbid")

    resource: Code
    locale: Locale = "en"
    time_zone: TimeZone = "UTC"


class ImportStarted(Accepted):
    import_id: int


class ImportFailure(Answer):
    """As a job's: a code that pages translate, and words."""

    code: str
    message: str
    details: dict[str, Any] | None


class ImportAnswer(Answer):
    id: int
    resource: str
    file_name: str
    bytes: int
    state: State
    job_id: int | None = Field(description="The latest: of the check, the import or the undo.")
    row_count: int
    create_count: int = Field(description="Rows that are to be made, or were.")
    update_count: int
    same_count: int = Field(description="Rows that are there already, just so.")
    error_count: int
    undone_count: int
    kept_count: int = Field(description="Rows that an undo left alone, because they were changed since.")
    ignored: list[str] = Field(description="Headings of columns that were left out.")
    failure: ImportFailure | None
    annotated_url: str | None = Field(description="The workbook with every mistake marked, for a day.")
    may_confirm: bool
    may_undo: bool
    kept_until: datetime = Field(description="Until then it can be confirmed or taken back.")
    created_at: datetime


class ImportIssueAnswer(Answer):
    id: int
    stage: Stage
    row: int = Field(description="As a spreadsheet counts: the headings are row 1.")
    cell: str | None = Field(description="Such as B7; null where it is the whole row.")
    heading: str | None
    code: str
    message: str


class ImportQuery(TimeQuery):
    sort: Literal["created_at", "-created_at"] = "-created_at"
    resource: Code | None = None
    state: State | None = None


class OwnImportQuery(ImportQuery):
    """The same, of one person: never filled from outside."""

    creator_id: int


class IssueQuery(BaseModel):
    model_config = ConfigDict(extra="forbid")

    page: int = Field(1, ge=1, le=10_000)
    page_size: int = Field(50, ge=1, le=200)


class OfImport(Body):
    """What an import's jobs are given."""

    import_id: Identifier

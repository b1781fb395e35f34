"""What the product says about itself."""

from datetime import datetime
from typing import Literal

from pydantic import Field

from app.core.release import Release
from app.core.schemas import Answer
from app.core.settings import Environment


class Health(Answer):
    """Answered without the database: the process serves."""

    status: Literal["ok"] = "ok"
    release: str
    version: str
    slot: str


class Live(Answer):
    status: Literal["ok"] = "ok"


class ReadinessCheck(Answer):
    name: Literal["database", "migrations"]
    ok: bool
    detail: str
    ms: float


class Readiness(Answer):
    status: Literal["ready", "unavailable"]
    release: str
    checks: list[ReadinessCheck]


class ReleaseServed(Release):
    slot: str
    environment: Environment
    started_at: datetime = Field(description="When the process that answers started.")


class LinkCheckRow(Answer):
    """One hop that was checked. `cause` and `fix` are empty when it is well."""

    id: str
    hop: str
    check: str
    expected: str
    observed: str
    ok: bool
    ms: float
    cause: str = ""
    fix: str = ""


class LinkCheckReport(Answer):
    """The last proof of every hop from the browser to the database."""

    report_schema: Literal[1] = Field(alias="schema")
    product: str
    host: str
    url: str
    release: str
    started_at: datetime
    ms: float
    ok: bool
    passed: int
    failed: int
    rows: list[LinkCheckRow]

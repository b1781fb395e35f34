"""The last comparison of the machine with what was provisioned."""

from datetime import datetime
from typing import Literal

from pydantic import Field

from app.core.schemas import Answer


class DriftFinding(Answer):
    """One thing that was changed by hand. `fix` is the command that mends it."""

    kind: Literal["file", "unit", "mode", "package", "link", "account"]
    path: str = Field(description="The file, folder, unit, package or account.")
    expected: str
    observed: str
    fix: str


class DriftReport(Answer):
    checked_at: datetime
    ok: bool
    findings: list[DriftFinding]

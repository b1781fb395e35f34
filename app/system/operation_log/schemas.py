"""What goes in and out of the operation-log routes."""

from datetime import datetime
from typing import Literal

from pydantic import Field

from app.core.crud import Identifier, SearchText, TimeQuery
from app.core.schemas import Answer

Outcome = Literal["success", "denied", "failed", "error"]
Scalar = str | int | float | bool | None


class OperationLogAnswer(Answer):
    id: int
    at: datetime
    user_id: int | None
    username: str = Field(description="As it was then.")
    action: str = Field(description="Operation id of the route.")
    resource: str
    resource_id: str | None
    method: str
    path: str
    outcome: Outcome
    status: int
    duration_ms: int
    client_network: str
    request_id: str


class FieldChange(Answer):
    table: str
    id: int | str | None
    field: str
    before: Scalar
    after: Scalar


class OperationLogDetail(OperationLogAnswer):
    changes: list[FieldChange] = Field(description="Secrets are shown as •••, long values are cut.")


class OperationLogQuery(TimeQuery):
    """Texts are matched whole: a log of a million rows is searched by its indexes only."""

    sort: Literal["at", "-at"] = "-at"
    user_id: Identifier | None = None
    username: SearchText | None = None
    action: SearchText | None = None
    resource: SearchText | None = None
    resource_id: SearchText | None = None
    outcome: Outcome | None = None
    client_network: SearchText | None = None
    request_id: SearchText | None = None

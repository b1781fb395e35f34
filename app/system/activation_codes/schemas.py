"""What goes in and out of the activation-code routes."""

from datetime import datetime
from typing import Annotated, Literal

from pydantic import AfterValidator, Field, StringConstraints

from app.core.crud import AuditedAnswer, Body, Line, ListQuery, partial_of
from app.core.schemas import Answer
from app.system.activation_codes.text import ALPHABET, LENGTH, normalise

MOST_AT_ONCE = 1_000
LONGEST_DAYS = 3_650

Sort = Literal["created_at", "-created_at", "deadline", "-deadline", "days", "-days", "code", "-code"]
State = Literal["unused", "active", "expired", "disabled"]
CodeText = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=64, pattern=r"^[ -~]+$")]
Batch = Annotated[str, StringConstraints(max_length=32, pattern=r"^[0-9A-Z-]+$")]


class ActivationCodeAnswer(AuditedAnswer):
    code: str
    days: int
    batch: str
    note: str
    state: State
    is_enabled: bool
    redeemer_id: int | None
    redeemer_name: str | None
    started_at: datetime | None
    deadline: datetime | None


class ActivationCodesCreate(Body):
    count: int = Field(ge=1, le=MOST_AT_ONCE)
    days: int = Field(ge=1, le=LONGEST_DAYS)
    note: Line = ""


class ActivationCodesCreated(Answer):
    created: int
    batch: str = Field(description="To find them by.")


def _as_kept(text: str) -> str:
    code = normalise(text)
    if len(code) != LENGTH or set(code) - set(ALPHABET):
        raise ValueError("must be four groups of five letters and digits")
    return code


class ActivationCodeImport(Body):
    """One that was made elsewhere."""

    code: Annotated[CodeText, AfterValidator(_as_kept)]
    days: int = Field(ge=1, le=LONGEST_DAYS)
    batch: Batch = ""
    note: Line = ""
    is_enabled: bool = True


class ActivationCodeBody(Body):
    note: Line
    is_enabled: bool


ActivationCodeUpdate = partial_of(ActivationCodeBody, name="ActivationCodeUpdate")


class ActivationCodeQuery(ListQuery):
    """`q`: the first characters of the code, with or without hyphens."""

    sort: Sort = "-created_at"
    state: State | None = None
    batch: Batch | None = None


class Redeem(Body):
    code: CodeText = Field(description="Hyphens, spaces and case do not matter.")


class Redeemed(Answer):
    started_at: datetime
    deadline: datetime
    days: int


class MyActivation(Answer):
    is_active: bool
    deadline: datetime | None = Field(description="The latest of all codes that this account has redeemed.")
    redeemed: list[Redeemed] = Field(description="Latest first, twenty at most.")

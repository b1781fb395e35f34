"""What goes in and out of the routes of accounts."""

from datetime import datetime
from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, SecretStr, StringConstraints

from app.core.crud import AuditedAnswer, Body, Identifier, ListQuery, Name, partial_of
from app.core.email_address import EmailAddress
from app.core.schemas import Answer
from app.iam.roles.schemas import RoleName
from app.iam.users.models import normalise_username

MOST_ROLES = 100
MOST_NAMES = 50

Username = Annotated[str, StringConstraints(min_length=1, max_length=64, pattern=r"^[^\x00-\x1f\x7f]+$")]


def _one_spelling(name: str) -> str:
    normalised = normalise_username(name)
    if not 1 <= len(normalised) <= 64 or not normalised.isprintable():
        raise ValueError("must have 1 to 64 characters that can be printed")
    return normalised


NewUsername = Annotated[Username, AfterValidator(_one_spelling)]
# The rules of passwords are the account's own; here only what a hash can take.
Password = Annotated[SecretStr, Field(min_length=1, max_length=256, strict=False)]


class UserAnswer(AuditedAnswer):
    username: str
    display_name: str
    email: str | None
    is_active: bool
    is_administrator: bool
    is_locked: bool = Field(description="Failed log-ins keep somebody out at the moment.")
    must_change_password: bool
    roles: list[RoleName]
    last_login_at: datetime | None
    avatar_url: str | None


class UserCreated(UserAnswer):
    password: str | None = Field(description="Made for the account and shown this once; null when one was sent.")


class UserCreate(Body):
    username: NewUsername
    display_name: Name
    email: EmailAddress | None = None
    password: Password | None = None
    role_ids: list[Identifier] = Field([], max_length=MOST_ROLES)
    is_administrator: bool = False
    is_active: bool = True


# A name to sign in with is kept for life: logs tell people apart by it.
UserUpdate = partial_of(UserCreate, without=frozenset({"username", "password"}))


class UserQuery(ListQuery):
    sort: Literal[
        "username",
        "-username",
        "display_name",
        "-display_name",
        "created_at",
        "-created_at",
        "last_login_at",
        "-last_login_at",
    ] = "-created_at"
    is_active: bool | None = None
    is_administrator: bool | None = None
    role_id: Identifier | None = None
    email: EmailAddress | None = None


class PasswordReset(Body):
    password: Password | None = Field(None, description="Absent: one is made.")


class NewPassword(Answer):
    password: str | None = Field(description="Made for the account and shown this once; null when one was sent.")


class UserName(Answer):
    id: int
    username: str
    display_name: str


class UserNamesQuery(BaseModel):
    """Names by what they contain, or by id; at most 50."""

    model_config = ConfigDict(extra="forbid")

    q: Annotated[str, StringConstraints(max_length=128)] | None = None
    ids: list[Identifier] = Field([], max_length=MOST_NAMES)

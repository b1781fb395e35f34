"""What goes in and out of the routes of signing in."""

from datetime import datetime
from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, SecretStr, StringConstraints

from app.core.crud import Body, Identifier, Page, TimeQuery
from app.core.schemas import Answer
from app.iam.sessions.models import LoginOutcome
from app.iam.users.models import normalise_username
from app.iam.users.schemas import Username


class LoginForm(BaseModel):
    """OAuth2 password form; `remember` is ours and decides how long the refresh cookie lives."""

    model_config = ConfigDict(extra="forbid")

    username: Username
    password: Annotated[SecretStr, Field(min_length=1, max_length=256)]
    remember: bool = False
    grant_type: Literal["password"] | None = None
    scope: str = Field("", max_length=256)
    client_id: str | None = Field(None, max_length=256)
    client_secret: str | None = Field(None, max_length=256)


class AccessToken(Answer):
    access_token: str
    token_type: Literal["bearer"] = "bearer"  # noqa: S105 - the kind of token, not one
    expires_in: int = Field(description="Seconds.")


Prefix = Annotated[str, StringConstraints(min_length=1, max_length=64), AfterValidator(normalise_username)]
SessionId = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{32}$")]


class SessionAnswer(Answer):
    id: str
    user_id: int
    username: str
    display_name: str
    client_network: str
    user_agent: str
    created_at: datetime
    refreshed_at: datetime
    expires_at: datetime
    is_remembered: bool
    is_current: bool = Field(description="The one that asks.")


class SessionPage(Page[SessionAnswer]):
    """Sessions that could be used at this moment."""


class SessionQuery(TimeQuery):
    sort: Literal["created_at", "-created_at", "refreshed_at", "-refreshed_at"] = "-refreshed_at"
    username: Prefix | None = Field(None, description="How the name begins.")
    user_id: Identifier | None = None
    client_network: Annotated[str, StringConstraints(max_length=64)] | None = None


class SessionIds(Body):
    ids: list[SessionId] = Field(min_length=1, max_length=500)


class LoginLogAnswer(Answer):
    id: int
    created_at: datetime
    username: str = Field(description="As it was typed; there may be no such account.")
    user_id: int | None
    outcome: LoginOutcome
    client_network: str
    user_agent: str


class LoginLogPage(Page[LoginLogAnswer]):
    """Attempts to log in."""


class LoginLogQuery(TimeQuery):
    sort: Literal["created_at", "-created_at"] = "-created_at"
    username: Prefix | None = Field(None, description="How the name begins.")
    user_id: Identifier | None = None
    outcome: LoginOutcome | None = None
    client_network: Annotated[str, StringConstraints(max_length=64)] | None = None

"""What goes in and out of the routes of one's own account."""

from datetime import datetime
from typing import Annotated

from pydantic import Field, StringConstraints

from app.core.crud import Body, Name, unset
from app.core.mail import Locale
from app.core.schemas import Answer
from app.iam.sessions.models import LoginOutcome
from app.iam.users.schemas import Password

# The browser knows the zones; the server may have no list of them.
TimeZone = Annotated[str, StringConstraints(max_length=64, pattern=r"^[A-Za-z][A-Za-z0-9_+-]*(/[A-Za-z0-9_+-]+){0,2}$")]


class RoleBrief(Answer):
    code: str
    name: str


class Me(Answer):
    """The signed-in account, with every permission label it holds."""

    id: int
    username: str
    display_name: str
    email: str | None
    avatar_url: str | None
    locale: str | None
    time_zone: str | None
    is_administrator: bool
    must_change_password: bool = Field(description="Until a new password is chosen, all else answers 403.")
    roles: list[RoleBrief]
    permissions: list[str]


class MeUpdate(Body):
    display_name: Name = unset()
    locale: Locale | None = unset()
    time_zone: TimeZone | None = unset()


class AvatarAnswer(Answer):
    avatar_url: str


class PasswordChange(Body):
    current_password: Password
    new_password: Password


class OwnSession(Answer):
    id: str
    created_at: datetime
    refreshed_at: datetime
    expires_at: datetime
    client_network: str
    user_agent: str
    is_remembered: bool
    is_current: bool


class EndedAnswer(Answer):
    ended: int


class OwnSignIn(Answer):
    id: int
    created_at: datetime
    outcome: LoginOutcome
    client_network: str
    user_agent: str

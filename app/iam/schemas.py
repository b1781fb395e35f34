"""What goes in and out of the account routes."""

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, SecretStr, StringConstraints

from app.core.schemas import Answer

# A password is at most 256 characters: hashing a megabyte would be a way to keep a core busy.
Username = Annotated[str, StringConstraints(min_length=1, max_length=64, pattern=r"^[^\x00-\x1f\x7f]+$")]


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
    token_type: Literal["bearer"] = "bearer"  # noqa: S105
    expires_in: int = Field(description="Seconds.")


class Me(Answer):
    """The signed-in account, with every permission label it holds."""

    id: int
    username: str
    display_name: str
    is_administrator: bool
    permissions: list[str]

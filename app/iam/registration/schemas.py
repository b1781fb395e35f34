"""What goes in and out of the routes for who is not signed in."""

import re
import unicodedata
from typing import Annotated, Literal

from pydantic import AfterValidator, Field, StringConstraints
from pydantic_core import PydanticCustomError

from app.core.crud import Body, Name
from app.core.email_address import EmailAddress
from app.core.mail import Locale
from app.core.schemas import Answer
from app.iam.users.models import normalise_username
from app.iam.users.schemas import Password

# Of a kind that mixes with Latin letters in honest names; others, mixed with them, make names that only look the same.
MIXES = frozenset({"LATIN", "CJK", "HIRAGANA", "KATAKANA", "HANGUL"})
FORM = re.compile(r"\w[\w.-]{1,62}\w")


def _chosen_username(value: str) -> str:
    """The name in its one spelling: 3 to 64 letters, digits, `_`, `.` and `-`, letters of one script."""
    name = normalise_username(value)
    scripts = {unicodedata.name(letter, "?").split()[0] for letter in name if letter.isalpha()}
    if not FORM.fullmatch(name) or not (scripts <= MIXES or len(scripts) == 1):
        raise PydanticCustomError("username_invalid", "A name has 3 to 64 letters, digits, dots, hyphens or lines.")
    return name


ChosenUsername = Annotated[str, Field(min_length=1, max_length=64), AfterValidator(_chosen_username)]
Token = Annotated[str, StringConstraints(min_length=1, max_length=128, pattern=r"^[A-Za-z0-9_-]+$")]


class CaptchaChallenge(Answer):
    """Find the `number` from 0 to `maxnumber` for which SHA-256(salt + number) is `challenge`."""

    algorithm: Literal["SHA-256"] = "SHA-256"
    challenge: str
    salt: str
    maxnumber: int
    signature: str


class MailBody(Body):
    email: EmailAddress
    locale: Locale = Field(description="Language of the mail.")
    captcha: str = Field(
        min_length=1,
        max_length=1024,
        description="The challenge with the `number` that was found, as JSON in base64.",
    )


class MailAnswer(Answer):
    """The same for every address, known or not."""

    expires_in_minutes: int


class RegistrationConfirm(Body):
    token: Token
    username: ChosenUsername
    display_name: Name
    password: Password


class RegisteredAnswer(Answer):
    username: str


class ResetConfirm(Body):
    token: Token
    password: Password


class DemoAccount(Answer):
    username: str
    password: str
    role: str


class OptionsAnswer(Answer):
    """What the pages for who is not signed in have to know."""

    title: str
    registration_enabled: bool
    password_reset_enabled: bool
    password_min_length: int
    demo_accounts: list[DemoAccount] = Field(description="Only in a product for trying out.")

"""Proof of work in altcha's form: the browser looks for a number, which costs a person nothing and a flood a lot.

The challenge carries our signature and its end, so nothing is kept of those that are given out, only of those used.
"""

import base64
import hashlib
import hmac
import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from altcha import v1 as altcha
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from app.core.clock import utc_now
from app.core.settings import Settings
from app.iam.registration.errors import captcha_invalid
from app.iam.registration.schemas import CaptchaChallenge

SALT = re.compile(r"[0-9a-f]{24}\?expires=([0-9]{1,12})&")


class _Solution(BaseModel):
    """Strict, before the library sees it; what altcha's own widget adds is left aside."""

    model_config = ConfigDict(strict=True, extra="ignore")

    algorithm: str
    challenge: str = Field(pattern=r"^[0-9a-f]{64}$")
    number: int = Field(ge=0)
    salt: str = Field(max_length=64)
    signature: str = Field(pattern=r"^[0-9a-f]{64}$")


@dataclass(frozen=True, slots=True)
class Solved:
    challenge: str
    expires_at: datetime


@dataclass(frozen=True)
class Captcha:
    key: str
    max_number: int
    life: timedelta

    @classmethod
    def of(cls, settings: Settings) -> "Captcha":
        """With a key of its own: the app's secret signs nothing but tokens."""
        key = hmac.digest(settings.secret_key.get_secret_value().encode(), b"captcha", hashlib.sha256).hex()
        return cls(key, settings.captcha_max_number, timedelta(minutes=settings.captcha_minutes))

    def challenge(self) -> CaptchaChallenge:
        options = altcha.ChallengeOptions(
            algorithm="SHA-256", max_number=self.max_number, hmac_key=self.key, expires=utc_now() + self.life
        )
        made = altcha.create_challenge(options)
        return CaptchaChallenge(
            challenge=made.challenge, salt=made.salt, maxnumber=made.max_number, signature=made.signature
        )

    def verify(self, payload: str) -> Solved:
        """The challenge that was solved, or CAPTCHA_INVALID. Whether it was used before, the caller must ask."""
        try:
            solution = _Solution.model_validate_json(base64.b64decode(payload, validate=True))
        except (ValueError, ValidationError) as error:
            raise captcha_invalid() from error
        salt = SALT.fullmatch(solution.salt)
        if salt is None or solution.algorithm != "SHA-256":
            raise captcha_invalid()
        good, _ = altcha.verify_solution(
            {
                "algorithm": "SHA-256",
                "challenge": solution.challenge,
                "number": solution.number,
                "salt": solution.salt,
                "signature": solution.signature,
            },
            self.key,
            check_expires=True,
        )
        if not good:
            raise captcha_invalid()
        return Solved(solution.challenge, datetime.fromtimestamp(int(salt[1]), UTC))

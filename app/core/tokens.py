"""Signed tokens. The only module that knows python-jose, whose defaults are dangerous (docs/decisions/0012)."""

from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from typing import Literal

from jose import jwt
from pydantic import BaseModel, ConfigDict, Field

ALGORITHM = "HS256"
LONGEST_TOKEN = 2048

TokenType = Literal["access", "refresh"]


class TokenInvalidError(Exception):
    """Not a token of ours, not of the type asked for, or past its time. Never says which."""


class Claims(BaseModel):
    """The whole content of our tokens; anything missing, of another type or too much is refused."""

    model_config = ConfigDict(strict=True, extra="forbid", frozen=True)

    sub: str = Field(pattern=r"^[1-9][0-9]{0,18}$", description="User id.")
    sid: str = Field(pattern=r"^[0-9a-f]{32}$", description="Session id.")
    jti: str = Field(pattern=r"^[0-9a-f]{32}$")
    typ: TokenType
    exp: int = Field(ge=0, lt=2**40)


@dataclass(frozen=True)
class Tokens:
    key: str

    def sign(self, claims: Claims) -> str:
        token: str = jwt.encode(claims.model_dump(), self.key, algorithm=ALGORITHM)
        return token

    def verify(self, token: str, expected: TokenType) -> Claims:
        """The claims of a sound, unexpired token of the expected type, or TokenInvalidError."""
        if len(token) > LONGEST_TOKEN:
            raise TokenInvalidError
        claims = _verify_signature(token, self.key)
        if claims.typ != expected or claims.exp <= datetime.now(UTC).timestamp():
            raise TokenInvalidError
        return claims


@lru_cache(maxsize=4096)
def _verify_signature(token: str, key: str) -> Claims:
    """Cached, because it never changes for one token; its time, session and user are asked anew every time."""
    try:
        payload = jwt.decode(
            token,
            key,
            algorithms=[ALGORITHM],
            options={
                "verify_exp": False,
                "verify_aud": False,
                "require_exp": True,
                "require_sub": True,
                "require_jti": True,
            },
        )
        return Claims.model_validate(payload)
    # A hostile header makes python-jose raise RecursionError, OverflowError and others before any signature check.
    except Exception as error:
        raise TokenInvalidError from error

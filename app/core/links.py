"""Signed links: the right to one file for a while, since an <img> or a download sends no token."""

import hmac
from collections.abc import Mapping
from functools import lru_cache
from hashlib import sha256
from time import time
from typing import Annotated
from urllib.parse import urlencode

from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from fastapi import Path, Query

from app.core.errors import ErrorCode, ProblemError
from app.core.settings import Settings

Expires = Annotated[int, Query(ge=0, le=2**53 - 1)]
Signature = Annotated[str, Query(pattern=r"^[0-9a-f]{64}$")]
FileKey = Annotated[str, Path(pattern=r"^[0-9a-f]{32}$")]


@lru_cache(maxsize=8)
def _key(secret: str, purpose: str) -> bytes:
    return HKDF(algorithm=SHA256(), length=32, salt=None, info=purpose.encode()).derive(secret.encode())


class Links:
    """Of one domain: its links are no other's."""

    def __init__(self, purpose: str) -> None:
        self._purpose = purpose

    def _signature(self, settings: Settings, subject: str, expires: int) -> str:
        message = f"{subject}\n{expires}".encode()
        return hmac.new(_key(settings.secret_key.get_secret_value(), self._purpose), message, sha256).hexdigest()

    def refuse_unsigned(self, settings: Settings, subject: str, expires: int, signature: str) -> int:
        """Raise 410 unless this is a link of ours that still holds; it is not said which of the two is wrong.

        Returns the seconds for which it does.
        """
        sound = hmac.compare_digest(self._signature(settings, subject, expires).encode(), signature.encode())
        left = expires - int(time())
        if not sound or left <= 0:
            raise ProblemError(ErrorCode.LINK_INVALID)
        return left

    def signed(
        self, settings: Settings, path: str, subject: str, expires: int, more: Mapping[str, str] | None = None
    ) -> str:
        signature = self._signature(settings, subject, expires)
        query = {**(more or {}), "expires": str(expires), "signature": signature}
        return f"{path}?{urlencode(query)}"

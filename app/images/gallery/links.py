"""Signed links: the right to one file for a while, since an <img> sends no token.

Their end is rounded, so that a list that is loaded again names the same addresses, and browsers keep what they have.
"""

import hmac
from collections.abc import Mapping
from functools import lru_cache
from hashlib import sha256
from time import time
from typing import Literal
from urllib.parse import urlencode

from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from app.core.errors import ErrorCode, ProblemError
from app.core.settings import Settings

ROUND_SECONDS = 3600
ARCHIVE_SECONDS = 24 * 3600
IMAGES = "/api/v1/images"

FileKind = Literal["original", "thumbnail", "download"]


@lru_cache(maxsize=4)
def _key(secret: str) -> bytes:
    return HKDF(algorithm=SHA256(), length=32, salt=None, info=b"images.links").derive(secret.encode())


def _signature(settings: Settings, subject: str, expires: int) -> str:
    message = f"{subject}\n{expires}".encode()
    return hmac.new(_key(settings.secret_key.get_secret_value()), message, sha256).hexdigest()


def refuse_unsigned(settings: Settings, subject: str, expires: int, signature: str) -> int:
    """Raise 410 unless this is a link of ours that still holds; it is not said which of the two is wrong.

    Returns the seconds for which it does.
    """
    sound = hmac.compare_digest(_signature(settings, subject, expires).encode(), signature.encode())
    left = expires - int(time())
    if not sound or left <= 0:
        raise ProblemError(ErrorCode.LINK_INVALID)
    return left


def _signed(settings: Settings, path: str, subject: str, expires: int, more: Mapping[str, str]) -> str:
    query = {**more, "expires": str(expires), "signature": _signature(settings, subject, expires)}
    return f"{path}?{urlencode(query)}"


def picture_subject(id_: int, kind: FileKind) -> str:
    return f"picture {id_} {kind}"


def archive_subject(key: str) -> str:
    return f"archive {key}"


def picture_link(settings: Settings, id_: int, kind: FileKind) -> str:
    """Holds for one to two hours."""
    expires = (int(time()) // ROUND_SECONDS + 2) * ROUND_SECONDS
    return _signed(settings, f"{IMAGES}/{id_}/file", picture_subject(id_, kind), expires, {"kind": kind})


def archive_link(settings: Settings, key: str) -> str:
    """Holds for as long as the archive is kept."""
    expires = int(time()) + ARCHIVE_SECONDS
    return _signed(settings, f"{IMAGES}/zips/{key}", archive_subject(key), expires, {})

"""Secrets of other services (a provider's key) at rest: sealed with a key that is derived from the product's own.

A sealed text says which product key sealed it, so that a replaced key is told from a damaged text.
"""

import hashlib
from base64 import urlsafe_b64encode

from cryptography.fernet import Fernet, InvalidToken
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from app.core.settings import Settings

FORM = "v1"
KEY_BYTES = 32
MARK_CHARACTERS = 12


class SecretUnreadableError(Exception):
    """A sealed text cannot be opened; the message says why and what to do, and never what was in it."""


class SecretBox:
    """`purpose`: what is kept, such as `chat_provider.key`. One purpose cannot open what another has sealed."""

    def __init__(self, secret_key: str, purpose: str) -> None:
        derived = HKDF(algorithm=SHA256(), length=KEY_BYTES, salt=None, info=f"secret_box:{purpose}".encode()).derive(
            secret_key.encode()
        )
        self._fernet = Fernet(urlsafe_b64encode(derived))
        self.mark = hashlib.sha256(b"mark:" + derived).hexdigest()[:MARK_CHARACTERS]

    @classmethod
    def of(cls, settings: Settings, purpose: str) -> "SecretBox":
        return cls(settings.secret_key.get_secret_value(), purpose)

    def seal(self, secret: str) -> str:
        return f"{FORM}.{self.mark}.{self._fernet.encrypt(secret.encode()).decode('ascii')}"

    def open(self, sealed: str) -> str:
        """What was sealed, or SecretUnreadableError."""
        form, _, rest = sealed.partition(".")
        mark, _, token = rest.partition(".")
        if form != FORM or not token:
            raise SecretUnreadableError("The stored key is damaged: enter it again.")
        if mark != self.mark:
            raise SecretUnreadableError(
                "The stored key was sealed with another secret key of this product (it was replaced since, or the "
                "database comes from another machine): enter it again."
            )
        try:
            return self._fernet.decrypt(token.encode()).decode()
        except (InvalidToken, ValueError) as error:
            raise SecretUnreadableError("The stored key is damaged: enter it again.") from error

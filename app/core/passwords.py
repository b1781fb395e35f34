"""Password hashes: argon2id, a few at a time, the same effort whether or not the account exists."""

import asyncio
import secrets

from pwdlib import PasswordHash
from pwdlib.hashers.argon2 import Argon2Hasher

# One check is about 40 ms and 64 MB; more at once than cores only makes each slower.
AT_ONCE = 2
GENERATED_BYTES = 18


class Passwords:
    def __init__(self) -> None:
        self._hasher = PasswordHash((Argon2Hasher(),))
        self._turns = asyncio.Semaphore(AT_ONCE)
        self._dummy = self._hasher.hash(secrets.token_urlsafe())

    def hash(self, password: str) -> str:
        return self._hasher.hash(password)

    async def make(self, password: str) -> str:
        """The hash of a new password, made beside the event loop."""
        async with self._turns:
            return await asyncio.to_thread(self._hasher.hash, password)

    async def verify(self, password: str, stored: str | None) -> tuple[bool, str | None]:
        """(right, new hash if the stored one is old). Without a stored hash a dummy takes the same time."""
        async with self._turns:
            right, updated = await asyncio.to_thread(self._hasher.verify_and_update, password, stored or self._dummy)
        return right and stored is not None, updated if stored is not None else None


def generate_password() -> str:
    """24 characters, 144 bits, safe in a shell and a URL."""
    return secrets.token_urlsafe(GENERATED_BYTES)

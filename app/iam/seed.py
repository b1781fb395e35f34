"""Accounts that a release makes sure of: the first administrator, and the machine's own user for the link check."""

from collections.abc import Callable

from app.core.database import Database
from app.core.passwords import Passwords, generate_password
from app.iam import repository
from app.iam.models import User

FIRST_ADMINISTRATOR = "admin"
PROBE = "link-check"


class NameTakenError(Exception):
    """Another account has the name."""


async def create_administrator(
    database: Database,
    passwords: Passwords,
    username: str,
    hand_over: Callable[[str], None],
    *,
    only_if_none: bool = False,
) -> bool:
    """Make an administrator with a random password, given to `hand_over` before the account is committed.

    So a password that could not be handed over leaves no account behind that nobody can use. With `only_if_none`,
    False when there is an administrator: asked inside the transaction, so that of many at once exactly one makes it.
    """
    if only_if_none:
        async with database.work() as work, work.reading() as reading:
            if await repository.has_administrator(reading):
                return False
    password = generate_password()
    password_hash = passwords.hash(password)
    async with database.work() as work:
        session = await work.writing()
        if only_if_none and await repository.has_administrator(session):
            return False
        if await repository.user_by_name(session, username) is not None:
            raise NameTakenError(username)
        session.add(User(username=username, display_name=username, password_hash=password_hash, is_administrator=True))
        await session.flush()
        hand_over(password)
    return True


async def ensure_probe(database: Database, passwords: Passwords, password: str) -> str | None:
    """Make sure that the link check can sign in with this password. Returns what was changed, if anything."""
    async with database.work() as work, work.reading() as reading:
        user = await repository.user_by_name(reading, PROBE)
    if user is not None and user.is_system and (await passwords.verify(password, user.password_hash))[0]:
        return None
    password_hash = passwords.hash(password)
    async with database.work() as work:
        session = await work.writing()
        user = await repository.user_by_name(session, PROBE)
        if user is None:
            session.add(User(username=PROBE, display_name="Link check", password_hash=password_hash, is_system=True))
            return f"created system user {PROBE}"
        if not user.is_system:
            raise NameTakenError(PROBE)
        user.password_hash = password_hash
    return f"new password for system user {PROBE}"

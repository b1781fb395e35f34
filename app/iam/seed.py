"""Accounts that a release makes sure of: the first administrator, and the machine's own user for the link check."""

from collections.abc import Callable
from dataclasses import dataclass

from app.core.database import Database
from app.core.passwords import Passwords, generate_password
from app.iam.roles import repository as roles
from app.iam.roles.models import UserRole
from app.iam.users import repository as users
from app.iam.users.models import User

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
            if await users.has_administrator(reading):
                return False
    password = generate_password()
    password_hash = passwords.hash(password)
    async with database.work() as work:
        session = await work.writing()
        if only_if_none and await users.has_administrator(session):
            return False
        if await users.user_by_name(session, username) is not None:
            raise NameTakenError(username)
        session.add(User(username=username, display_name=username, password_hash=password_hash, is_administrator=True))
        await session.flush()
        hand_over(password)
    return True


async def ensure_probe(database: Database, passwords: Passwords, password: str) -> str | None:
    """Make sure that the link check can sign in with this password. Returns what was changed, if anything."""
    async with database.work() as work, work.reading() as reading:
        user = await users.user_by_name(reading, PROBE)
    if user is not None and user.is_system and (await passwords.verify(password, user.password_hash))[0]:
        return None
    password_hash = passwords.hash(password)
    async with database.work() as work:
        session = await work.writing()
        user = await users.user_by_name(session, PROBE)
        if user is None:
            session.add(User(username=PROBE, display_name="Link check", password_hash=password_hash, is_system=True))
            return f"created system user {PROBE}"
        if not user.is_system:
            raise NameTakenError(PROBE)
        user.password_hash = password_hash
    return f"new password for system user {PROBE}"


@dataclass(frozen=True)
class DemoAccount:
    username: str
    display_name: str
    password: str
    role: str | None
    is_administrator: bool = False


# Known to everybody who reads this: only for a product that shows itself, never beside real data.
DEMO_ACCOUNTS = (
    DemoAccount("demo-admin", "Demo administrator", "show-me-everything", None, is_administrator=True),
    DemoAccount("demo-operator", "Demo operator", "show-me-the-levers", "operator"),
    DemoAccount("demo-user", "Demo user", "show-me-around", "member"),
)


async def ensure_demo_accounts(database: Database, passwords: Passwords) -> list[str]:
    """Make the accounts that are missing. One that is there keeps what a person made of it."""
    async with database.work() as work, work.reading() as reading:
        missing = [each for each in DEMO_ACCOUNTS if await users.user_by_name(reading, each.username) is None]
    made = [(each, await passwords.make(each.password)) for each in missing]
    changes: list[str] = []
    async with database.work() as work:
        session = await work.writing() if made else None
        for each, password_hash in made:
            if session is None or await users.user_by_name(session, each.username) is not None:
                continue
            user = User(
                username=each.username,
                display_name=each.display_name,
                password_hash=password_hash,
                is_administrator=each.is_administrator,
            )
            session.add(user)
            await session.flush()
            role = await roles.role_by_code(session, each.role) if each.role else None
            if role is not None:
                session.add(UserRole(user_id=user.id, role_id=role.id))
            changes.append(f"created demo account {each.username}")
    return changes

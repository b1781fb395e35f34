"""Changing one's own account."""

import secrets
from dataclasses import dataclass

from sqlalchemy.ext.asyncio import AsyncSession

from app.core.clock import utc_now
from app.core.database import Work
from app.core.mail import Mailer, spoken
from app.core.parameters import Parameters, declare_parameter
from app.core.password_rules import refuse_weak_password
from app.core.passwords import Passwords
from app.core.principal import Principal
from app.core.settings import Settings
from app.iam.account import repository
from app.iam.account.avatars import make_avatar
from app.iam.account.errors import password_changed_meanwhile, password_reused, password_wrong
from app.iam.account.letters import letter
from app.iam.account.models import Avatar, PasswordHistory
from app.iam.account.schemas import MeUpdate, PasswordChange
from app.iam.registration.repository import use_up_resets
from app.iam.sessions import limits
from app.iam.sessions.errors import session_revoked
from app.iam.sessions.models import LoginFailure
from app.iam.users import repository as users
from app.iam.users.models import User

MOST_HISTORY = 24

PASSWORD_MIN_LENGTH = declare_parameter(
    "password.min_length", "integer", 10, "Shortest password", "Characters that a new password has at least.", least=8
)
PASSWORD_HISTORY = declare_parameter(
    "password.history",
    "integer",
    5,
    "Passwords remembered",
    f"A new password is none of a person's last ones: how many are looked at, {MOST_HISTORY} at most.",
)


@dataclass(frozen=True)
class PasswordPolicy:
    """Which new passwords are taken: rules that hold for everybody, and what this person had before."""

    passwords: Passwords
    parameters: Parameters

    async def refuse_weak(self, password: str, field: str, *names: str | None) -> None:
        shortest = await self.parameters.get(PASSWORD_MIN_LENGTH)
        refuse_weak_password(password, field=field, shortest=shortest, names=names)

    async def remembered(self) -> int:
        """How many former passwords count besides the present one."""
        return max(0, min(await self.parameters.get(PASSWORD_HISTORY), MOST_HISTORY) - 1)

    async def refuse_used(self, password: str, field: str, hashes: list[str]) -> None:
        """Slow, a hash for each: not inside a transaction."""
        for stored in hashes:
            if (await self.passwords.verify(password, stored))[0]:
                raise password_reused(field)


async def set_password(session: AsyncSession, user: User, new_hash: str, *, is_due: bool = False) -> None:
    """The one way to replace a password. `is_due`: the person has to choose another one at the next sign-in.

    A link to choose a new one that was asked for before is of no use any more.
    """
    session.add(PasswordHistory(user_id=user.id, password_hash=user.password_hash))
    user.password_hash = new_hash
    user.password_changed_at = utc_now()
    user.must_change_password = is_due
    await session.flush()
    await use_up_resets(session, user.id, user.password_changed_at)
    await repository.forget_older_hashes(session, user.id, MOST_HISTORY)


def tell_of_new_password(mailer: Mailer, session: AsyncSession, user: User, title: str) -> None:
    """So that the owner learns of it when it was somebody else."""
    if user.email is not None and mailer.is_set_up:
        told = letter("password_changed", user.email, spoken(user.locale), title=title, username=user.username)
        mailer.post(session, told)


@dataclass(frozen=True)
class OwnAccount:
    settings: Settings
    passwords: Passwords
    policy: PasswordPolicy
    mailer: Mailer

    async def change_password(self, work: Work, principal: Principal, body: PasswordChange, network: str) -> None:
        current, wanted = body.current_password.get_secret_value(), body.new_password.get_secret_value()
        attempt = limits.Attempt(principal.username, network, utc_now())
        remembered = await self.policy.remembered()
        async with work.reading() as reading:
            await limits.refuse_if_over(reading, attempt, self.settings)
            user = await _self(reading, principal)
            former = await repository.former_hashes(reading, user.id, remembered)
        right, _ = await self.passwords.verify(current, user.password_hash)
        new_hash = ""
        if right:
            await self.policy.refuse_weak(wanted, "new_password", user.username, user.email)
            await self.policy.refuse_used(wanted, "new_password", [user.password_hash, *former])
            new_hash = await self.passwords.make(wanted)
        session = await work.writing()
        await limits.refuse_if_over(session, attempt, self.settings)
        if not right:
            session.add(LoginFailure(username=principal.username, client_network=network))
            raise password_wrong()
        row = await _self(session, principal)
        if row.password_hash != user.password_hash:
            raise password_changed_meanwhile()
        await set_password(session, row, new_hash)
        await repository.end_own_sessions(session, row.id, utc_now(), but=[principal.session_id])
        tell_of_new_password(self.mailer, session, row, self.settings.title)


async def change_profile(session: AsyncSession, principal: Principal, body: MeUpdate) -> User:
    user = await _self(session, principal)
    for name, value in body.model_dump(exclude_unset=True).items():
        setattr(user, name, value)
    return user


async def change_avatar(work: Work, principal: Principal, content: bytes) -> str:
    """The key of the new picture. The old one is removed: whoever has its address sees it no more."""
    picture = await make_avatar(content)
    session = await work.writing()
    user = await _self(session, principal)
    await repository.remove_avatars(session, user.id)
    user.avatar_key = secrets.token_hex(16)
    session.add(Avatar(key=user.avatar_key, user_id=user.id, content=picture))
    return user.avatar_key


async def remove_avatar(session: AsyncSession, principal: Principal) -> None:
    user = await _self(session, principal)
    user.avatar_key = None
    await repository.remove_avatars(session, user.id)


async def _self(session: AsyncSession, principal: Principal) -> User:
    """The caller's own row, unless the account was closed since the request came in."""
    user = await users.active_user(session, principal.user_id)
    if user is None:
        raise session_revoked()
    return user

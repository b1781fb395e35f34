"""Passwords that somebody else sets."""

from dataclasses import dataclass

from pydantic import SecretStr
from sqlalchemy.ext.asyncio import AsyncSession

from app.core.clock import utc_now
from app.core.passwords import generate_password
from app.iam.account.service import PasswordPolicy, set_password
from app.iam.sessions import repository as sessions
from app.iam.users.service import refuse_stronger, service


@dataclass(frozen=True, slots=True)
class GivenPassword:
    hash: str
    to_show: str | None

    @staticmethod
    async def of(sent: SecretStr | None, policy: PasswordPolicy, *names: str | None) -> "GivenPassword":
        """The sent one, if the rules allow it, or one made here. Slow, a hash: not inside a transaction."""
        password = generate_password() if sent is None else sent.get_secret_value()
        if sent is not None:
            await policy.refuse_weak(password, "password", *names)
        return GivenPassword(await policy.passwords.make(password), password if sent is None else None)


async def give_password(session: AsyncSession, user_id: int, given: GivenPassword) -> None:
    user = await service.get(session, user_id)
    await refuse_stronger(session, [user_id])
    await set_password(session, user, given.hash, is_due=True)
    await sessions.end_sessions(session, [user_id], utc_now())

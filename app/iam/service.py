"""Signing in, staying signed in, and signing out."""

import secrets
import unicodedata
from dataclasses import dataclass
from datetime import datetime, timedelta

from loguru import logger
from sqlalchemy.ext.asyncio import AsyncSession

from app.core.clock import utc_now
from app.core.database import Database, Work
from app.core.passwords import Passwords
from app.core.permissions import all_labels
from app.core.principal import Principal
from app.core.settings import Settings
from app.core.tokens import Claims, TokenInvalidError, Tokens, TokenType
from app.iam import limits, repository
from app.iam.errors import invalid_credentials, session_revoked, token_invalid
from app.iam.models import LoginFailure, User, UserSession
from app.iam.schemas import LoginForm


@dataclass(frozen=True, slots=True)
class Caller:
    client_network: str
    user_agent: str


@dataclass(frozen=True, slots=True)
class SignedIn:
    access_token: str
    refresh_token: str
    session: UserSession


def normalise_username(name: str) -> str:
    """One spelling a person: `Ａdmin`, ` admin` and `ADMIN` are the same account."""
    return unicodedata.normalize("NFKC", name).strip().casefold()


def verify_token(tokens: Tokens, token: str, expected: TokenType) -> Claims:
    try:
        return tokens.verify(token, expected)
    except TokenInvalidError:
        raise token_invalid() from None


async def find_principal(database: Database, tokens: Tokens, token: str) -> Principal:
    claims = verify_token(tokens, token, "access")
    row = repository.session_and_user(database.points, claims.sid)
    if row is None or row.is_revoked or not row.is_active or row.expires_at <= utc_now():
        raise session_revoked()
    if str(row.user_id) != claims.sub:
        raise token_invalid()
    permissions = tuple(all_labels()) if row.is_administrator else ()
    return Principal(row.user_id, row.session_id, row.username, row.display_name, row.is_administrator, permissions)


@dataclass(frozen=True)
class SignIn:
    settings: Settings
    tokens: Tokens
    passwords: Passwords

    async def log_in(self, work: Work, form: LoginForm, caller: Caller) -> SignedIn:
        username = normalise_username(form.username)
        attempt = limits.Attempt(username, caller.client_network, utc_now())
        async with work.reading() as reading:
            await limits.refuse_if_over(reading, attempt, self.settings)
            user = await repository.user_by_name(reading, username)
        usable = user is not None and user.is_active
        right, new_hash = await self.passwords.verify(
            form.password.get_secret_value(), user.password_hash if user and usable else None
        )
        session = await work.writing()
        # Asked again in our turn: of many guesses sent at once only as many count as the limit allows, right ones too.
        await limits.refuse_if_over(session, attempt, self.settings)
        if not right or user is None:
            session.add(LoginFailure(username=username, client_network=caller.client_network))
            window = timedelta(seconds=self.settings.login_window_seconds)
            await repository.remove_old_failures(session, attempt.now - window)
            logger.warning("Failed sign-in from {}", caller.client_network)
            raise invalid_credentials()
        current = await repository.active_user(session, user.id)
        if current is None or current.password_hash != user.password_hash:
            raise invalid_credentials()  # disabled or changed while the password was checked
        if new_hash is not None:
            current.password_hash = new_hash
        await repository.forget_failures(session, username, caller.client_network)
        await repository.remove_expired_sessions(session, user.id, attempt.now)
        return await self._open_session(session, current, caller, remember=form.remember)

    async def _open_session(self, session: AsyncSession, user: User, caller: Caller, *, remember: bool) -> SignedIn:
        now = utc_now()
        life = timedelta(days=self.settings.remember_days) if remember else timedelta(hours=self.settings.session_hours)
        row = UserSession(
            id=secrets.token_hex(16),
            user_id=user.id,
            creator_id=user.id,
            expires_at=now + life,
            is_remembered=remember,
            refresh_id=secrets.token_hex(16),
            refreshed_at=now,
            client_network=caller.client_network,
            user_agent=caller.user_agent,
        )
        session.add(row)
        await session.flush()
        logger.info("User {} signed in from {}, session {}", user.id, caller.client_network, row.id)
        return self._tokens_of(row, now)

    async def refresh(self, work: Work, refresh_token: str) -> SignedIn:
        """Rotate. An old token ends the session, except for a few seconds in which two tabs may have asked at once."""
        claims = verify_token(self.tokens, refresh_token, "refresh")
        session = await work.writing()
        now = utc_now()
        row = await repository.user_session(session, claims.sid)
        if row is None or row.revoked_at is not None or row.expires_at <= now or str(row.user_id) != claims.sub:
            raise session_revoked()
        if await repository.active_user(session, row.user_id) is None:
            raise session_revoked()
        if claims.jti == row.refresh_id:
            row.previous_refresh_id, row.refresh_id = row.refresh_id, secrets.token_hex(16)
            row.refreshed_at = now
        elif not self._is_twin(row, claims.jti, now):
            row.revoked_at = now
            logger.warning("A used refresh token came again: session {} of user {} ended", row.id, row.user_id)
            raise session_revoked()
        return self._tokens_of(row, now)

    def _is_twin(self, row: UserSession, refresh_id: str, now: datetime) -> bool:
        grace = timedelta(seconds=self.settings.refresh_grace_seconds)
        return refresh_id == row.previous_refresh_id and now < row.refreshed_at + grace

    async def log_out(self, work: Work, access_token: str | None, refresh_token: str | None) -> None:
        """End the session that either token names. A token that is no good ends nothing, and that is fine."""
        offered: tuple[tuple[str | None, TokenType], ...] = ((refresh_token, "refresh"), (access_token, "access"))
        for token, expected in offered:
            try:
                claims = self.tokens.verify(token or "", expected)
            except TokenInvalidError:
                continue
            await repository.revoke_session(await work.writing(), claims.sid, utc_now())

    def _tokens_of(self, row: UserSession, now: datetime) -> SignedIn:
        access_life = timedelta(minutes=self.settings.access_token_minutes)
        subject = str(row.user_id)

        def signed(typ: TokenType, jti: str, expires_at: datetime) -> str:
            return self.tokens.sign(Claims(sub=subject, sid=row.id, jti=jti, typ=typ, exp=int(expires_at.timestamp())))

        return SignedIn(
            access_token=signed("access", secrets.token_hex(16), min(now + access_life, row.expires_at)),
            refresh_token=signed("refresh", row.refresh_id, row.expires_at),
            session=row,
        )

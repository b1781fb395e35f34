"""Signing in, staying signed in, and signing out."""

import secrets
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from loguru import logger
from sqlalchemy.ext.asyncio import AsyncSession

from app.core.clock import utc_now
from app.core.database import Database, Work
from app.core.errors import too_many_attempts
from app.core.parameters import LOG_RETENTION_DAYS, Parameters
from app.core.passwords import Passwords
from app.core.permissions import all_labels
from app.core.principal import Principal
from app.core.settings import Settings
from app.core.tokens import Claims, TokenInvalidError, Tokens, TokenType
from app.iam.menus.rights import Rights
from app.iam.sessions import limits, repository
from app.iam.sessions.errors import invalid_credentials, session_revoked, token_invalid
from app.iam.sessions.models import LoginFailure, LoginLog, LoginOutcome, UserSession
from app.iam.sessions.schemas import LoginForm
from app.iam.users import repository as users
from app.iam.users.models import User, normalise_username

PRUNED_AT_ONCE = 20


@dataclass(frozen=True, slots=True)
class Caller:
    client_network: str
    user_agent: str


@dataclass(frozen=True, slots=True)
class SignedIn:
    access_token: str
    refresh_token: str
    session: UserSession


def verify_token(tokens: Tokens, token: str, expected: TokenType) -> Claims:
    try:
        return tokens.verify(token, expected)
    except TokenInvalidError:
        raise token_invalid() from None


@dataclass(frozen=True)
class Callers:
    """Finds out who asks."""

    database: Database
    tokens: Tokens
    rights: Rights
    everything: frozenset[str] = field(default_factory=lambda: frozenset(all_labels()))

    async def find(self, token: str) -> Principal:
        claims = verify_token(self.tokens, token, "access")
        row = await repository.session_and_user(self.database.points, claims.sid)
        if row is None or row.is_revoked or not row.is_active or row.expires_at <= utc_now():
            raise session_revoked()
        if str(row.user_id) != claims.sub:
            raise token_invalid()
        granted = await self.rights.of_roles(row.rights_version, row.role_ids)
        return Principal(
            user_id=row.user_id,
            session_id=row.session_id,
            username=row.username,
            display_name=row.display_name,
            is_administrator=row.is_administrator,
            permissions=self.everything if row.is_administrator else granted.labels,
            menu_ids=granted.menu_ids,
            roles=granted.roles,
            must_change_password=row.must_change_password,
            email=row.email,
            avatar_key=row.avatar_key,
            locale=row.locale,
            time_zone=row.time_zone,
        )


def _why_not(user: User | None) -> LoginOutcome:
    if user is None:
        return LoginOutcome.UNKNOWN_ACCOUNT
    return LoginOutcome.WRONG_PASSWORD if user.is_active else LoginOutcome.DISABLED


@dataclass(frozen=True)
class Log:
    """The row of one attempt."""

    session: AsyncSession
    attempt: limits.Attempt
    caller: Caller
    user: User | None
    retention_days: int

    async def keep(self, outcome: LoginOutcome) -> None:
        """And remove a few rows that are too old, so that the log stays as long as it is meant to be."""
        self.session.add(
            LoginLog(
                created_at=self.attempt.now,
                username=self.attempt.username,
                user_id=self.user.id if self.user else None,
                outcome=outcome,
                client_network=self.caller.client_network,
                user_agent=self.caller.user_agent,
            )
        )
        before = self.attempt.now - timedelta(days=self.retention_days)
        await repository.login_log.remove_before(self.session, before, PRUNED_AT_ONCE)


@dataclass(frozen=True)
class SignIn:
    settings: Settings
    tokens: Tokens
    passwords: Passwords
    parameters: Parameters

    async def log_in(self, work: Work, form: LoginForm, caller: Caller) -> SignedIn:
        username = normalise_username(form.username)
        attempt = limits.Attempt(username, caller.client_network, utc_now())
        async with work.reading() as reading:
            over = await limits.over(reading, attempt, self.settings)
            if over is not None and await self._is_told(reading, attempt, over):
                raise too_many_attempts(over.until, attempt.now)
            user = await users.user_by_name(reading, username)
        if over is None:
            usable = user is not None and user.is_active
            right, new_hash = await self.passwords.verify(
                form.password.get_secret_value(), user.password_hash if user and usable else None
            )
        else:
            right, new_hash = False, None
        days = await self.parameters.get(LOG_RETENTION_DAYS)
        session = await work.writing()
        log = Log(session, attempt, caller, user, days)
        # Asked again in our turn: of many guesses sent at once only as many count as the limit allows, right ones too.
        over = await limits.over(session, attempt, self.settings) or over
        if over is not None:
            if not await self._is_told(session, attempt, over):
                await log.keep(LoginOutcome.LIMITED)
            raise too_many_attempts(over.until, attempt.now)
        if not right or user is None:
            session.add(LoginFailure(username=username, client_network=caller.client_network))
            await repository.remove_old_failures(session, attempt.now - self._window)
            await log.keep(_why_not(user))
            logger.warning("Failed sign-in from {}", caller.client_network)
            raise invalid_credentials()
        current = await users.active_user(session, user.id)
        if current is None or current.password_hash != user.password_hash:
            await log.keep(LoginOutcome.DISABLED if current is None else LoginOutcome.WRONG_PASSWORD)
            raise invalid_credentials()  # disabled or changed while the password was checked
        if new_hash is not None:
            current.password_hash = new_hash
        await repository.forget_failures(session, username, caller.client_network)
        await repository.remove_expired_sessions(session, user.id, attempt.now)
        await users.signed_in(session, user.id, attempt.now)
        if not user.is_system:  # the link check signs in every few minutes and would drown what people do
            await log.keep(LoginOutcome.SUCCESS)
        return await self.open_session(session, current, caller, remember=form.remember)

    @property
    def _window(self) -> timedelta:
        return timedelta(seconds=self.settings.login_window_seconds)

    async def _is_told(self, session: AsyncSession, attempt: limits.Attempt, over: limits.Over) -> bool:
        """The first refusal in a window is logged; the flood after it writes nothing."""
        since = attempt.now - self._window
        return await repository.is_logged_as_limited(session, attempt.client_network, over.username, since)

    async def open_session(self, session: AsyncSession, user: User, caller: Caller, *, remember: bool) -> SignedIn:
        """For somebody whose right to it is known."""
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
        if await users.active_user(session, row.user_id) is None:
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

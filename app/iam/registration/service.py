"""Registration and password reset by mail. Known and unknown addresses get the same answer for about the same work."""

import hashlib
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from urllib.parse import quote

from loguru import logger
from sqlalchemy.ext.asyncio import AsyncSession

from app.core.clock import utc_now
from app.core.database import Work
from app.core.mail import Mailer
from app.core.notices import ADMINISTRATORS, Texts, declare_notice, notify, text
from app.core.parameters import Parameters, declare_parameter
from app.core.passwords import Passwords
from app.core.settings import Settings
from app.iam.account.letters import letter
from app.iam.account.repository import former_hashes
from app.iam.account.service import PasswordPolicy, set_password, tell_of_new_password
from app.iam.registration import limits, repository
from app.iam.registration.captcha import Captcha, Solved
from app.iam.registration.errors import (
    captcha_invalid,
    email_refused,
    link_invalid,
    mail_unavailable,
    registration_disabled,
    username_taken,
)
from app.iam.registration.models import PasswordReset, PendingRegistration, UsedCaptcha
from app.iam.registration.schemas import MailBody, RegistrationConfirm, ResetConfirm
from app.iam.roles.models import UserRole
from app.iam.roles.repository import default_role_ids
from app.iam.sessions.repository import end_sessions, forget_all_failures
from app.iam.users import repository as users
from app.iam.users.models import User

TOKEN_BYTES = 32
# Names that a reader would take for the house's own.
RESERVED = frozenset({"admin", "administrator", "root", "system", "support", "security", "link-check"})

REGISTRATION_ENABLED = declare_parameter(
    "registration.enabled", "boolean", False, "Registration", "Whether strangers may make an account by e-mail."
)
DISPOSABLE_DOMAINS = declare_parameter(
    "registration.disposable_domains",
    "text",
    "10minutemail.com 33mail.com dispostable.com emailondeck.com fakeinbox.com getnada.com grr.la guerrillamail.com"
    " guerrillamail.net guerrillamailblock.com inboxkitten.com mailcatch.com maildrop.cc mailinator.com mailnesia.com"
    " mailsac.com mintemail.com moakt.com mohmal.com mytemp.email sharklasers.com spam4.me spamgourmet.com"
    " temp-mail.org tempail.com tempmail.com tempmailo.com tempr.email throwawaymail.com trashmail.com yopmail.com",
    "Throw-away mail",
    "Domains whose addresses may not register, with all below them; blanks or lines between.",
)
REGISTERED = declare_notice(
    "account.registered",
    {"username": text("ada"), "display_name": text("Ada Lovelace"), "email": text("ada@example.org")},
    en=Texts(
        "Somebody registered",
        "New account: ${username}",
        "${display_name} (${username}, ${email}) has registered. The roles of whoever registers were given; "
        "more are yours to give.",
    ),
    zh_cn=Texts(
        "有新用户注册",
        "新用户注册：${username}",
        "${display_name}（${username}，${email}）已注册，并获得注册用户的默认角色。如需更多权限，请由管理员分配。",
    ),
)


@dataclass(frozen=True)
class ByMail:
    settings: Settings
    passwords: Passwords
    parameters: Parameters
    mailer: Mailer
    captcha: Captcha
    policy: PasswordPolicy

    async def is_open(self) -> bool:
        return self.mailer.is_set_up and await self.parameters.get(REGISTRATION_ENABLED)

    async def ask_registration(self, work: Work, body: MailBody, network: str) -> int:
        """Send a link, or to who has an account word of that. Returns for how many minutes the link works."""
        solved = self.captcha.verify(body.captcha)
        await self._refuse_if_closed()
        self._refuse_without_mail()
        if await self._is_disposable(body.email):
            raise email_refused()
        session, now = await work.writing(), utc_now()
        await self._admit(session, body.email, solved, network, now)
        known = await repository.user_by_email(session, body.email)
        if known is not None:
            self._send_reset(session, known, "already_registered", body, now)
        else:
            minutes = self.settings.registration_link_minutes
            token, expires_at = secrets.token_urlsafe(TOKEN_BYTES), now + timedelta(minutes=minutes)
            pending = PendingRegistration(
                token_hash=_hash(token), email=body.email, locale=body.locale, expires_at=expires_at
            )
            session.add(pending)
            url = f"{self.settings.public_url}/register/confirm#token={token}"
            title = self.settings.title
            told = letter(
                "registration", body.email, body.locale, url=url, expires_at=expires_at, title=title, minutes=minutes
            )
            self.mailer.post(session, told)
        return self.settings.registration_link_minutes

    async def ask_reset(self, work: Work, body: MailBody, network: str) -> int:
        """Send a link to the account's address. Returns for how many minutes the link works."""
        solved = self.captcha.verify(body.captcha)
        self._refuse_without_mail()
        session, now = await work.writing(), utc_now()
        await self._admit(session, body.email, solved, network, now)
        known = await repository.user_by_email(session, body.email)
        self._send_reset(session, known, "password_reset", body, now)
        return self.settings.password_reset_link_minutes

    async def confirm_registration(self, work: Work, body: RegistrationConfirm) -> str:
        """Make the account, with the default role and the password that was chosen. The link is good once."""
        await self._refuse_if_closed()
        password, token_hash = body.password.get_secret_value(), _hash(body.token)
        async with work.reading() as reading:
            email = (await self._pending(reading, token_hash, body.username)).email
        await self.policy.refuse_weak(password, "password", body.username, email)
        password_hash = await self.passwords.make(password)
        session, now = await work.writing(), utc_now()
        pending = await self._pending(session, token_hash, body.username)
        user = User(
            username=body.username,
            display_name=body.display_name,
            email=pending.email,
            locale=pending.locale,
            password_hash=password_hash,
            password_changed_at=now,
        )
        session.add(user)
        await session.flush()
        session.add_all(UserRole(user_id=user.id, role_id=id_) for id_ in await default_role_ids(session))
        await repository.use_up_registrations(session, pending.email, now)
        told = {"username": user.username, "display_name": user.display_name, "email": pending.email}
        await notify(session, REGISTERED, to=ADMINISTRATORS, values=told, link=f"/users?q={quote(user.username)}")
        logger.info("User {} registered", user.id)
        return user.username

    async def confirm_reset(self, work: Work, body: ResetConfirm) -> None:
        """Set the new password, and end every session: whoever is in by the old one goes."""
        password, token_hash = body.password.get_secret_value(), _hash(body.token)
        remembered = await self.policy.remembered()
        async with work.reading() as reading:
            user = await self._resetting(reading, token_hash)
            former = await former_hashes(reading, user.id, remembered)
        await self.policy.refuse_weak(password, "password", user.username, user.email)
        await self.policy.refuse_used(password, "password", [user.password_hash, *former])
        password_hash = await self.passwords.make(password)
        session, now = await work.writing(), utc_now()
        row = await self._resetting(session, token_hash)
        await set_password(session, row, password_hash)
        await end_sessions(session, [row.id], now)
        await forget_all_failures(session, row.username)
        tell_of_new_password(self.mailer, session, row, self.settings.title)
        logger.info("User {} chose a new password by mail", row.id)

    async def _refuse_if_closed(self) -> None:
        if not await self.parameters.get(REGISTRATION_ENABLED):
            raise registration_disabled()

    def _refuse_without_mail(self) -> None:
        if not self.mailer.is_set_up:
            raise mail_unavailable()

    async def _is_disposable(self, email: str) -> bool:
        refused = {word.strip(".,;@").casefold() for word in (await self.parameters.get(DISPOSABLE_DOMAINS)).split()}
        labels = email.rpartition("@")[2].split(".")
        return any(".".join(labels[start:]) in refused for start in range(len(labels)))

    async def _admit(self, session: AsyncSession, email: str, solved: Solved, network: str, now: datetime) -> None:
        if await repository.is_used(session, solved.challenge):
            raise captcha_invalid()
        await limits.count_request(session, email, network, now, self.settings)
        session.add(UsedCaptcha(challenge=solved.challenge, expires_at=solved.expires_at))

    def _send_reset(self, session: AsyncSession, user: User | None, kind: str, body: MailBody, now: datetime) -> None:
        """A link to who may have one; for the rest a row that nobody has the token of, so that the work is alike."""
        may = user is not None and user.is_active and not user.is_system
        minutes, token = self.settings.password_reset_link_minutes, secrets.token_urlsafe(TOKEN_BYTES)
        expires_at = now + timedelta(minutes=minutes)
        user_id = user.id if user is not None and may else None
        session.add(PasswordReset(token_hash=_hash(token), user_id=user_id, expires_at=expires_at))
        if user is not None and may:
            url = f"{self.settings.public_url}/password-reset/confirm#token={token}"
            told = letter(
                kind,
                body.email,
                body.locale,
                url=url,
                expires_at=expires_at,
                title=self.settings.title,
                username=user.username,
                minutes=minutes,
            )
            self.mailer.post(session, told)

    async def _pending(self, session: AsyncSession, token_hash: str, username: str) -> PendingRegistration:
        pending = await repository.pending_registration(session, token_hash, utc_now())
        if pending is None or await repository.user_by_email(session, pending.email) is not None:
            raise link_invalid()
        if username in RESERVED or await users.user_by_name(session, username) is not None:
            raise username_taken()
        return pending

    async def _resetting(self, session: AsyncSession, token_hash: str) -> User:
        reset = await repository.password_reset(session, token_hash, utc_now())
        user = await users.active_user(session, reset.user_id) if reset is not None and reset.user_id else None
        if user is None or user.is_system:
            raise link_invalid()
        return user


def _hash(token: str) -> str:
    """The token has 256 bits, so one fast hash is enough: there is nothing to guess."""
    return hashlib.sha256(token.encode()).hexdigest()

"""The outbox: takes letters in with the transaction of whoever posts them."""

import secrets
from dataclasses import dataclass

from sqlalchemy.ext.asyncio import AsyncSession

from app.core.clock import utc_now
from app.core.mail import Letter
from app.core.settings import Settings
from app.notify.message import as_html, as_text, subject_line
from app.notify.models import OutboxMail


@dataclass(frozen=True)
class Outbox:
    """The mail port of app.core.mail."""

    settings: Settings

    @property
    def is_set_up(self) -> bool:
        return self.settings.sends_mail

    def post(self, session: AsyncSession, letter: Letter) -> None:
        title = self.settings.title
        session.add(
            OutboxMail(
                message_id=secrets.token_hex(16),
                recipient=letter.recipient,
                subject=subject_line(letter),
                text=as_text(letter, title),
                html=as_html(letter, title),
                next_attempt_at=utc_now(),
                expires_at=letter.expires_at,
            )
        )

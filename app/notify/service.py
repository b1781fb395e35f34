"""The outbox: takes letters in with the transaction of whoever posts them; what people do with messages."""

import secrets
from collections.abc import Iterable
from dataclasses import dataclass

from sqlalchemy.ext.asyncio import AsyncSession

from app.core.clock import utc_now
from app.core.crud import Service
from app.core.errors import ErrorCode, ProblemError
from app.core.mail import Letter
from app.core.parameters import declare_parameter
from app.core.settings import Settings
from app.jobs import cancel as cancel_job
from app.notify.message import as_html, as_text, subject_line
from app.notify.models import OutboxMessage, OutboxState
from app.notify.repository import outbox
from app.notify.schemas import OutboxMessageAnswer

RETENTION_DAYS = declare_parameter(
    "notify.outbox_retention_days",
    "integer",
    30,
    "Days that sent messages are kept",
    "Mails and messages to channels that are over are removed from the outbox after this many days.",
    least=1,
)


@dataclass(frozen=True)
class Outbox:
    """The mail port of app.core.mail."""

    settings: Settings

    @property
    def is_set_up(self) -> bool:
        return self.settings.sends_mail

    def post(self, session: AsyncSession, letter: Letter) -> None:
        session.add(self.wrapped(letter))

    def wrapped(self, letter: Letter) -> OutboxMessage:
        title = self.settings.title
        return OutboxMessage(
            message_id=secrets.token_hex(16),
            recipient=letter.recipient,
            subject=subject_line(letter),
            text=as_text(letter, title),
            html=as_html(letter, title),
            locale=letter.locale,
            next_attempt_at=utc_now(),
            expires_at=letter.expires_at,
        )


def close(message: OutboxMessage, state: OutboxState) -> None:
    """The end of a message, and of its words: they hold live links. Of a notice that failed they stay, to try again."""
    message.state, message.finished_at = state, utc_now()
    if state is not OutboxState.FAILED or message.is_letter:
        message.text = message.html = message.link = ""


service = Service("outbox_message", "outbox_messages", outbox, OutboxMessageAnswer)


async def cancel(session: AsyncSession, ids: Iterable[int]) -> None:
    """Not sent any more. One that a job is sending at this moment may arrive all the same."""
    for message in await service.all_of(session, ids):
        if message.state == OutboxState.SENDING and message.job_id is not None:
            await cancel_job(session, message.job_id)
        elif message.state == OutboxState.WAITING:
            close(message, OutboxState.CANCELLED)
        else:
            raise ProblemError(ErrorCode.CONFLICT, "Only a message that is not over can be called off.")
    await session.flush()


async def retry(session: AsyncSession, ids: Iterable[int]) -> None:
    """From the first attempt on, as if it were new."""
    for message in await service.all_of(session, ids):
        if not message.may_retry:
            raise ProblemError(
                ErrorCode.CONFLICT, "Only a message that failed, and whose words are kept, can be sent again."
            )
        message.state, message.attempts, message.finished_at = OutboxState.WAITING, 0, None
        message.next_attempt_at = utc_now()
    await session.flush()

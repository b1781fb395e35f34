"""Delivery: takes letters out of the outbox and hands them to the mail server, in the background of a web process.

A claim is a lease in the row, taken under the write lock, so of many processes one sends a letter; a letter whose
sender was killed is due again when its lease ends. The durable worker can run `deliver_due` instead of `run`.
"""

import asyncio
from dataclasses import dataclass, field
from datetime import timedelta

from aiosmtplib import SMTP, SMTPDataError, SMTPException, SMTPRecipientsRefused
from loguru import logger
from sqlalchemy.exc import OperationalError

from app.core.clock import utc_now
from app.core.database import Database
from app.core.settings import Settings
from app.core.write_queue import WriteQueueTimeoutError
from app.notify import repository
from app.notify.message import as_message
from app.notify.models import OutboxMail, OutboxState

LOOK_SECONDS = 1.0
SEND_SECONDS = 45.0
STOP_SECONDS = 5.0
LEASE = timedelta(seconds=120)  # longer than sending can take
BACKOFF_SECONDS = (15, 60, 240, 960, 3600, 14_400)
PAUSES_TO_NOTE = (0.0, 1.0, 5.0, 15.0)
KEPT = timedelta(days=30)
PERMANENT = 500
LONGEST_ERROR = 256


class RefusedForGoodError(Exception):
    """The server will never take this letter."""


@dataclass
class Delivery:
    database: Database
    settings: Settings
    _stopping: asyncio.Event = field(default_factory=asyncio.Event)

    async def run(self) -> None:
        """Look for letters until asked to stop."""
        while not self._stopping.is_set():
            try:
                if repository.has_due(self.database.points, utc_now()):
                    await self.deliver_due()
            except Exception:
                # Whatever it was, the next round is to come: mail would wait for the next start. Cancelling ends it.
                logger.exception("Delivering mail failed")
            try:
                async with asyncio.timeout(LOOK_SECONDS):
                    await self._stopping.wait()
            except TimeoutError:
                continue

    async def stop(self, task: "asyncio.Task[None]") -> None:
        """Let a letter that is on its way arrive: cut off after the server took it, it would be sent again."""
        self._stopping.set()
        await asyncio.wait({task}, timeout=STOP_SECONDS)
        task.cancel()

    async def deliver_due(self) -> None:
        while not self._stopping.is_set():
            async with self.database.work() as work:
                mail = await repository.claim(await work.writing(), utc_now(), LEASE)
            if mail is None:
                return
            await self._deliver(mail)

    async def _deliver(self, mail: OutboxMail) -> None:
        if mail.expires_at is not None and mail.expires_at <= utc_now():
            await self._note(mail, OutboxState.EXPIRED, mail.last_error)
            return
        try:
            async with asyncio.timeout(SEND_SECONDS):
                await self._send(mail)
        except RefusedForGoodError as error:
            await self._note(mail, OutboxState.FAILED, str(error))
        except (SMTPException, OSError, TimeoutError, ValueError) as error:
            text = f"{type(error).__name__}: {error}"
            await self._note(
                mail, OutboxState.FAILED if mail.attempts > len(BACKOFF_SECONDS) else OutboxState.WAITING, text
            )
        else:
            await self._note(mail, OutboxState.SENT, None)

    async def _send(self, mail: OutboxMail) -> None:
        settings = self.settings
        client = SMTP(
            hostname=settings.mail_host,
            port=settings.mail_port,
            username=settings.mail_username or None,
            password=settings.mail_password.get_secret_value() or None,
            use_tls=settings.mail_tls == "tls",
            start_tls=settings.mail_tls == "starttls",
            timeout=SEND_SECONDS / 3,
        )
        await client.connect()
        try:
            await client.sendmail(settings.mail_from, [mail.recipient], as_message(mail, settings).as_bytes())
        except SMTPRecipientsRefused as error:
            if all(refused.code >= PERMANENT for refused in error.recipients):
                raise RefusedForGoodError("; ".join(str(refused.message) for refused in error.recipients)) from error
            raise
        except SMTPDataError as error:
            if error.code >= PERMANENT:
                raise RefusedForGoodError(error.message) from error
            raise
        finally:
            client.close()  # without QUIT: an error in it must not look like a letter that was not taken

    async def _note(self, mail: OutboxMail, state: OutboxState, error: str | None) -> None:
        """Write down how it went, in spite of a busy database: what is not noted is sent again."""
        error = error and error[:LONGEST_ERROR]
        level = "INFO" if state is OutboxState.SENT else "WARNING"
        logger.log(level, "Mail {} attempt {}: {} {}", mail.id, mail.attempts, state, error or "")
        for pause in PAUSES_TO_NOTE:
            await asyncio.sleep(pause)
            try:
                async with self.database.work() as work:
                    session, now = await work.writing(), utc_now()
                    if state is OutboxState.WAITING:
                        again = now + timedelta(seconds=BACKOFF_SECONDS[mail.attempts - 1])
                        await repository.note_failure(session, mail, error or "", again)
                    else:
                        await repository.finish(session, mail, state, error, now)
                        await repository.remove_finished(session, now - KEPT)
            except (OperationalError, WriteQueueTimeoutError) as busy:
                logger.warning("Mail {} could not be noted yet: {}", mail.id, busy)
            else:
                return

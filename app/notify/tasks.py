"""Delivery. The first attempt of a mail is a web process's, so that mail works without the worker; all else is a job.

A claim is a lease in the row, taken under the write lock, so of many processes one has a message. A mail whose sender
was killed is due again when its lease ends. What has to be tried again, and every message to a channel, becomes a job
when it is due: `on_end` of the job says in the row how it went, in the transaction that ends the job.
"""

import asyncio
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from loguru import logger
from sqlalchemy.ext.asyncio import AsyncSession

from app.core.clock import utc_now
from app.core.database import UNAVAILABLE, Database
from app.core.settings import Settings
from app.jobs import Job, JobContext, JobError, JobState, enqueue, schedule, task
from app.notify import repository
from app.notify.channels import sending
from app.notify.channels.models import Channel, ChannelKind
from app.notify.channels.port import Note, SendError
from app.notify.channels.repository import channels
from app.notify.channels.service import target_of
from app.notify.inbox import service as inbox
from app.notify.message import as_message
from app.notify.models import MAIL, OutboxMessage, OutboxState
from app.notify.schemas import Deliver, Nothing
from app.notify.service import RETENTION_DAYS, close
from app.notify.smtp import SEND_SECONDS, send_mail

DELIVER, PRUNE = "notify.deliver", "notify.prune"
LOOK_SECONDS = 1.0
STOP_SECONDS = 5.0
LEASE = timedelta(seconds=120)  # longer than sending can take
BACKOFF_SECONDS = (15, 60, 240, 960, 3600, 14_400)
PAUSES_TO_NOTE = (0.0, 1.0, 5.0, 15.0)
PRUNE_SECONDS = 3_600.0
REMOVED_AT_ONCE = 500
LONGEST_ERROR = 256


@dataclass
class Delivery:
    database: Database
    settings: Settings
    _stopping: asyncio.Event = field(default_factory=asyncio.Event)

    async def run(self) -> None:
        """Look for messages until asked to stop."""
        while not self._stopping.is_set():
            try:
                if await repository.has_due(self.database.points, utc_now(), mail=self.settings.sends_mail):
                    await self.deliver_due()
            except Exception:
                # Whatever it was, the next round is to come: mail would wait for the next start. Cancelling ends it.
                logger.exception("Delivering messages failed")
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
                session = await work.writing()
                message = await repository.claim(session, utc_now(), LEASE, mail=self.settings.sends_mail)
                is_first_of_mail = message is not None and message.medium == MAIL and message.attempts == 1
                if message is not None and not is_first_of_mail:
                    await _hand_over(session, message)
            if message is None:
                return
            if is_first_of_mail:
                await self._deliver(message)

    async def _deliver(self, message: OutboxMessage) -> None:
        if _is_too_late(message):
            await self._note(message, OutboxState.EXPIRED, None)
            return
        try:
            await _send_mail(self.settings, message)
        except SendError as error:
            await self._note(message, OutboxState.FAILED, error)
        else:
            await self._note(message, OutboxState.SENT, None)

    async def _note(self, message: OutboxMessage, state: OutboxState, error: SendError | None) -> None:
        """Write down how it went, in spite of a busy database: what is not noted is sent again."""
        for pause in PAUSES_TO_NOTE:
            await asyncio.sleep(pause)
            try:
                async with self.database.work() as work:
                    row = await repository.of_claim(await work.writing(), message)
                    if row is not None:
                        _settle(row, state, error)
            except UNAVAILABLE as busy:
                logger.warning("Message {} could not be noted yet: {}", message.id, busy)
            else:
                return


def _is_too_late(message: OutboxMessage) -> bool:
    return message.expires_at is not None and message.expires_at <= utc_now()


async def _send_mail(settings: Settings, message: OutboxMessage) -> None:
    try:
        async with asyncio.timeout(SEND_SECONDS):
            await send_mail(settings, message.recipient, as_message(message, settings), seconds=SEND_SECONDS)
    except TimeoutError as error:
        raise SendError("mail_unreachable", "The mail server took too long.", retry=True) from error


async def _hand_over(session: AsyncSession, message: OutboxMessage) -> None:
    job = await enqueue(session, DELIVER, Deliver(message_id=message.id), user_id=None, title=message.subject)
    message.state, message.job_id = OutboxState.SENDING, job.id


def _settle(row: OutboxMessage, state: OutboxState, error: JobError | None) -> None:
    """How an attempt went. A failure that may pass is tried again, later each time, never before its service says."""
    more = (error and error.details) or {}
    if error is not None:
        said = more.get("said")
        row.error_code = error.code
        row.last_error = (f"{error.message} «{said}»" if said else error.message)[:LONGEST_ERROR]
    elif state is OutboxState.SENT:
        row.error_code = row.last_error = None
    if state is OutboxState.FAILED and more.get("retry", True) and row.attempts <= len(BACKOFF_SECONDS):
        seconds = max(BACKOFF_SECONDS[max(row.attempts, 1) - 1], more.get("after") or 0)
        row.state, row.next_attempt_at = OutboxState.WAITING, utc_now() + timedelta(seconds=seconds)
    else:
        close(row, state)
    level = "INFO" if state is OutboxState.SENT else "WARNING"
    logger.log(level, "Message {} attempt {}: {} {}", row.id, row.attempts, row.state, row.last_error or "")


async def _note_end(session: AsyncSession, job: Job) -> None:
    """However the job ended, and also if it never ran."""
    row = await repository.of_job(session, Deliver.model_validate(job.payload).message_id, job.id)
    if row is None:
        return
    if job.state == JobState.DONE:
        _settle(row, OutboxState((job.result or {})["state"]), None)
    elif job.state == JobState.CANCELLED:
        close(row, OutboxState.CANCELLED)
    else:
        error = JobError(job.error_code or "", job.error_message or "", details=job.error_details)
        _settle(row, OutboxState.FAILED, error)
    await session.flush()


@task(DELIVER, payload=Deliver, queue="system", time_limit=90, retryable=False, on_end=_note_end)
async def deliver(context: JobContext, payload: Deliver) -> dict[str, Any]:
    async with context.database.work() as work, work.reading() as session:
        message = await repository.of_job(session, payload.message_id, context.job_id)
        channel = None
        if message is not None and message.channel_id is not None:
            channel = await channels.get(session, message.channel_id)
    if message is None:
        return {"state": OutboxState.CANCELLED.value}
    if _is_too_late(message):
        return {"state": OutboxState.EXPIRED.value}
    await context.step("send", _send, context.settings, message, channel)
    return {"state": OutboxState.SENT.value}


async def _send(settings: Settings, message: OutboxMessage, channel: Channel | None) -> None:
    if message.medium == MAIL:
        await _send_mail(settings, message)
        return
    if channel is None or not channel.is_enabled:
        raise SendError("channel_gone", "The channel was deleted or switched off.", retry=False)
    note = Note(message.message_id, message.kind or "", message.locale, message.subject, message.text, message.link)
    await sending.send(ChannelKind(channel.kind), target_of(settings, channel), note)


@task(PRUNE, payload=Nothing, queue="system", time_limit=300)
async def prune(context: JobContext, _: Nothing) -> dict[str, Any]:
    """Remove what is over and old, a few at a time: the write lock is others' too."""
    before = utc_now() - timedelta(days=await context.parameters.get(RETENTION_DAYS))
    removed = 0
    while True:
        async with context.database.work() as work:
            session = await work.writing()
            ids = await repository.ids_finished(session, before, REMOVED_AT_ONCE)
            await repository.remove(session, ids)
        removed += len(ids)
        if len(ids) < REMOVED_AT_ONCE:
            break
    return {"outbox": removed, "inbox": await inbox.prune(context.database, context.parameters)}


schedule(PRUNE, Nothing(), every=PRUNE_SECONDS)

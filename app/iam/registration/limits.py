"""Limits on asking for mail: nobody's mailbox is filled by us, and nobody tries out addresses by the thousand."""

from datetime import datetime, timedelta

from sqlalchemy.ext.asyncio import AsyncSession

from app.core.errors import too_many_attempts
from app.core.settings import Settings
from app.iam.registration import repository
from app.iam.registration.models import MailRequest


async def count_request(
    session: AsyncSession, email: str, client_network: str, now: datetime, settings: Settings
) -> None:
    """Count this request, known address or not, or raise 429. The session holds the write lock: none slips by."""
    window = timedelta(seconds=settings.mail_request_window_seconds)
    counts = await repository.request_counts(session, email, client_network, now - window)
    if counts.address >= settings.mail_requests_per_address or counts.network >= settings.mail_requests_per_network:
        raise too_many_attempts((counts.oldest or now) + window, now)
    session.add(MailRequest(email=email, client_network=client_network))
    await repository.remove_old(session, now, now - window)

"""Tells of the backups, and asks for one by a file that root's program looks for."""

import asyncio

from app.core.settings import Settings
from app.system.backups import repository
from app.system.backups.errors import backup_not_offered
from app.system.backups.schemas import BackupReport, BackupState


async def state(settings: Settings) -> BackupState:
    content = await asyncio.to_thread(repository.read_report, settings.backup_report)
    return BackupState(
        is_offered=settings.backup_request is not None,
        requested_at=await asyncio.to_thread(repository.requested_at, settings.backup_request),
        report=None if content is None else BackupReport.model_validate_json(content),
    )


async def ask_for_one(settings: Settings) -> BackupState:
    """Raises BACKUP_NOT_OFFERED where nobody looks for the request."""
    if settings.backup_request is None:
        raise backup_not_offered()
    await asyncio.to_thread(repository.write_request, settings.backup_request)
    return await state(settings)

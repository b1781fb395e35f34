"""What can be refused here."""

from app.core.errors import ErrorCode, ProblemError


def backup_not_offered() -> ProblemError:
    return ProblemError(ErrorCode.BACKUP_NOT_OFFERED, "No backups are taken on this machine.")

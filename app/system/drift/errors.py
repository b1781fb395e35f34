"""What can be missing here."""

from app.core.errors import ErrorCode, ProblemError


def drift_not_checked() -> ProblemError:
    return ProblemError(ErrorCode.DRIFT_NOT_CHECKED, "Nobody has compared this machine with what was provisioned yet.")

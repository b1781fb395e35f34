"""What can be missing here."""

from app.core.errors import ErrorCode, ProblemError


def link_check_not_run() -> ProblemError:
    return ProblemError(ErrorCode.LINK_CHECK_NOT_RUN, "No link check has run on this machine yet.")

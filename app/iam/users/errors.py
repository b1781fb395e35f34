"""What an account does not allow."""

from app.core.errors import ErrorCode, ProblemError


def last_administrator() -> ProblemError:
    return ProblemError(ErrorCode.LAST_ADMINISTRATOR, "There must be an active administrator left.")


def yourself() -> ProblemError:
    return ProblemError(ErrorCode.CONFLICT, "Nobody deletes or disables the account he is signed in with.")


def for_administrators() -> ProblemError:
    return ProblemError(ErrorCode.PERMISSION_DENIED, "Only an administrator may do this to an administrator.")

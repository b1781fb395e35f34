"""How sign-in fails. The words never tell whether an account exists."""

from app.core.errors import ErrorCode, ProblemError


def invalid_credentials() -> ProblemError:
    return ProblemError(ErrorCode.INVALID_CREDENTIALS, keeps_changes=True)


def token_invalid() -> ProblemError:
    return ProblemError(ErrorCode.TOKEN_INVALID)


def session_revoked() -> ProblemError:
    """The changes are kept: a reused refresh token ends its session although it is refused."""
    return ProblemError(ErrorCode.SESSION_REVOKED, keeps_changes=True)

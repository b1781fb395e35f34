"""How redeeming fails. The words do not tell whether a code exists."""

from app.core.errors import ErrorCode, ProblemError


def code_invalid() -> ProblemError:
    """The changes are kept: the wrong guess is counted although it is refused."""
    return ProblemError(ErrorCode.ACTIVATION_CODE_INVALID, keeps_changes=True)

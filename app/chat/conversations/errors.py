"""What a conversation does not allow."""

from app.core.errors import ErrorCode, ProblemError, not_valid


def answer_running() -> ProblemError:
    return ProblemError(ErrorCode.ANSWER_RUNNING, "Wait for the answer, or stop it, before you go on from here.")


def not_ours(message: str) -> ProblemError:
    return not_valid("file", "not_an_export", message)

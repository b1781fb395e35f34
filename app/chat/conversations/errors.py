"""What a conversation does not allow."""

from app.core.errors import ErrorCode, ProblemError, field_problem


def answer_running() -> ProblemError:
    return ProblemError(ErrorCode.ANSWER_RUNNING, "Wait for the answer, or stop it, before you go on from here.")


def wrong(field: str, rule: str, message: str) -> ProblemError:
    return field_problem(ErrorCode.VALIDATION_FAILED, field, rule, message)


def not_ours(message: str) -> ProblemError:
    return wrong("file", "not_an_export", message)

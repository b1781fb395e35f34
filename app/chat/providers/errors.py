"""What a provider does not allow."""

from app.core.errors import ErrorCode, ProblemError, field_problem


def wrong(field: str, rule: str, message: str) -> ProblemError:
    return field_problem(ErrorCode.VALIDATION_FAILED, field, rule, message)

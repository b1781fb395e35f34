"""What a parameter does not allow."""

from app.core.errors import ErrorCode, ProblemError, field_problem


def wrong_value(message: str) -> ProblemError:
    return field_problem(ErrorCode.VALIDATION_FAILED, "value", "wrong_value", message)


def declared_in_code(field: str) -> ProblemError:
    message = "It is declared in code: only its value, name and description can be changed."
    return field_problem(ErrorCode.CONFLICT, field, "declared_in_code", message)

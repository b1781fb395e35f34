"""What dictionaries do not allow."""

from app.core.errors import ErrorCode, ProblemError, field_problem


def unknown_type() -> ProblemError:
    return field_problem(ErrorCode.VALIDATION_FAILED, "type_id", "unknown", "There is no such dictionary.")


def type_is_deleted() -> ProblemError:
    message = "Its dictionary is in the recycle bin: restore that first."
    return field_problem(ErrorCode.CONFLICT, "ids", "dictionary_is_deleted", message)

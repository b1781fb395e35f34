"""How changing one's own account fails."""

from app.core.errors import ErrorCode, ProblemError, field_problem, not_valid


def password_reused(field: str) -> ProblemError:
    return not_valid(field, "password_reused", "This password was used before.")


def password_wrong() -> ProblemError:
    """422, not 401: the session is good. The failure is counted, so the changes are kept."""
    problem = not_valid("current_password", "password_wrong", "This is not the password.")
    problem.keeps_changes = True
    return problem


def password_changed_meanwhile() -> ProblemError:
    return ProblemError(ErrorCode.CONFLICT, "The password was changed at the same moment.")


def picture_refused(message: str) -> ProblemError:
    return field_problem(ErrorCode.VALIDATION_FAILED, "file", "picture_invalid", message)

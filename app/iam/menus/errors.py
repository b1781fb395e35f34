"""What the tree of menus does not allow."""

from app.core.errors import ErrorCode, ProblemError, field_problem


def has_children() -> ProblemError:
    return field_problem(ErrorCode.CONFLICT, "id", "has_children", "It has something below it: remove the whole.")


def parent_is_deleted() -> ProblemError:
    message = "What it was below is deleted: restore that too."
    return field_problem(ErrorCode.CONFLICT, "ids", "parent_is_deleted", message)


def too_many(most: int) -> ProblemError:
    return ProblemError(ErrorCode.CONFLICT, f"There are {most} menus already.")

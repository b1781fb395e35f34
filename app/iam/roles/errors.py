"""What a role does not allow."""

from collections.abc import Iterable

from app.core.errors import ErrorCode, ProblemError, field_problem


def not_held(labels: Iterable[str]) -> ProblemError:
    """Nobody gives, or gets hold of, a right that he does not have."""
    return ProblemError(
        ErrorCode.PERMISSION_DENIED, f"You do not have these rights yourself: {', '.join(sorted(labels))}."
    )


def unknown(field: str, ids: Iterable[int]) -> ProblemError:
    numbers = ", ".join(map(str, sorted(ids)))
    return field_problem(ErrorCode.VALIDATION_FAILED, field, "unknown_id", f"There is none with the id {numbers}.")

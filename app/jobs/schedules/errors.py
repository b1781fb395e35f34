"""What a schedule does not allow, and how its runs fail without a job."""

from collections.abc import Sequence

from pydantic import ValidationError

from app.core.errors import ErrorCode, FieldError, ProblemError, not_valid

TASK_UNKNOWN = "task_unknown"
PLAN_INVALID = "plan_invalid"
JOB_LOST = "job_lost"


def unknown_task() -> ProblemError:
    return not_valid("kind", "task_unknown", "There is no task of this kind that may be scheduled.")


def wrong_plan(field: str, words: str) -> ProblemError:
    return not_valid(field, f"{field}_invalid", words)


def wrong_arguments(error: ValidationError) -> ProblemError:
    """Each argument with what is wrong with it, as if it were a field of the body."""
    found = error.errors(include_url=False, include_input=False, include_context=False)
    errors: Sequence[FieldError] = [
        FieldError(loc=["body", "payload", *one["loc"]], message=one["msg"], code=one["type"]) for one in found
    ]
    return ProblemError(ErrorCode.VALIDATION_FAILED, "The arguments do not fit the task.", errors=errors)


def cannot_run(words: str) -> ProblemError:
    return ProblemError(ErrorCode.CONFLICT, words)

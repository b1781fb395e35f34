"""Turns every failure into a problem answer: ours, the framework's, the database's, and bugs."""

from collections.abc import Mapping

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from loguru import logger
from sqlalchemy.exc import IntegrityError
from starlette.exceptions import HTTPException
from starlette.responses import Response
from starlette.types import Scope

from app.core.database import UNAVAILABLE
from app.core.databases.rules import broken_rule
from app.core.errors import STATUS_AND_TITLE, ErrorCode, FieldError, Problem, ProblemError, field_problem
from app.core.request_context import current_request_id

RETRY_SECONDS = "2"
UNREADABLE_BODY = 400  # the framework's word for it; ours is the same as for any invalid input, 422
BY_STATUS = {
    401: ErrorCode.NOT_AUTHENTICATED,
    403: ErrorCode.PERMISSION_DENIED,
    404: ErrorCode.NOT_FOUND,
    405: ErrorCode.METHOD_NOT_ALLOWED,
    409: ErrorCode.CONFLICT,
    413: ErrorCode.PAYLOAD_TOO_LARGE,
    422: ErrorCode.VALIDATION_FAILED,
    429: ErrorCode.TOO_MANY_ATTEMPTS,
    503: ErrorCode.SERVICE_UNAVAILABLE,
}


def problem_response(
    scope: Scope,
    code: ErrorCode,
    *,
    status: int | None = None,
    detail: str = "",
    headers: Mapping[str, str] | None = None,
    errors: list[FieldError] | None = None,
) -> Response:
    known_status, title = STATUS_AND_TITLE[code]
    problem = Problem(
        type=f"urn:problem:{code.value}",
        title=title,
        status=status or known_status.value,
        detail=detail or title,
        code=code,
        instance=scope["path"],
        request_id=current_request_id(),
        errors=errors,
    )
    return Response(
        problem.model_dump_json(exclude_none=True).encode("utf-8", "replace"),
        status_code=problem.status,
        headers=headers,
        media_type="application/problem+json",
    )


async def _on_problem(request: Request, error: ProblemError) -> Response:
    return problem_response(request.scope, error.code, detail=error.detail, headers=error.headers, errors=error.errors)


async def _on_http_exception(request: Request, error: HTTPException) -> Response:
    status = 422 if error.status_code == UNREADABLE_BODY else error.status_code
    code = BY_STATUS.get(status, ErrorCode.INTERNAL_ERROR)
    return problem_response(request.scope, code, status=status, detail=error.detail, headers=error.headers)


async def _on_invalid_request(request: Request, error: RequestValidationError) -> Response:
    errors = [FieldError(loc=list(item["loc"]), message=item["msg"], code=item["type"]) for item in error.errors()]
    return problem_response(request.scope, ErrorCode.VALIDATION_FAILED, errors=errors)


async def _on_unavailable(request: Request, error: Exception) -> Response:
    """The client may try again."""
    logger.error("The database did not answer: {}", error)
    return problem_response(request.scope, ErrorCode.SERVICE_UNAVAILABLE, headers={"Retry-After": RETRY_SECONDS})


async def _on_broken_rule(request: Request, error: IntegrityError) -> Response:
    problem = refused_change(error)
    if problem is None:
        raise error
    return await _on_problem(request, problem)


def refused_change(error: IntegrityError) -> ProblemError | None:
    """A unique index or a foreign key refused a change. Anything else of this kind is a bug of ours, and None."""
    broken = broken_rule(error)
    if broken is None:
        return None
    if broken.field is not None:
        return field_problem(ErrorCode.CONFLICT, broken.field, "taken", f"There is another with this {broken.field}.")
    return ProblemError(ErrorCode.CONFLICT, "Something else still refers to it, or what it refers to is not there.")


def install_problem_handlers(app: FastAPI) -> None:
    """Everything else is a bug: the request context middleware logs it once and answers 500."""
    app.exception_handler(ProblemError)(_on_problem)
    app.exception_handler(HTTPException)(_on_http_exception)
    app.exception_handler(RequestValidationError)(_on_invalid_request)
    app.exception_handler(IntegrityError)(_on_broken_rule)
    for unavailable in UNAVAILABLE:
        app.add_exception_handler(unavailable, _on_unavailable)

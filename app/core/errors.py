"""Errors as RFC 9457 problem details: one stable code each, which the front end translates."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from enum import StrEnum
from http import HTTPStatus
from math import ceil
from typing import Any

from pydantic import BaseModel, Field


class ErrorCode(StrEnum):
    NOT_FOUND = "not_found"
    METHOD_NOT_ALLOWED = "method_not_allowed"
    VALIDATION_FAILED = "validation_failed"
    INTERNAL_ERROR = "internal_error"
    NOT_AUTHENTICATED = "not_authenticated"
    TOKEN_INVALID = "token_invalid"  # noqa: S105 - a code, no secret
    SESSION_REVOKED = "session_revoked"
    INVALID_CREDENTIALS = "invalid_credentials"
    TOO_MANY_ATTEMPTS = "too_many_attempts"
    PERMISSION_DENIED = "permission_denied"
    CONFLICT = "conflict"
    SERVICE_UNAVAILABLE = "service_unavailable"
    LINK_CHECK_NOT_RUN = "link_check_not_run"
    DRIFT_NOT_CHECKED = "drift_not_checked"
    BACKUP_NOT_OFFERED = "backup_not_offered"
    PAYLOAD_TOO_LARGE = "payload_too_large"
    PASSWORD_CHANGE_REQUIRED = "password_change_required"  # noqa: S105 - a code, no secret
    REGISTRATION_DISABLED = "registration_disabled"
    MAIL_UNAVAILABLE = "mail_unavailable"
    CAPTCHA_INVALID = "captcha_invalid"
    LINK_INVALID = "link_invalid"
    ACTIVATION_CODE_INVALID = "activation_code_invalid"
    LAST_ADMINISTRATOR = "last_administrator"
    IDEMPOTENCY_CONFLICT = "idempotency_conflict"
    ANSWER_RUNNING = "answer_running"
    IMAGE_QUOTA_REACHED = "image_quota_reached"
    DISK_BUDGET = "disk_budget"
    DISK_FULL = "disk_full"


STATUS_AND_TITLE: Mapping[ErrorCode, tuple[HTTPStatus, str]] = {
    ErrorCode.NOT_FOUND: (HTTPStatus.NOT_FOUND, "Not found"),
    ErrorCode.METHOD_NOT_ALLOWED: (HTTPStatus.METHOD_NOT_ALLOWED, "Method not allowed"),
    ErrorCode.VALIDATION_FAILED: (HTTPStatus.UNPROCESSABLE_ENTITY, "The request is not valid"),
    ErrorCode.INTERNAL_ERROR: (HTTPStatus.INTERNAL_SERVER_ERROR, "Internal error"),
    ErrorCode.NOT_AUTHENTICATED: (HTTPStatus.UNAUTHORIZED, "Not signed in"),
    ErrorCode.TOKEN_INVALID: (HTTPStatus.UNAUTHORIZED, "The token is not valid"),
    ErrorCode.SESSION_REVOKED: (HTTPStatus.UNAUTHORIZED, "The session has ended"),
    ErrorCode.INVALID_CREDENTIALS: (HTTPStatus.UNAUTHORIZED, "Wrong user name or password"),
    ErrorCode.TOO_MANY_ATTEMPTS: (HTTPStatus.TOO_MANY_REQUESTS, "Too many attempts"),
    ErrorCode.PERMISSION_DENIED: (HTTPStatus.FORBIDDEN, "Permission denied"),
    ErrorCode.CONFLICT: (HTTPStatus.CONFLICT, "Conflict"),
    ErrorCode.SERVICE_UNAVAILABLE: (HTTPStatus.SERVICE_UNAVAILABLE, "Service unavailable"),
    ErrorCode.LINK_CHECK_NOT_RUN: (HTTPStatus.NOT_FOUND, "The link check has not run"),
    ErrorCode.DRIFT_NOT_CHECKED: (HTTPStatus.NOT_FOUND, "Drift has not been looked for"),
    ErrorCode.BACKUP_NOT_OFFERED: (HTTPStatus.CONFLICT, "No backups are taken here"),
    ErrorCode.PAYLOAD_TOO_LARGE: (HTTPStatus.REQUEST_ENTITY_TOO_LARGE, "The request is too large"),
    ErrorCode.PASSWORD_CHANGE_REQUIRED: (HTTPStatus.FORBIDDEN, "Choose a new password first"),
    ErrorCode.REGISTRATION_DISABLED: (HTTPStatus.FORBIDDEN, "Registration is switched off"),
    ErrorCode.MAIL_UNAVAILABLE: (HTTPStatus.SERVICE_UNAVAILABLE, "Mail is not set up"),
    ErrorCode.CAPTCHA_INVALID: (HTTPStatus.UNPROCESSABLE_ENTITY, "The captcha is not valid"),
    ErrorCode.ACTIVATION_CODE_INVALID: (HTTPStatus.NOT_FOUND, "The code is not known, or it is used"),
    ErrorCode.LAST_ADMINISTRATOR: (HTTPStatus.CONFLICT, "The last administrator"),
    ErrorCode.IDEMPOTENCY_CONFLICT: (HTTPStatus.CONFLICT, "The key was used for something else"),
    ErrorCode.ANSWER_RUNNING: (HTTPStatus.CONFLICT, "The answer is still being made"),
    ErrorCode.IMAGE_QUOTA_REACHED: (HTTPStatus.TOO_MANY_REQUESTS, "No more images today"),
    ErrorCode.DISK_BUDGET: (HTTPStatus.INSUFFICIENT_STORAGE, "No room for more images"),
    ErrorCode.DISK_FULL: (HTTPStatus.INSUFFICIENT_STORAGE, "The disk is full"),
    ErrorCode.LINK_INVALID: (HTTPStatus.GONE, "The link is not valid any more"),
}


class FieldError(BaseModel):
    """What is wrong with one input. The input itself is never repeated: it may be a password."""

    loc: list[str | int] = Field(
        description="Path to the input: where it is sent (body, query, header), then its name."
    )
    message: str
    code: str = Field(description="Stable name of the rule that was broken.")


class Problem(BaseModel):
    """RFC 9457 problem details, sent as application/problem+json."""

    type: str = Field(description="`urn:problem:` and the code.")
    title: str
    status: int
    detail: str
    code: ErrorCode
    instance: str = Field(description="Path of the request.")
    request_id: str = Field(description="Also in the X-Request-ID header and in every log line of the request.")
    errors: list[FieldError] | None = None


class ProblemError(Exception):
    """Raise this for any expected failure. `keeps_changes`: what was written before it is committed all the same."""

    def __init__(
        self,
        code: ErrorCode,
        detail: str = "",
        *,
        headers: Mapping[str, str] | None = None,
        keeps_changes: bool = False,
        errors: Sequence[FieldError] = (),
    ) -> None:
        super().__init__(code, detail)
        self.code = code
        self.status = STATUS_AND_TITLE[code][0].value
        self.detail = detail or STATUS_AND_TITLE[code][1]
        self.headers = dict(headers or {})
        self.keeps_changes = keeps_changes
        self.errors = list(errors) or None
        if self.status == HTTPStatus.UNAUTHORIZED:
            self.headers.setdefault("WWW-Authenticate", "Bearer")


def field_problem(code: ErrorCode, field: str, rule: str, message: str) -> ProblemError:
    """A problem with one field of the body. `rule` is its stable name, `message` what is wrong, in words."""
    return ProblemError(code, message, errors=[FieldError(loc=["body", field], message=message, code=rule)])


def not_valid(field: str, rule: str, message: str) -> ProblemError:
    """A field of the body that is not valid, for a reason that its schema does not know."""
    return field_problem(ErrorCode.VALIDATION_FAILED, field, rule, message)


def too_many_attempts(until: datetime, now: datetime) -> ProblemError:
    """Whoever tries too often may try again at `until`. The changes are kept: what was tried is counted or logged."""
    seconds = max(1, ceil((until - now).total_seconds()))
    return ProblemError(
        ErrorCode.TOO_MANY_ATTEMPTS,
        f"Try again in {seconds} seconds.",
        headers={"Retry-After": str(seconds)},
        keeps_changes=True,
    )


def problem_responses(*codes: ErrorCode) -> dict[int | str, dict[str, Any]]:
    """The `responses=` of a route that can answer with these codes."""
    by_status: dict[int, list[str]] = {}
    for code in codes:
        by_status.setdefault(STATUS_AND_TITLE[code][0].value, []).append(code.value)
    return {
        status: {"model": Problem, "description": " · ".join(f"`{name}`" for name in names)}
        for status, names in by_status.items()
    }

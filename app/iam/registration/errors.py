"""How coming in by mail fails. No word tells whether an address is known."""

from app.core.errors import ErrorCode, ProblemError, field_problem


def registration_disabled() -> ProblemError:
    return ProblemError(ErrorCode.REGISTRATION_DISABLED)


def mail_unavailable() -> ProblemError:
    return ProblemError(ErrorCode.MAIL_UNAVAILABLE)


def captcha_invalid() -> ProblemError:
    return ProblemError(ErrorCode.CAPTCHA_INVALID, "Ask for another challenge and solve it.")


def link_invalid() -> ProblemError:
    """One word for a link that never was, was used, or is too old: which one is nobody's business."""
    return ProblemError(ErrorCode.LINK_INVALID)


def email_refused() -> ProblemError:
    message = "Addresses of this kind are not accepted."
    return field_problem(ErrorCode.VALIDATION_FAILED, "email", "email_refused", message)


def username_taken() -> ProblemError:
    return field_problem(ErrorCode.CONFLICT, "username", "taken", "Somebody has this name.")

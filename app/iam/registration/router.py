"""Routes for who is not signed in: /api/v1/auth/options, captcha, registrations, password-resets."""

from typing import Annotated

from fastapi import Depends, Request

from app.core.client import client_network
from app.core.dependencies import SettingsDependency, WorkDependency
from app.core.errors import ErrorCode, problem_responses
from app.core.mail import MailerDependency
from app.core.parameters import ParametersDependency
from app.core.permissions import public
from app.core.routing import Router
from app.iam.account.service import PASSWORD_MIN_LENGTH, PasswordPolicy
from app.iam.registration.captcha import Captcha
from app.iam.registration.schemas import (
    CaptchaChallenge,
    DemoAccount,
    MailAnswer,
    MailBody,
    OptionsAnswer,
    RegisteredAnswer,
    RegistrationConfirm,
    ResetConfirm,
)
from app.iam.registration.service import ByMail
from app.iam.seed import DEMO_ACCOUNTS

registration = Router(prefix="/auth", tags=["registration"])


async def _by_mail(
    request: Request, settings: SettingsDependency, parameters: ParametersDependency, mailer: MailerDependency
) -> ByMail:
    passwords = request.app.state.passwords
    policy = PasswordPolicy(passwords, parameters)
    return ByMail(settings, passwords, parameters, mailer, Captcha.of(settings), policy)


ByMailDependency = Annotated[ByMail, Depends(_by_mail)]


@registration.get("/options", dependencies=[public()])
async def get_options(
    by_mail: ByMailDependency, settings: SettingsDependency, parameters: ParametersDependency
) -> OptionsAnswer:
    """What the pages before signing in have to know."""
    return OptionsAnswer(
        title=settings.title,
        registration_enabled=await by_mail.is_open(),
        password_reset_enabled=by_mail.mailer.is_set_up,
        password_min_length=await parameters.get(PASSWORD_MIN_LENGTH),
        demo_accounts=[
            DemoAccount(username=demo.username, password=demo.password, role=demo.role or "administrator")
            for demo in (DEMO_ACCOUNTS if settings.demo_data else ())
        ],
    )


@registration.post("/captcha", dependencies=[public()])
async def make_captcha(by_mail: ByMailDependency) -> CaptchaChallenge:
    """A piece of work that proves nothing but effort; its solution is good once."""
    return by_mail.captcha.challenge()


@registration.post(
    "/registrations",
    status_code=202,
    dependencies=[public()],
    responses=problem_responses(
        ErrorCode.REGISTRATION_DISABLED,
        ErrorCode.MAIL_UNAVAILABLE,
        ErrorCode.TOO_MANY_ATTEMPTS,
        ErrorCode.SERVICE_UNAVAILABLE,
        ErrorCode.CAPTCHA_INVALID,
        ErrorCode.VALIDATION_FAILED,
    ),
)
async def ask_for_registration(
    request: Request, work: WorkDependency, by_mail: ByMailDependency, body: MailBody
) -> MailAnswer:
    """Send a link to finish the registration with; to who has an account, word of that. The answer is the same."""
    return MailAnswer(expires_in_minutes=await by_mail.ask_registration(work, body, client_network(request)))


@registration.post(
    "/registrations/confirm",
    status_code=201,
    dependencies=[public()],
    responses=problem_responses(ErrorCode.REGISTRATION_DISABLED, ErrorCode.LINK_INVALID, ErrorCode.CONFLICT),
)
async def confirm_registration(
    work: WorkDependency, by_mail: ByMailDependency, body: RegistrationConfirm
) -> RegisteredAnswer:
    """Make the account that the link was sent for. A name that is taken leaves the link good."""
    return RegisteredAnswer(username=await by_mail.confirm_registration(work, body))


@registration.post(
    "/password-resets",
    status_code=202,
    dependencies=[public()],
    responses=problem_responses(
        ErrorCode.MAIL_UNAVAILABLE,
        ErrorCode.TOO_MANY_ATTEMPTS,
        ErrorCode.SERVICE_UNAVAILABLE,
        ErrorCode.CAPTCHA_INVALID,
        ErrorCode.VALIDATION_FAILED,
    ),
)
async def ask_for_password_reset(
    request: Request, work: WorkDependency, by_mail: ByMailDependency, body: MailBody
) -> MailAnswer:
    """Send a link to choose a new password with, if somebody has the address. The answer is the same if not."""
    return MailAnswer(expires_in_minutes=await by_mail.ask_reset(work, body, client_network(request)))


@registration.post(
    "/password-resets/confirm",
    status_code=204,
    dependencies=[public()],
    responses=problem_responses(ErrorCode.LINK_INVALID),
)
async def confirm_password_reset(work: WorkDependency, by_mail: ByMailDependency, body: ResetConfirm) -> None:
    """Choose a new password. Every session of the account ends."""
    await by_mail.confirm_reset(work, body)

"""Account routes: /api/v1/auth and /api/v1/users."""

from typing import Annotated

from fastapi import APIRouter, Depends, Form, Header, Request, Response

from app.core.dependencies import SettingsDependency, WorkDependency
from app.core.errors import ErrorCode, ProblemError, problem_responses
from app.core.permissions import public, self_
from app.core.principal import CurrentPrincipal, bearer
from app.core.settings import Settings
from app.iam.client import client_network, user_agent
from app.iam.schemas import AccessToken, LoginForm, Me
from app.iam.service import Caller, SignedIn, SignIn

COOKIE_PATH = "/api/v1/auth"

auth = APIRouter(prefix="/auth", tags=["auth"])
users = APIRouter(prefix="/users", tags=["users"])


async def _sign_in(request: Request) -> SignIn:
    sign_in: SignIn = request.app.state.sign_in
    return sign_in


async def _refresh_cookie(request: Request, settings: SettingsDependency) -> str | None:
    return request.cookies.get(cookie_name(settings))


async def _not_cross_site(
    _: Annotated[str, Header(alias="X-Requested-With", min_length=1, max_length=64)],
) -> None:
    """A form on another site cannot set this header, so it cannot use the cookie; SameSite is the first line."""


SignInDependency = Annotated[SignIn, Depends(_sign_in)]
RefreshCookie = Annotated[str | None, Depends(_refresh_cookie)]


def cookie_name(settings: Settings) -> str:
    return f"{settings.name}_refresh"


def _answer(request: Request, response: Response, settings: Settings, signed_in: SignedIn) -> AccessToken:
    life = settings.remember_days * 86_400 if signed_in.session.is_remembered else None
    response.set_cookie(
        cookie_name(settings),
        signed_in.refresh_token,
        max_age=life,
        path=COOKIE_PATH,
        secure=request.url.scheme == "https",
        httponly=True,
        samesite="strict",
    )
    return AccessToken(access_token=signed_in.access_token, expires_in=settings.access_token_minutes * 60)


@auth.post(
    "/login",
    dependencies=[public()],
    responses=problem_responses(
        ErrorCode.INVALID_CREDENTIALS, ErrorCode.TOO_MANY_ATTEMPTS, ErrorCode.SERVICE_UNAVAILABLE
    ),
)
async def log_in(
    request: Request,
    response: Response,
    form: Annotated[LoginForm, Form()],
    sign_in: SignInDependency,
    work: WorkDependency,
    settings: SettingsDependency,
) -> AccessToken:
    """Sign in with the OAuth2 password form. The refresh token goes into an HttpOnly cookie."""
    caller = Caller(client_network(request), user_agent(request))
    return _answer(request, response, settings, await sign_in.log_in(work, form, caller))


@auth.post(
    "/refresh",
    dependencies=[public(), Depends(_not_cross_site)],
    responses=problem_responses(
        ErrorCode.NOT_AUTHENTICATED, ErrorCode.TOKEN_INVALID, ErrorCode.SESSION_REVOKED, ErrorCode.SERVICE_UNAVAILABLE
    ),
)
async def refresh(
    request: Request,
    response: Response,
    token: RefreshCookie,
    sign_in: SignInDependency,
    work: WorkDependency,
    settings: SettingsDependency,
) -> AccessToken:
    """A new access token for the refresh cookie, which is replaced. Using a replaced one ends the session."""
    if not token:
        raise ProblemError(ErrorCode.NOT_AUTHENTICATED)
    return _answer(request, response, settings, await sign_in.refresh(work, token))


@auth.post(
    "/logout",
    status_code=204,
    dependencies=[public(), Depends(_not_cross_site)],
    responses=problem_responses(ErrorCode.SERVICE_UNAVAILABLE),
)
async def log_out(
    response: Response,
    refresh_token: RefreshCookie,
    access_token: Annotated[str | None, Depends(bearer)],
    sign_in: SignInDependency,
    work: WorkDependency,
    settings: SettingsDependency,
) -> None:
    """End the session, also when the access token has run out, and remove the cookie."""
    await sign_in.log_out(work, access_token, refresh_token)
    response.delete_cookie(cookie_name(settings), path=COOKIE_PATH, httponly=True, samesite="strict")


@users.get("/me", dependencies=[self_()])
async def who_am_i(principal: CurrentPrincipal) -> Me:
    """The signed-in account. The read that found out who asks is the only one."""
    return Me(
        id=principal.user_id,
        username=principal.username,
        display_name=principal.display_name,
        is_administrator=principal.is_administrator,
        permissions=list(principal.permissions),
    )

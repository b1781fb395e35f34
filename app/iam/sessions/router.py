"""Routes of signing in and of sessions."""

from typing import Annotated

from fastapi import Depends, Form, Header, Path, Query, Request, Response

from app.core.client import client_network, user_agent
from app.core.crud import NOT_FOUND, Moment
from app.core.dependencies import ReadSession, SettingsDependency, WorkDependency, WriteSession
from app.core.errors import ErrorCode, ProblemError, problem_responses
from app.core.permissions import public, require
from app.core.principal import CurrentPrincipal, bearer
from app.core.routing import Router
from app.core.schemas import Removed
from app.core.settings import Settings
from app.iam.sessions import administration, permissions
from app.iam.sessions.schemas import (
    AccessToken,
    LoginForm,
    LoginLogPage,
    LoginLogQuery,
    SessionId,
    SessionIds,
    SessionPage,
    SessionQuery,
)
from app.iam.sessions.service import Caller, SignedIn, SignIn

COOKIE_PATH = "/api/v1/auth"

auth = Router(prefix="/auth", tags=["auth"])
sessions = Router(prefix="/sessions", tags=["sessions"])
login_logs = Router(prefix="/login-logs", tags=["login-logs"])


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


@sessions.get("", dependencies=[require(permissions.GET)])
async def list_sessions(
    session: ReadSession, principal: CurrentPrincipal, query: Annotated[SessionQuery, Query()]
) -> SessionPage:
    """Who is logged in."""
    return await administration.session_page(session, query, principal.session_id)


@sessions.post("/batch-delete", status_code=204, dependencies=[require(permissions.DELETE)], responses=NOT_FOUND)
async def delete_sessions(session: WriteSession, body: SessionIds) -> None:
    """Log these out, all or none."""
    await administration.kick(session, body.ids)


@sessions.delete("/{id}", status_code=204, dependencies=[require(permissions.DELETE)], responses=NOT_FOUND)
async def delete_session(session: WriteSession, id: Annotated[SessionId, Path()]) -> None:
    """Log this one out."""
    await administration.kick(session, [id])


@login_logs.get("", dependencies=[require(permissions.GET_LOG)])
async def list_login_logs(session: ReadSession, query: Annotated[LoginLogQuery, Query()]) -> LoginLogPage:
    """Who tried to log in, and how it went."""
    return await administration.log_page(session, query)


@login_logs.delete("", dependencies=[require(permissions.DELETE_LOG)])
async def delete_login_logs(session: WriteSession, before: Annotated[Moment, Query()]) -> Removed:
    """Remove entries older than `before`, a few thousand a request."""
    removed, more = await administration.remove_log(session, before)
    return Removed(removed=removed, more=more)

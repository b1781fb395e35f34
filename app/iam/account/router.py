"""Routes of one's own account: /api/v1/users/me, and the pictures that everybody sees."""

from dataclasses import replace
from typing import Annotated

from fastapi import Path, Query, Request, Response, UploadFile

from app.core.client import client_network
from app.core.clock import utc_now
from app.core.crud import Page
from app.core.dependencies import PrincipalWork, ReadSession, SettingsDependency, WriteSession
from app.core.errors import ErrorCode, ProblemError, problem_responses
from app.core.mail import MailerDependency
from app.core.parameters import ParametersDependency
from app.core.permissions import public, self_
from app.core.principal import CurrentPrincipal, Principal
from app.core.routing import Router
from app.iam.account import repository, service
from app.iam.account.schemas import (
    AvatarAnswer,
    EndedAnswer,
    Me,
    MeUpdate,
    OwnSession,
    OwnSignIn,
    PasswordChange,
    RoleBrief,
)
from app.iam.account.service import OwnAccount, PasswordPolicy
from app.iam.sessions.repository import login_log
from app.iam.sessions.schemas import LoginLogQuery
from app.iam.users.models import avatar_url

A_YEAR = "public, max-age=31536000, immutable"
SessionId = Annotated[str, Path(min_length=1, max_length=64)]

me = Router(prefix="/users/me", tags=["account"])
avatars = Router(prefix="/avatars", tags=["account"])


def _me(principal: Principal) -> Me:
    return Me(
        id=principal.user_id,
        username=principal.username,
        display_name=principal.display_name,
        email=principal.email,
        avatar_url=avatar_url(principal.avatar_key),
        locale=principal.locale,
        time_zone=principal.time_zone,
        is_administrator=principal.is_administrator,
        must_change_password=principal.must_change_password,
        roles=[RoleBrief(code=role.code, name=role.name) for role in principal.roles],
        permissions=sorted(principal.permissions),
    )


@me.get("", dependencies=[self_(while_password_is_due=True)])
async def who_am_i(principal: CurrentPrincipal) -> Me:
    """The signed-in account. The read that found out who asks is the only one."""
    return _me(principal)


@me.patch("", dependencies=[self_()])
async def update_me(session: WriteSession, principal: CurrentPrincipal, body: MeUpdate) -> Me:
    """Change one's name, language or time zone; only what is sent changes."""
    user = await service.change_profile(session, principal, body)
    return _me(replace(principal, display_name=user.display_name, locale=user.locale, time_zone=user.time_zone))


@me.put("/avatar", dependencies=[self_()])
async def set_avatar(work: PrincipalWork, principal: CurrentPrincipal, file: UploadFile) -> AvatarAnswer:
    """A picture of oneself: JPEG, PNG, WebP or GIF, made into a small WebP. Its address changes with it."""
    key = await service.change_avatar(work, principal, await file.read())
    return AvatarAnswer(avatar_url=avatar_url(key) or "")


@me.delete("/avatar", status_code=204, dependencies=[self_()])
async def remove_avatar(session: WriteSession, principal: CurrentPrincipal) -> None:
    """Have no picture any more."""
    await service.remove_avatar(session, principal)


@avatars.get(
    "/{key}",
    dependencies=[public()],
    response_class=Response,
    responses={200: {"content": {"image/webp": {}}}, **problem_responses(ErrorCode.NOT_FOUND)},
)
async def get_avatar(session: ReadSession, key: Annotated[str, Path(max_length=64)]) -> Response:
    """A picture by its key, which nobody can guess. It never changes."""
    content = await repository.avatar(session, key)
    if content is None:
        raise ProblemError(ErrorCode.NOT_FOUND)
    headers = {
        "Cache-Control": A_YEAR,
        "Content-Disposition": "inline",
        "Content-Security-Policy": "default-src 'none'",
    }
    return Response(content, media_type="image/webp", headers=headers)


@me.post(
    "/password",
    status_code=204,
    dependencies=[self_(while_password_is_due=True)],
    responses=problem_responses(ErrorCode.CONFLICT, ErrorCode.TOO_MANY_ATTEMPTS),
)
async def change_password(
    request: Request,
    work: PrincipalWork,
    principal: CurrentPrincipal,
    settings: SettingsDependency,
    parameters: ParametersDependency,
    mailer: MailerDependency,
    body: PasswordChange,
) -> None:
    """Choose a new password. The other sessions end; this one goes on."""
    passwords = request.app.state.passwords
    account = OwnAccount(settings, passwords, PasswordPolicy(passwords, parameters), mailer)
    await account.change_password(work, principal, body, client_network(request))


@me.get("/sessions", dependencies=[self_()])
async def list_own_sessions(session: ReadSession, principal: CurrentPrincipal) -> list[OwnSession]:
    """Where one is signed in, last used first."""
    rows = await repository.open_sessions(session, principal.user_id, utc_now())
    return [
        OwnSession(
            id=row.id,
            created_at=row.created_at,
            refreshed_at=row.refreshed_at,
            expires_at=row.expires_at,
            client_network=row.client_network,
            user_agent=row.user_agent,
            is_remembered=row.is_remembered,
            is_current=row.id == principal.session_id,
        )
        for row in rows
    ]


@me.post("/sessions/end-others", dependencies=[self_()])
async def end_other_sessions(session: WriteSession, principal: CurrentPrincipal) -> EndedAnswer:
    """Sign out everywhere but here."""
    ended = await repository.end_own_sessions(session, principal.user_id, utc_now(), but=[principal.session_id])
    return EndedAnswer(ended=ended)


@me.delete("/sessions/{id}", status_code=204, dependencies=[self_()], responses=problem_responses(ErrorCode.NOT_FOUND))
async def end_own_session(session: WriteSession, principal: CurrentPrincipal, id: SessionId) -> None:
    """Sign out there. Another's session is not found."""
    if not await repository.end_own_sessions(session, principal.user_id, utc_now(), only=id):
        raise ProblemError(ErrorCode.NOT_FOUND)


@me.get("/login-log", dependencies=[self_()])
async def list_own_sign_ins(
    session: ReadSession,
    principal: CurrentPrincipal,
    page: Annotated[int, Query(ge=1, le=1_000_000)] = 1,
    page_size: Annotated[int, Query(ge=1, le=200)] = 20,
) -> Page[OwnSignIn]:
    """Who signed in to one's account, or tried to, newest first."""
    query = LoginLogQuery(user_id=principal.user_id, page=page, page_size=page_size)
    rows = await login_log.page(session, query)
    total, is_exact = await login_log.count(session, query)
    return Page(
        items=[OwnSignIn.model_validate(row, from_attributes=True) for row in rows],
        total=total,
        total_is_exact=is_exact,
        page=page,
        page_size=page_size,
    )

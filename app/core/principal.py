"""Who is asking. The domain that knows the accounts gives the way to find out; routes only see the result."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Annotated

from fastapi import Depends, Request
from fastapi.security import OAuth2PasswordBearer
from sqlalchemy.ext.asyncio import AsyncSession

from app.core.errors import ErrorCode, ProblemError
from app.core.operations import begin_operation

# In the writing session's `info`: who writes. Missing for the command line and for whoever is not signed in.
PRINCIPAL = "principal"
LOGIN_PATH = "/api/v1/auth/login"
bearer = OAuth2PasswordBearer(tokenUrl=LOGIN_PATH, auto_error=False)


@dataclass(frozen=True, slots=True)
class RoleName:
    code: str
    name: str


@dataclass(frozen=True, slots=True)
class Principal:
    """All that a request knows about who asks, from one read; rights are those of this moment."""

    user_id: int
    session_id: str
    username: str
    display_name: str
    is_administrator: bool
    permissions: frozenset[str] = frozenset()
    menu_ids: frozenset[int] = frozenset()
    roles: tuple[RoleName, ...] = ()
    must_change_password: bool = False
    email: str | None = None
    avatar_key: str | None = None
    locale: str | None = None
    time_zone: str | None = None

    def holds(self, label: str) -> bool:
        return label in self.permissions


def written_by(session: AsyncSession) -> Principal | None:
    """Who writes in this session; None is the product itself, which may do everything."""
    principal: Principal | None = session.info.get(PRINCIPAL)
    return principal


FindPerson = Callable[[AsyncSession, int], Awaitable[Principal | None]]
_find_person: list[FindPerson] = []


def finds_people(find: FindPerson) -> FindPerson:
    """For the one domain that keeps the accounts: somebody by his id, or None when he may not act at all."""
    _find_person[:] = [find]
    return find


async def acting(session: AsyncSession, user_id: int | None) -> Principal | None:
    """Who asked for a job, with the rights of this moment; None when he may not act any more."""
    return await _find_person[0](session, user_id) if user_id is not None else None


FindPrincipal = Callable[[str], Awaitable[Principal]]


async def current_principal(request: Request, token: Annotated[str | None, Depends(bearer)]) -> Principal:
    """The account behind the bearer token, read anew for each request, so that a revocation holds from the next."""
    if not token:
        raise ProblemError(ErrorCode.NOT_AUTHENTICATED)
    find: FindPrincipal = request.app.state.find_principal
    principal = await find(token)
    begin_operation(request, principal.user_id, principal.username)
    return principal


CurrentPrincipal = Annotated[Principal, Depends(current_principal)]

"""Who is asking. The domain that knows the accounts gives the way to find out; routes only see the result."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Annotated

from fastapi import Depends, Request
from fastapi.security import OAuth2PasswordBearer

from app.core.errors import ErrorCode, ProblemError

LOGIN_PATH = "/api/v1/auth/login"
bearer = OAuth2PasswordBearer(tokenUrl=LOGIN_PATH, auto_error=False)


@dataclass(frozen=True, slots=True)
class Principal:
    user_id: int
    session_id: str
    username: str
    display_name: str
    is_administrator: bool
    permissions: tuple[str, ...]

    def holds(self, label: str) -> bool:
        return label in self.permissions


FindPrincipal = Callable[[str], Awaitable[Principal]]


async def current_principal(request: Request, token: Annotated[str | None, Depends(bearer)]) -> Principal:
    """The account behind the bearer token, read anew for each request, so that a revocation holds from the next."""
    if not token:
        raise ProblemError(ErrorCode.NOT_AUTHENTICATED)
    find: FindPrincipal = request.app.state.find_principal
    return await find(token)


CurrentPrincipal = Annotated[Principal, Depends(current_principal)]

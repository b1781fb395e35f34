"""/api/v1/users: other people's accounts. One's own is in app/iam/account."""

from typing import Annotated

from fastapi import Depends, Query, Request, Response

from app.core.crud import CONFLICT, NOT_FOUND, NOT_FOUND_OR_CONFLICT, IdsAndEnabled, PathId, add_routes
from app.core.dependencies import PrincipalWork, ReadSession, WriteSession
from app.core.parameters import ParametersDependency
from app.core.permissions import require, self_
from app.core.routing import Router
from app.iam.account.service import PasswordPolicy
from app.iam.users import repository
from app.iam.users.passwords import GivenPassword, give_password
from app.iam.users.permissions import LABELS, RESET_PASSWORD, UNLOCK
from app.iam.users.schemas import (
    MOST_NAMES,
    NewPassword,
    PasswordReset,
    UserCreate,
    UserCreated,
    UserName,
    UserNamesQuery,
    UserQuery,
    UserUpdate,
)
from app.iam.users.service import service

users = Router(prefix="/users", tags=["users"])


async def _policy(request: Request, parameters: ParametersDependency) -> PasswordPolicy:
    return PasswordPolicy(request.app.state.passwords, parameters)


Policy = Annotated[PasswordPolicy, Depends(_policy)]


@users.get("/names", dependencies=[self_()])
async def list_user_names(session: ReadSession, query: Annotated[UserNamesQuery, Query()]) -> list[UserName]:
    """Names for "made by": by a part of the name, or by id; at most 50."""
    rows = await repository.names(session, query.q, query.ids, MOST_NAMES)
    return [UserName(id=row.id, username=row.username, display_name=row.display_name) for row in rows]


@users.post("", status_code=201, dependencies=[require(LABELS.create)], responses=CONFLICT)
async def create_user(
    work: PrincipalWork,
    policy: Policy,
    request: Request,
    response: Response,
    body: UserCreate,
) -> UserCreated:
    """Create user. Without a password one is made and shown in this answer only."""
    given = await GivenPassword.of(body.password, policy, body.username, body.email)
    session = await work.writing()
    values = body.model_dump(exclude={"password"})
    made = {"password_hash": given.hash, "must_change_password": True}
    row = await service.create(session, {**values, **made})
    response.headers["Location"] = f"{request.url.path}/{row.id}"
    answer = await service.one(session, row)
    return UserCreated(**answer.model_dump(), password=given.to_show)


@users.post("/batch-enable", status_code=204, dependencies=[require(LABELS.update)], responses=NOT_FOUND_OR_CONFLICT)
async def enable_users(session: WriteSession, body: IdsAndEnabled) -> None:
    """Enable or disable users; whoever is disabled is out at once."""
    await service.enable(session, body.ids, is_enabled=body.is_enabled)


@users.post("/{id}/reset-password", dependencies=[require(RESET_PASSWORD)], responses=NOT_FOUND)
async def reset_user_password(work: PrincipalWork, policy: Policy, id: PathId, body: PasswordReset) -> NewPassword:
    """Give a user a new password, to be changed at the next log-in. Whoever is logged in with it is out."""
    async with work.reading() as reading:
        user = await service.get(reading, id)
    given = await GivenPassword.of(body.password, policy, user.username, user.email)
    await give_password(await work.writing(), id, given)
    return NewPassword(password=given.to_show)


@users.post("/{id}/unlock", status_code=204, dependencies=[require(UNLOCK)], responses=NOT_FOUND)
async def unlock_user(session: WriteSession, id: PathId) -> None:
    """Forget the failed log-ins of a user."""
    await service.unlock(session, id)


add_routes(users, service, LABELS, query=UserQuery, update=UserUpdate)

"""/api/v1/roles"""

from app.core.crud import add_routes
from app.core.dependencies import ReadSession
from app.core.permissions import self_
from app.core.routing import Router
from app.iam.roles import repository
from app.iam.roles.permissions import LABELS
from app.iam.roles.schemas import RoleCreate, RoleName, RoleQuery, RoleUpdate
from app.iam.roles.service import service

router = Router(prefix="/roles", tags=["roles"])


@router.get("/options", dependencies=[self_()])
async def list_role_options(session: ReadSession) -> list[RoleName]:
    """The roles there are, for filters and for giving them to people."""
    return [RoleName(id=row.id, code=row.code, name=row.name) for row in await repository.options(session)]


add_routes(router, service, LABELS, query=RoleQuery, create=RoleCreate, update=RoleUpdate)

"""/api/v1/parameters"""

from app.core.crud import add_routes
from app.core.dependencies import WriteSession
from app.core.permissions import require
from app.core.routing import Router
from app.core.versions import bump
from app.system.parameters.permissions import LABELS, REFRESH
from app.system.parameters.schemas import ParameterCreate, ParameterQuery, ParameterUpdate
from app.system.parameters.service import VERSION, service

router = Router(prefix="/parameters", tags=["parameters"])


@router.post("/refresh-cache", status_code=204, dependencies=[require(REFRESH)])
async def refresh_parameters(session: WriteSession) -> None:
    """Have every worker read the parameters anew. Never needed after a change made here."""
    await bump(session, VERSION)


add_routes(router, service, LABELS, query=ParameterQuery, create=ParameterCreate, update=ParameterUpdate)

"""/api/v1/activation-codes"""

from app.core.crud import add_routes
from app.core.dependencies import ReadSession, WriteSession
from app.core.errors import ErrorCode, problem_responses
from app.core.permissions import require, self_
from app.core.principal import CurrentPrincipal
from app.core.routing import Router
from app.system.activation_codes import service
from app.system.activation_codes.permissions import LABELS
from app.system.activation_codes.schemas import (
    ActivationCodeQuery,
    ActivationCodesCreate,
    ActivationCodesCreated,
    ActivationCodeUpdate,
    MyActivation,
    Redeem,
    Redeemed,
)

router = Router(prefix="/activation-codes", tags=["activation-codes"])


@router.post("", status_code=201, dependencies=[require(LABELS.create)])
async def create_activation_codes(
    session: WriteSession, principal: CurrentPrincipal, body: ActivationCodesCreate
) -> ActivationCodesCreated:
    """Make many at once; find them by their batch."""
    return await service.make(session, body, principal.user_id)


@router.post(
    "/redeem",
    dependencies=[self_()],
    responses=problem_responses(ErrorCode.ACTIVATION_CODE_INVALID, ErrorCode.TOO_MANY_ATTEMPTS),
)
async def redeem_activation_code(session: WriteSession, principal: CurrentPrincipal, body: Redeem) -> Redeemed:
    """Use a code for the signed-in account. The first use starts its days; asking again answers the same."""
    return await service.redeem(session, body.code, principal.user_id)


@router.get("/mine", dependencies=[self_()])
async def get_my_activation(session: ReadSession, principal: CurrentPrincipal) -> MyActivation:
    """What the signed-in account has redeemed."""
    return await service.mine(session, principal.user_id)


add_routes(router, service.service, LABELS, query=ActivationCodeQuery, update=ActivationCodeUpdate)

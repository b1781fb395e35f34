"""/api/v1/notice-channels"""

from app.core.crud import NOT_FOUND, PathId, add_routes
from app.core.dependencies import PrincipalWork, SettingsDependency
from app.core.permissions import require
from app.core.routing import Router
from app.notify.channels import service
from app.notify.channels.permissions import LABELS
from app.notify.channels.schemas import (
    NoticeChannelCreate,
    NoticeChannelQuery,
    NoticeChannelTest,
    NoticeChannelUpdate,
)

router = Router(prefix="/notice-channels", tags=["notice-channels"])


@router.post("/{id}/test", dependencies=[require(LABELS.update)], responses=NOT_FOUND)
async def test_notice_channel(work: PrincipalWork, settings: SettingsDependency, id: PathId) -> NoticeChannelTest:
    """Send a test message there, whether or not the channel is switched on. Takes at most some seconds."""
    async with work.reading() as session:
        row = await service.service.get(session, id)
    return await service.test(settings, row)


add_routes(
    router,
    service.service,
    LABELS,
    query=NoticeChannelQuery,
    create=NoticeChannelCreate,
    update=NoticeChannelUpdate,
)

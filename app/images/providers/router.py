"""/api/v1/image-providers"""

from app.core.crud import NOT_FOUND, PathId, add_routes
from app.core.dependencies import PrincipalWork, SettingsDependency
from app.core.permissions import require
from app.core.routing import Router
from app.images.providers import service
from app.images.providers.permissions import LABELS
from app.images.providers.schemas import (
    ImageProviderCreate,
    ImageProviderQuery,
    ImageProviderTest,
    ImageProviderUpdate,
)

router = Router(prefix="/image-providers", tags=["image-providers"])


@router.post("/{id}/test", dependencies=[require(LABELS.update)], responses=NOT_FOUND)
async def test_image_provider(work: PrincipalWork, settings: SettingsDependency, id: PathId) -> ImageProviderTest:
    """Ask the provider for its models, and remember them. Takes at most some seconds."""
    async with work.reading() as session:
        row = await service.service.get(session, id)
    result = await service.test(settings, row)
    if result.ok and result.models != row.known_models:
        session = await work.writing()
        kept = await service.service.get(session, id)
        kept.known_models = result.models
        await service.service.changed(session)
    return result


add_routes(
    router,
    service.service,
    LABELS,
    query=ImageProviderQuery,
    create=ImageProviderCreate,
    update=ImageProviderUpdate,
)

"""/api/v1/chat-providers and /api/v1/chat-models"""

from typing import Annotated

from fastapi import Depends, Request, Response

from app.chat.permissions import PROVIDERS, USE
from app.chat.providers import service
from app.chat.providers.catalogue import Catalogue
from app.chat.providers.schemas import (
    ChatModels,
    ChatProviderCreate,
    ChatProviderQuery,
    ChatProviderTest,
    ChatProviderUpdate,
    JobStarted,
    ModelPull,
)
from app.chat.servers.service import CAN_PULL
from app.core.crud import NOT_FOUND, PathId, add_routes
from app.core.dependencies import DatabaseDependency, WriteSession
from app.core.errors import not_valid
from app.core.permissions import require
from app.core.principal import CurrentPrincipal
from app.core.routing import Router
from app.jobs import enqueue, locate

providers = Router(prefix="/chat-providers", tags=["chat-providers"])
models = Router(prefix="/chat-models", tags=["chat-models"])


async def _catalogue(request: Request) -> Catalogue:
    catalogue: Catalogue = request.app.state.chat_catalogue
    return catalogue


@providers.post("/{id}/test", dependencies=[require(PROVIDERS.get)], responses=NOT_FOUND)
async def test_chat_provider(database: DatabaseDependency, id: PathId) -> ChatProviderTest:
    """Ask the server now which models it has; how it failed, if it did, is part of the answer."""
    return await service.test(database, id)


add_routes(
    providers,
    service.service,
    PROVIDERS,
    query=ChatProviderQuery,
    create=ChatProviderCreate,
    update=ChatProviderUpdate,
)


@models.get("", dependencies=[require(USE)])
async def list_chat_models(catalogue: Annotated[Catalogue, Depends(_catalogue)]) -> ChatModels:
    """Every enabled provider with the models it has now, or why it does not say."""
    return await catalogue.models()


@models.post("/pull", status_code=202, dependencies=[require(PROVIDERS.update)], responses=NOT_FOUND)
async def pull_chat_model(
    session: WriteSession, principal: CurrentPrincipal, response: Response, body: ModelPull
) -> JobStarted:
    """Have a server fetch a model; the job tells how far it is."""
    provider = await service.service.get(session, body.provider_id)
    if provider.kind not in CAN_PULL:
        raise not_valid("provider_id", "cannot_pull", f"{provider.name} cannot fetch models.")
    job = await enqueue(session, "chat.pull", body, user_id=principal.user_id, title=f"{provider.name}: {body.model}")
    locate(response, job.id)
    return JobStarted(id=job.id)

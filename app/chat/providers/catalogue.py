"""Which models there are now: every provider is asked at once, and what it said is good for a few seconds."""

import asyncio
from collections.abc import Sequence
from typing import cast

from app.chat.providers import repository
from app.chat.providers.models import ChatProvider
from app.chat.providers.schemas import ChatModel, ChatModels, DefaultModel, ProviderModels, ServerFailure
from app.chat.providers.service import VERSION, access_to
from app.chat.servers.errors import ServerError
from app.chat.servers.service import CAN_PULL, Kind, models_of
from app.core.database import Database
from app.core.versions import VersionedCache, current_version

GOOD_FOR_SECONDS = 4.0


class Catalogue:
    """One a process. Of many who ask at the same time, one asks the servers."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._cache: VersionedCache[str, ChatModels] = VersionedCache(VERSION, lambda: GOOD_FOR_SECONDS)
        self._asking = asyncio.Lock()

    async def models(self) -> ChatModels:
        async with self._asking:
            version = await current_version(self._database.points, VERSION)
            found = self._cache.find("all", version)
            if found is None:
                found = await self._ask()
                self._cache.keep("all", version, found)
            return found

    async def _ask(self) -> ChatModels:
        async with self._database.work() as work, work.reading() as session:
            providers = await repository.providers.enabled(session)
        told = await asyncio.gather(*map(self._models_of, providers))
        return ChatModels(providers=list(told), default=_default(providers, told))

    async def _models_of(self, provider: ChatProvider) -> ProviderModels:
        failure: ServerFailure | None = None
        models: list[ChatModel] = []
        try:
            found = await models_of(access_to(provider, self._database.settings))
            models = [ChatModel.model_validate(model, from_attributes=True) for model in found]
        except ServerError as error:
            failure = ServerFailure(code=error.code, message=error.message)
        return ProviderModels(
            id=provider.id,
            name=provider.name,
            kind=cast(Kind, provider.kind),  # it was checked when it was written
            is_reachable=failure is None,
            error=failure,
            models=models,
            can_pull=provider.kind in CAN_PULL,
        )


def _default(providers: Sequence[ChatProvider], told: Sequence[ProviderModels]) -> DefaultModel | None:
    """The first that answers: its chosen model, or the first that it has."""
    for provider, models in zip(providers, told, strict=True):
        model = provider.default_model or next((each.name for each in models.models), "")
        if models.is_reachable and model:
            return DefaultModel(provider_id=provider.id, model=model)
    return None

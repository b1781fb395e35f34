"""Providers: what can be done with them, and how their servers are reached."""

from time import perf_counter

from app.chat.providers import repository
from app.chat.providers.models import ChatProvider
from app.chat.providers.schemas import ChatProviderAnswer, ChatProviderTest, ServerFailure
from app.chat.servers.errors import ServerError
from app.chat.servers.port import Access
from app.chat.servers.service import models_of
from app.core.database import Database
from app.core.secret_box import SecretUnreadableError
from app.core.settings import Settings
from app.core.upstreams import UpstreamService

VERSION = "chat_providers"

service: UpstreamService[ChatProvider, ChatProviderAnswer] = UpstreamService(
    "chat_provider", "chat_providers", repository.providers, ChatProviderAnswer, version=VERSION
)


def access_to(provider: ChatProvider, settings: Settings) -> Access:
    """Raises ServerError when the stored key cannot be read."""
    try:
        key = service.key_of(settings, provider)
    except SecretUnreadableError as error:
        raise ServerError("provider_refused", f"{provider.name}: {error}") from error
    return Access(
        provider.kind,
        provider.name,
        provider.base_url,
        key,
        provider.allow_private,
        float(provider.timeout_seconds),
    )


async def test(database: Database, id_: int) -> ChatProviderTest:
    """Ask it now what it has. No reading session is held meanwhile: there are few of them."""
    async with database.work() as work, work.reading() as session:
        provider = await service.get(session, id_)
    began = perf_counter()
    failure, names = None, []
    try:
        names = [model.name for model in await models_of(access_to(provider, database.settings))]
    except ServerError as error:
        failure = ServerFailure(code=error.code, message=error.message)
    return ChatProviderTest(ok=failure is None, ms=round((perf_counter() - began) * 1000), error=failure, models=names)

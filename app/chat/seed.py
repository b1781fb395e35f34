"""Model servers that every installation starts with: the demo that needs no model, and the one that was deployed."""

from collections.abc import Awaitable, Callable

from sqlalchemy.ext.asyncio import AsyncSession

from app.chat.providers import repository
from app.chat.providers.models import ChatProvider
from app.chat.providers.service import VERSION
from app.chat.servers.builtin import MODEL
from app.core.database import Database
from app.core.settings import Settings
from app.core.upstreams import BUILTIN
from app.core.versions import bump

BUILTIN_NAME = "Built-in demo (no model)"
DEPLOYED = "model_server"
FIRST, LAST = -10, 1000
DEPLOYED_CONTEXT = 4_096


async def ensure_chat_providers(database: Database) -> list[str]:
    """Add what was never there; keep the deployed server's address as it was deployed. Names and order are people's."""
    async with database.work() as work, work.reading() as reading:
        if not await _wanted(reading, database.settings):
            return []
    async with database.work() as work:
        session = await work.writing()
        # Asked again, now that nobody else writes: seeds may run at the same time.
        changes = [await change(session, database.settings) for change in await _wanted(session, database.settings)]
        await session.flush()
        await bump(session, VERSION)
    return changes


Change = Callable[[AsyncSession, Settings], Awaitable[str]]


async def _wanted(session: AsyncSession, settings: Settings) -> list[Change]:
    found: list[Change] = [] if await repository.by_origin(session, BUILTIN) else [_add_builtin]
    deployed = await repository.by_origin(session, DEPLOYED)
    url, model = settings.model_server_url, settings.model_server_model
    if deployed is None:
        return [*found, _add_deployed] if url else found
    is_same = deployed.base_url == url and (not url or deployed.kind == settings.model_server_kind)
    if not is_same or (url and model and deployed.default_model != model):
        found.append(_move_deployed)
    return found


async def _add_builtin(session: AsyncSession, _: Settings) -> str:
    name = await _free_name(session, BUILTIN_NAME)
    session.add(ChatProvider(name=name, kind=BUILTIN, default_model=MODEL, sort_order=LAST, origin=BUILTIN))
    return "added the built-in chat provider"


async def _add_deployed(session: AsyncSession, settings: Settings) -> str:
    row = ChatProvider(
        name=await _free_name(session, settings.model_server_name or "Model server"),
        kind=settings.model_server_kind,
        base_url=settings.model_server_url,
        default_model=settings.model_server_model,
        context_tokens=DEPLOYED_CONTEXT,
        allow_private=True,
        sort_order=FIRST,
        origin=DEPLOYED,
    )
    session.add(row)
    return "added the deployed model server"


async def _move_deployed(session: AsyncSession, settings: Settings) -> str:
    """Without one, its row is switched off; once there is one again, on. Otherwise that switch is people's."""
    row = await repository.by_origin(session, DEPLOYED)
    if row is None:
        raise RuntimeError("the deployed model server has no row to move")
    was_gone, row.base_url = row.base_url == "", settings.model_server_url
    if not row.base_url:
        row.is_enabled = False
        return "switched off the model server that is not deployed any more"
    row.kind = settings.model_server_kind
    row.default_model = settings.model_server_model or row.default_model
    row.is_enabled = row.is_enabled or was_gone
    return "moved the deployed model server"


async def _free_name(session: AsyncSession, name: str) -> str:
    """A person may have one of that name."""
    taken, number = name, 1
    while await repository.name_is_taken(session, taken):
        number += 1
        taken = f"{name} {number}"
    return taken

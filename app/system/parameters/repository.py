"""Every query about parameters."""

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from app.core.crud import Repository
from app.system.parameters.models import Parameter

parameters = Repository(Parameter, search=[Parameter.key, Parameter.name])


async def values(session: AsyncSession) -> dict[str, str]:
    """Value by key, of all that are kept."""
    rows = await session.execute(select(Parameter.key, Parameter.value).where(*parameters.visible()))
    return {row[0]: row[1] for row in rows}


async def kept_keys(session: AsyncSession) -> set[str]:
    return set(await values(session))

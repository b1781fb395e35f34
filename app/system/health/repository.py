"""The questions that readiness puts to the database."""

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

_REVISIONS = text("SELECT version_num FROM alembic_version")
_ACCOUNTS = text("SELECT count(*) FROM (SELECT id FROM iam_user LIMIT 1) AS one")


async def read_something(session: AsyncSession) -> None:
    """A read that needs a real table."""
    await session.execute(_ACCOUNTS)


async def current_revisions(session: AsyncSession) -> frozenset[str]:
    return frozenset((await session.scalars(_REVISIONS)).all())

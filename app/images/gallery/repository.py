"""Every query about pictures."""

from collections.abc import Iterable, Sequence
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from app.core.crud import Repository
from app.images.gallery.models import Picture

pictures = Repository(Picture, search=[Picture.prompt])


async def of_job(session: AsyncSession, job_id: int, number: int) -> Picture | None:
    """Also one that was deleted since: it is not made again."""
    return await session.scalar(select(Picture).where(Picture.job_id == job_id, Picture.number == number))


async def used_bytes(session: AsyncSession) -> int:
    """On the disk, by pictures; deleted ones are there until they are purged."""
    return await session.scalar(select(func.coalesce(func.sum(Picture.disk_bytes), 0))) or 0


async def made_since(session: AsyncSession, user_id: int, moment: datetime, without_jobs: Sequence[int] = ()) -> int:
    query = select(func.count()).where(Picture.creator_id == user_id, Picture.created_at >= moment)
    return await session.scalar(query.where(Picture.job_id.not_in(without_jobs))) or 0


async def known_keys(session: AsyncSession, keys: Iterable[str]) -> set[str]:
    """Those of `keys` that a picture has."""
    return set((await session.scalars(select(Picture.file_key).where(Picture.file_key.in_(keys)))).all())


async def deleted_before(session: AsyncSession, moment: datetime, limit: int) -> Sequence[Picture]:
    query = select(Picture).where(Picture.is_deleted, Picture.modifier_time < moment)
    return (await session.scalars(query.order_by(Picture.modifier_time).limit(limit))).all()

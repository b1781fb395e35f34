"""What people do with their own pictures. Another's is not there."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from app.core.crud import Page, Service, register
from app.core.database import SETTINGS
from app.core.errors import ErrorCode, ProblemError
from app.images.gallery import repository
from app.images.gallery.links import picture_link
from app.images.gallery.models import Picture
from app.images.gallery.payloads import RemoveFiles
from app.images.gallery.schemas import ImageAnswer, ImageQuery, OwnImageQuery
from app.jobs import enqueue


class GalleryService(Service[Picture, ImageAnswer]):
    def title(self, row: Picture) -> str:
        """Without the prompt: the recycle bin is looked at by others."""
        return f"{row.width} × {row.height}, {row.created_at:%Y-%m-%d %H:%M}"

    async def more(self, session: AsyncSession, rows: Sequence[Picture]) -> Mapping[int, Mapping[str, Any]]:
        settings = session.info[SETTINGS]
        return {
            row.id: {
                "url": picture_link(settings, row.id, "original"),
                "thumbnail_url": picture_link(settings, row.id, "thumbnail"),
                "download_url": picture_link(settings, row.id, "download"),
            }
            for row in rows
        }

    async def before_purge(self, session: AsyncSession, rows: Sequence[Picture]) -> None:
        """The files go once this is committed, and stay if it is taken back."""
        names = [name for row in rows for name in (row.file_name, row.thumbnail_name)]
        await enqueue(session, "images.remove_files", RemoveFiles(names=names), user_id=None)

    # One's own.

    async def own_page(self, session: AsyncSession, query: ImageQuery, owner: int) -> Page[ImageAnswer]:
        return await self.page(session, OwnImageQuery(**query.model_dump(), creator_id=owner))

    async def own(self, session: AsyncSession, id_: int, owner: int) -> Picture:
        return (await self.all_own(session, [id_], owner))[0]

    async def all_own(
        self, session: AsyncSession, ids: Iterable[int], owner: int, *, deleted: bool = False
    ) -> list[Picture]:
        """Each of them, or not found."""
        rows = await self.all_of(session, ids, deleted=deleted)
        if any(row.creator_id != owner for row in rows):
            raise ProblemError(ErrorCode.NOT_FOUND, "At least one of them is not there.")
        return rows

    async def star(self, session: AsyncSession, id_: int, owner: int, *, is_starred: bool) -> Picture:
        row = await self.own(session, id_, owner)
        row.is_starred = is_starred
        await self.changed(session)
        return row

    async def delete_own(self, session: AsyncSession, ids: Iterable[int], owner: int) -> None:
        await self.delete(session, [row.id for row in await self.all_own(session, ids, owner)])

    async def restore_own(self, session: AsyncSession, ids: Iterable[int], owner: int) -> None:
        await self.restore(session, [row.id for row in await self.all_own(session, ids, owner, deleted=True)])


service = GalleryService("image", "images", repository.pictures, ImageAnswer)
register(service)

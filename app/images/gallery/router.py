"""/api/v1/images"""

from typing import Annotated, Any

from fastapi import Query, Response
from fastapi.responses import FileResponse

from app.core.crud import NOT_FOUND, NOT_FOUND_OR_CONFLICT, Ids, Page, PathId
from app.core.dependencies import ReadSession, SettingsDependency, WriteSession
from app.core.errors import ErrorCode, problem_responses
from app.core.files import attachment, send_file
from app.core.links import Expires, FileKey, Signature
from app.core.permissions import public, require
from app.core.principal import CurrentPrincipal
from app.core.routing import Router
from app.images.gallery.archive import download_name
from app.images.gallery.files import Files
from app.images.gallery.links import FileKind, archive_subject, links, picture_subject
from app.images.gallery.models import THUMBNAIL_TYPE, TYPES
from app.images.gallery.payloads import MakeArchive
from app.images.gallery.schemas import ImageAnswer, ImageIds, ImageQuery, ImageUpdate
from app.images.gallery.service import service
from app.images.permissions import USE
from app.jobs import Accepted, OnceDependency, accepted, enqueue

router = Router(prefix="/images", tags=["images"])

BY_LINK = problem_responses(ErrorCode.NOT_FOUND, ErrorCode.LINK_INVALID)
PICTURE_ANSWER: dict[int | str, dict[str, Any]] = {200: {"content": {kind: {} for kind in TYPES}}}
ARCHIVE_ANSWER: dict[int | str, dict[str, Any]] = {200: {"content": {"application/zip": {}}}}
# Pictures come from elsewhere: opened by themselves they may do nothing.
HARMLESS = "default-src 'none'; sandbox"


class ImagePage(Page[ImageAnswer]):
    """One page of one's own pictures."""


@router.get("", dependencies=[require(USE)], response_model=ImagePage)
async def list_images(
    session: ReadSession, principal: CurrentPrincipal, query: Annotated[ImageQuery, Query()]
) -> Page[ImageAnswer]:
    """One's own pictures."""
    return await service.own_page(session, query, principal.user_id)


@router.post("/batch-delete", status_code=204, dependencies=[require(USE)], responses=NOT_FOUND_OR_CONFLICT)
async def delete_images(session: WriteSession, principal: CurrentPrincipal, body: Ids) -> None:
    """Delete pictures, all or none. They can be restored until the recycle bin is emptied of them."""
    await service.delete_own(session, body.ids, principal.user_id)


@router.post("/restore", status_code=204, dependencies=[require(USE)], responses=NOT_FOUND_OR_CONFLICT)
async def restore_images(session: WriteSession, principal: CurrentPrincipal, body: Ids) -> None:
    """Bring deleted pictures back, all or none."""
    await service.restore_own(session, body.ids, principal.user_id)


@router.post(
    "/zip",
    status_code=202,
    dependencies=[require(USE)],
    responses=problem_responses(ErrorCode.NOT_FOUND, ErrorCode.IDEMPOTENCY_CONFLICT),
)
async def make_image_zip(
    session: WriteSession, principal: CurrentPrincipal, response: Response, once: OnceDependency, body: ImageIds
) -> Accepted:
    """Pack pictures into one file. The job's result has its link, which holds for a day."""
    rows = await service.all_own(session, body.ids, principal.user_id)
    job = await enqueue(
        session,
        "images.zip",
        MakeArchive(ids=body.ids),
        user_id=principal.user_id,
        idempotency_key=once,
        title=f"{len(rows)} × zip",
    )
    return accepted(response, job.id)


@router.get(
    "/zips/{key}",
    dependencies=[public()],
    response_class=FileResponse,
    responses=BY_LINK | ARCHIVE_ANSWER,
)
async def get_image_zip(settings: SettingsDependency, key: FileKey, expires: Expires, signature: Signature) -> Response:
    """An archive, for whoever has its link."""
    links.refuse_unsigned(settings, archive_subject(key), expires, signature)
    headers = {
        "Cache-Control": "private, no-store",
        "Content-Disposition": f'attachment; filename="images-{key[:8]}.zip"',
    }
    return await send_file(settings, Files.archive_place(key), "application/zip", headers)


@router.get("/{id}", dependencies=[require(USE)], responses=NOT_FOUND)
async def get_image(session: ReadSession, principal: CurrentPrincipal, id: PathId) -> ImageAnswer:
    """One of one's own pictures."""
    return await service.one(session, await service.own(session, id, principal.user_id))


@router.patch("/{id}", dependencies=[require(USE)], responses=NOT_FOUND)
async def update_image(
    session: WriteSession, principal: CurrentPrincipal, id: PathId, body: ImageUpdate
) -> ImageAnswer:
    """Give it a star, or take it away."""
    row = await service.star(session, id, principal.user_id, is_starred=body.is_starred)
    return await service.one(session, row)


@router.delete("/{id}", status_code=204, dependencies=[require(USE)], responses=NOT_FOUND)
async def delete_image(session: WriteSession, principal: CurrentPrincipal, id: PathId) -> None:
    """Delete a picture. It can be restored until the recycle bin is emptied of it."""
    await service.delete_own(session, [id], principal.user_id)


@router.get(
    "/{id}/file",
    dependencies=[public()],
    response_class=FileResponse,
    responses=BY_LINK | PICTURE_ANSWER,
)
async def get_image_file(
    session: ReadSession,
    settings: SettingsDependency,
    id: PathId,
    expires: Expires,
    signature: Signature,
    kind: FileKind = "original",
) -> Response:
    """The picture itself, for whoever has its link: the signature is the right."""
    left = links.refuse_unsigned(settings, picture_subject(id, kind), expires, signature)
    row = await service.get(session, id)
    headers = {"Cache-Control": f"private, max-age={left}, immutable", "Content-Security-Policy": HARMLESS}
    if kind == "thumbnail":
        return await send_file(settings, Files.place(row.thumbnail_name), THUMBNAIL_TYPE, headers)
    if kind == "download":
        headers["Content-Disposition"] = attachment(download_name(row), "image")
    return await send_file(settings, Files.place(row.file_name), row.content_type, headers)

"""/api/v1/notice-templates"""

from typing import Annotated

from fastapi import Path

from app.core.crud import NOT_FOUND
from app.core.dependencies import ReadSession, SettingsDependency, WriteSession
from app.core.mail import Locale
from app.core.notices.kinds import CODE_FORM, LONGEST_CODE
from app.core.permissions import require
from app.core.routing import Router
from app.notify.templates import service
from app.notify.templates.permissions import GET, UPDATE
from app.notify.templates.schemas import NoticeKindAnswer, NoticePreview, NoticePreviewBody, NoticeTextUpdate

router = Router(prefix="/notice-templates", tags=["notice-templates"])
KindCode = Annotated[str, Path(max_length=LONGEST_CODE, pattern=f"^{CODE_FORM.pattern}$")]


@router.get("", dependencies=[require(GET)])
async def list_notice_templates(session: ReadSession, settings: SettingsDependency) -> list[NoticeKindAnswer]:
    """Every kind of notice that the code knows, with its texts."""
    return await service.kinds(session, settings)


@router.post("/{kind}/preview", dependencies=[require(GET)], responses=NOT_FOUND)
async def preview_notice_template(
    settings: SettingsDependency, kind: KindCode, body: NoticePreviewBody
) -> NoticePreview:
    """What these texts would become. Changes nothing."""
    return service.preview(settings, kind, body)


@router.put("/{kind}/{locale}", dependencies=[require(UPDATE)], status_code=204, responses=NOT_FOUND)
async def change_notice_template(session: WriteSession, kind: KindCode, locale: Locale, body: NoticeTextUpdate) -> None:
    """Change the text of one language."""
    await service.change(session, kind, locale, body)


@router.delete("/{kind}/{locale}", dependencies=[require(UPDATE)], status_code=204, responses=NOT_FOUND)
async def reset_notice_template(session: WriteSession, kind: KindCode, locale: Locale) -> None:
    """Back to the text of the code."""
    await service.reset(session, kind, locale)

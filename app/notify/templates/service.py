"""The texts in force, and changing them."""

from collections.abc import Mapping

from sqlalchemy.ext.asyncio import AsyncSession

from app.core.crud import names_of
from app.core.errors import ErrorCode, ProblemError, not_valid
from app.core.mail import Locale
from app.core.notices import NoticeKind, find_notice, known_notices
from app.core.notices.kinds import PRODUCT
from app.core.notices.wording import WordingError, check_wording
from app.core.settings import Settings
from app.notify.channels import repository as channel_queries
from app.notify.channels.service import takes
from app.notify.message import as_html, as_text
from app.notify.templates import repository
from app.notify.templates.models import NoticeTemplate
from app.notify.templates.rendering import Wording, render
from app.notify.templates.schemas import (
    NoticeKindAnswer,
    NoticePreview,
    NoticePreviewBody,
    NoticeText,
    NoticeTextUpdate,
    NoticeVariable,
)


def kind_of(code: str) -> NoticeKind:
    kind = find_notice(code)
    if kind is None:
        raise ProblemError(ErrorCode.NOT_FOUND, f"There is no notice {code}.")
    return kind


async def wordings(session: AsyncSession, kind: NoticeKind) -> Mapping[Locale, Wording]:
    """The texts in force, by language. One that names what the code no longer knows gives way to the code's own."""
    changed = {row.locale: row for row in await repository.changed(session, kind.code)}
    return {locale: _in_force(kind, locale, changed.get(locale)) for locale in kind.texts}


def _in_force(kind: NoticeKind, locale: Locale, row: NoticeTemplate | None) -> Wording:
    if row is not None and not _complaint(kind, row.subject, row.body):
        return Wording(row.subject, row.body)
    return Wording(kind.texts[locale].subject, kind.texts[locale].body)


def _complaint(kind: NoticeKind, subject: str, body: str) -> tuple[str, WordingError] | None:
    """The field that cannot be filled in, and why."""
    for field, text in (("subject", subject), ("body", body)):
        try:
            check_wording(text, {*kind.variables, PRODUCT})
        except WordingError as error:
            return field, error
    return None


def _refuse_unusable(kind: NoticeKind, body: NoticeTextUpdate) -> None:
    complaint = _complaint(kind, body.subject, body.body)
    if complaint is not None:
        raise not_valid(complaint[0], complaint[1].rule, str(complaint[1]))


async def kinds(session: AsyncSession, settings: Settings) -> list[NoticeKindAnswer]:
    changed = {(row.kind, row.locale): row for row in await repository.changed(session)}
    channels = await channel_queries.enabled(session)
    names = await names_of(session, [row.modifier_id or row.creator_id for row in changed.values()])
    return [
        NoticeKindAnswer(
            kind=kind.code,
            is_alert=kind.is_alert,
            by_mail=kind.by_mail,
            variables=_variables(kind, settings),
            texts=[_text(kind, locale, changed.get((kind.code, locale)), names) for locale in kind.texts],
            channels=[channel.name for channel in channels if takes(channel, kind)],
        )
        for kind in known_notices()
    ]


def _variables(kind: NoticeKind, settings: Settings) -> list[NoticeVariable]:
    shown = kind.shown(kind.examples(), None)
    own = [NoticeVariable(name=name, type=kind.variables[name].type, example=shown[name]) for name in kind.variables]
    return [*own, NoticeVariable(name=PRODUCT, type="text", example=settings.title)]


def _text(kind: NoticeKind, locale: Locale, row: NoticeTemplate | None, names: Mapping[int, str]) -> NoticeText:
    default = kind.texts[locale]
    return NoticeText(
        locale=locale,
        name=default.name,
        subject=row.subject if row else default.subject,
        body=row.body if row else default.body,
        default_subject=default.subject,
        default_body=default.body,
        is_changed=row is not None,
        modifier_name=names.get(row.modifier_id or row.creator_id or 0) if row else None,
        modifier_time=(row.modifier_time or row.created_at) if row else None,
    )


async def _row(session: AsyncSession, kind: NoticeKind, locale: Locale) -> NoticeTemplate | None:
    return next((row for row in await repository.changed(session, kind.code) if row.locale == locale), None)


async def change(session: AsyncSession, code: str, locale: Locale, body: NoticeTextUpdate) -> None:
    kind = kind_of(code)
    _refuse_unusable(kind, body)
    row = await _row(session, kind, locale)
    if row is None:
        session.add(NoticeTemplate(kind=code, locale=locale, subject=body.subject, body=body.body))
    else:
        row.subject, row.body = body.subject, body.body
    await session.flush()


async def reset(session: AsyncSession, code: str, locale: Locale) -> None:
    """Back to the code's own text. What was written is in the operation log."""
    row = await _row(session, kind_of(code), locale)
    if row is not None:
        await session.delete(row)
        await session.flush()


def preview(settings: Settings, code: str, body: NoticePreviewBody) -> NoticePreview:
    kind = kind_of(code)
    _refuse_unusable(kind, body)
    words = render(kind, Wording(body.subject, body.body), kind.examples(), product=settings.title, time_zone=None)
    letter = words.letter("", body.locale, settings.public_url and f"{settings.public_url}/")
    return NoticePreview(
        subject=words.subject, text=as_text(letter, settings.title), html=as_html(letter, settings.title)
    )

"""What a person can do with his inbox. Another person's notices are not there at all."""

from collections.abc import Iterable
from datetime import timedelta
from typing import cast

from sqlalchemy.ext.asyncio import AsyncSession

from app.core.clock import utc_now
from app.core.database import Database
from app.core.errors import ErrorCode, ProblemError, not_valid
from app.core.events import publish
from app.core.mail import Locale
from app.core.notices import NoticeKind, find_notice, known_notices
from app.core.parameters import Parameters, declare_parameter
from app.core.principal import Principal
from app.notify.inbox import repository
from app.notify.inbox.models import InboxNotice, InboxPreference
from app.notify.inbox.repository import inbox
from app.notify.inbox.schemas import (
    InboxNoticeAnswer,
    InboxPage,
    InboxPreferenceAnswer,
    InboxPreferences,
    InboxPreferenceUpdate,
    InboxQuery,
    InboxText,
    NoticeName,
)

EVENT = "inbox"
REMOVED_AT_ONCE = 500
RETENTION_DAYS = declare_parameter(
    "notify.inbox_retention_days",
    "integer",
    90,
    "Days that notices are kept",
    "Notices older than this are removed from everybody's inbox, a few at a time.",
    least=1,
)


def _answer(row: InboxNotice) -> InboxNoticeAnswer:
    return InboxNoticeAnswer(
        id=row.id,
        kind=row.kind,
        is_alert=row.is_alert,
        texts=[
            InboxText(locale=cast(Locale, locale), subject=words["subject"], body=words["body"])
            for locale, words in row.texts.items()
        ],
        link=row.link,
        created_at=row.created_at,
        read_at=row.read_at,
    )


class _OwnQuery(InboxQuery):
    user_id: int


async def page(session: AsyncSession, principal: Principal, query: InboxQuery) -> InboxPage:
    own = _OwnQuery(**query.model_dump(), user_id=principal.user_id)
    rows = await inbox.page(session, own)
    total, is_exact = await inbox.count(session, own)
    return InboxPage(
        items=[_answer(row) for row in rows],
        total=total,
        total_is_exact=is_exact,
        page=query.page,
        page_size=query.page_size,
    )


async def _own(
    session: AsyncSession, principal: Principal, ids: Iterable[int], *, deleted: bool = False
) -> list[InboxNotice]:
    wanted = set(ids)
    rows = list(await repository.of_person(session, principal.user_id, wanted, deleted=deleted))
    if len(rows) != len(wanted):
        raise ProblemError(ErrorCode.NOT_FOUND, "At least one of them is not there.")
    return rows


async def _tell(session: AsyncSession, principal: Principal) -> None:
    """To all pages of this person: the number that is unread may be another now."""
    await session.flush()
    await publish(session, EVENT, user_id=principal.user_id)


async def mark(session: AsyncSession, principal: Principal, ids: Iterable[int], *, is_read: bool) -> None:
    now = utc_now()
    for row in await _own(session, principal, ids):
        row.read_at = (row.read_at or now) if is_read else None
    await _tell(session, principal)


async def mark_all(session: AsyncSession, principal: Principal) -> None:
    if await repository.read_all(session, principal.user_id, utc_now()):
        await _tell(session, principal)


async def delete(session: AsyncSession, principal: Principal, ids: Iterable[int]) -> None:
    for row in await _own(session, principal, ids):
        row.is_deleted = True
    await _tell(session, principal)


async def restore(session: AsyncSession, principal: Principal, ids: Iterable[int]) -> None:
    for row in await _own(session, principal, ids, deleted=True):
        row.is_deleted = False
    await _tell(session, principal)


def wishes(kind: NoticeKind, row: InboxPreference | None) -> tuple[bool, bool]:
    """(inbox, mail): as the person has said, or as the kind is."""
    return (row.inbox, row.mail) if row else (True, kind.by_mail)


async def preferences(session: AsyncSession, principal: Principal, *, sends_mail: bool) -> InboxPreferences:
    rows = {row.kind: row for row in await repository.preferences(session, [principal.user_id], None)}
    items = []
    for kind in known_notices():
        wants_inbox, wants_mail = wishes(kind, rows.get(kind.code))
        items.append(
            InboxPreferenceAnswer(
                kind=kind.code,
                names=[NoticeName(locale=locale, name=texts.name) for locale, texts in kind.texts.items()],
                is_alert=kind.is_alert,
                inbox=wants_inbox,
                mail=wants_mail,
                is_default=kind.code not in rows,
            )
        )
    return InboxPreferences(items=items, can_mail=sends_mail and principal.email is not None)


async def prefer(session: AsyncSession, principal: Principal, body: InboxPreferenceUpdate) -> None:
    if find_notice(body.kind) is None:
        raise not_valid("kind", "unknown", f"There is no notice {body.kind}.")
    row = await repository.preference(session, principal.user_id, body.kind)
    if row is None:
        row = InboxPreference(user_id=principal.user_id, kind=body.kind)
        session.add(row)
    row.inbox, row.mail, row.changed_at = body.inbox, body.mail, utc_now()
    await session.flush()


async def prune(database: Database, parameters: Parameters) -> int:
    """Remove what is older than it is kept; the number of rows."""
    before, removed = utc_now() - timedelta(days=await parameters.get(RETENTION_DAYS)), 0
    while True:
        async with database.work() as work:
            some = await repository.remove_before(await work.writing(), before, REMOVED_AT_ONCE)
        removed += some
        if some < REMOVED_AT_ONCE:
            return removed

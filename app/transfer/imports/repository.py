"""Every query about imports."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, cast

from sqlalchemy import CursorResult, delete, func, insert, or_, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from app.core.crud import Repository
from app.transfer.imports.models import Import, ImportChange, ImportIssue

imports = Repository(Import)


async def add_issues(session: AsyncSession, rows: Sequence[Mapping[str, Any]]) -> None:
    if rows:
        await session.execute(insert(ImportIssue), list(rows))


async def add_changes(session: AsyncSession, rows: Sequence[Mapping[str, Any]]) -> None:
    if rows:
        await session.execute(insert(ImportChange), list(rows))


async def issues_page(session: AsyncSession, import_id: int, offset: int, limit: int) -> tuple[Sequence[Any], int]:
    """(some of what is wrong, how much there is)."""
    rows = select(ImportIssue).where(ImportIssue.import_id == import_id).order_by(ImportIssue.id)
    total = await session.scalar(select(func.count()).where(ImportIssue.import_id == import_id)) or 0
    return (await session.scalars(rows.offset(offset).limit(limit))).all(), total


async def all_issues(session: AsyncSession, import_id: int) -> Sequence[ImportIssue]:
    query = select(ImportIssue).where(ImportIssue.import_id == import_id).order_by(ImportIssue.id)
    return (await session.scalars(query)).all()


async def forget_issues(session: AsyncSession, import_id: int, stage: str) -> None:
    """Before it is looked at again, after an interruption."""
    await session.execute(delete(ImportIssue).where(ImportIssue.import_id == import_id, ImportIssue.stage == stage))


async def set_counts(session: AsyncSession, import_id: int, done_rows: int, counts: Sequence[int]) -> None:
    names = ("create_count", "update_count", "same_count", "error_count")
    values = {"done_rows": done_rows, **dict(zip(names, counts, strict=True))}
    await session.execute(update(Import).where(Import.id == import_id).values(**values))


async def set_undone(session: AsyncSession, import_id: int, undone: int, kept: int, *, anew: bool = False) -> None:
    """Add to what was undone and what was left alone; `anew`: count those that were left alone from the start."""
    values = {"undone_count": Import.undone_count + undone, "kept_count": kept if anew else Import.kept_count + kept}
    await session.execute(update(Import).where(Import.id == import_id).values(**values))


async def changes_to_undo(session: AsyncSession, import_id: int, before: int, limit: int) -> Sequence[ImportChange]:
    """The last ones first, below an id: what was done later is taken back earlier."""
    query = select(ImportChange).where(
        ImportChange.import_id == import_id, ImportChange.id < before, ~ImportChange.is_undone
    )
    return (await session.scalars(query.order_by(ImportChange.id.desc()).limit(limit))).all()


async def mark_undone(session: AsyncSession, ids: Iterable[int]) -> None:
    await session.execute(update(ImportChange).where(ImportChange.id.in_(list(ids))).values(is_undone=True))


async def kept_keys(session: AsyncSession, now: datetime) -> set[str]:
    """Files that an import still needs."""
    query = select(Import.file_key, Import.annotated_key).where(Import.kept_until > now)
    return {key for row in await session.execute(query) for key in row if key}


async def forget_changes(session: AsyncSession, now: datetime, limit: int) -> int:
    """Remove some of what is known of imports whose time is over. How many rows went."""
    over = select(Import.id).where(Import.kept_until <= now)
    removed = 0
    for model in (ImportChange, ImportIssue):
        some = select(model.id).where(model.import_id.in_(over)).limit(limit)
        result = await session.execute(delete(model).where(or_(model.id.in_(some))))
        removed += cast(CursorResult[Any], result).rowcount
    return removed

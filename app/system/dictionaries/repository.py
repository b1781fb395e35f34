"""Every query about dictionaries."""

from collections.abc import Iterable

from sqlalchemy import delete, func, select
from sqlalchemy.ext.asyncio import AsyncSession

from app.core.crud import Repository
from app.system.dictionaries.models import DictionaryItem, DictionaryType

types = Repository(DictionaryType, search=[DictionaryType.code, DictionaryType.name])
items = Repository(DictionaryItem, search=[DictionaryItem.label, DictionaryItem.value])


async def item_counts(session: AsyncSession, type_ids: Iterable[int]) -> dict[int, int]:
    query = (
        select(DictionaryItem.type_id, func.count())
        .where(DictionaryItem.type_id.in_(set(type_ids)), *items.visible())
        .group_by(DictionaryItem.type_id)
    )
    return {row[0]: row[1] for row in await session.execute(query)}


async def entries(session: AsyncSession) -> list[tuple[str, DictionaryItem]]:
    """The enabled items of every enabled type with the type's code, in their order."""
    query = (
        select(DictionaryType.code, DictionaryItem)
        .join(DictionaryType, DictionaryType.id == DictionaryItem.type_id)
        .where(
            DictionaryType.is_enabled,
            *types.visible(),
            DictionaryItem.is_enabled,
            *items.visible(),
        )
        .order_by(DictionaryItem.sort_order, DictionaryItem.id)
    )
    return [(row[0], row[1]) for row in await session.execute(query)]


async def other_defaults(session: AsyncSession, item: DictionaryItem) -> list[DictionaryItem]:
    query = select(DictionaryItem).where(
        DictionaryItem.type_id == item.type_id,
        DictionaryItem.is_default,
        *items.visible(),
    )
    return [row for row in (await session.scalars(query)).all() if row is not item]


async def purge_items(session: AsyncSession, type_ids: Iterable[int]) -> None:
    await session.execute(delete(DictionaryItem).where(DictionaryItem.type_id.in_(set(type_ids))))


async def codes(session: AsyncSession) -> list[str]:
    """Of all types, in order."""
    return list(
        (await session.scalars(select(DictionaryType.code).where(*types.visible()).order_by(DictionaryType.code))).all()
    )


async def codes_of_types(session: AsyncSession, ids: Iterable[int]) -> dict[int, str]:
    query = select(DictionaryType.id, DictionaryType.code).where(DictionaryType.id.in_(set(ids)))
    return {row[0]: row[1] for row in await session.execute(query)}


async def labels(session: AsyncSession, code: str) -> dict[str, str]:
    """Label by value of one dictionary, whatever is switched off: rows may have it all the same."""
    query = (
        select(DictionaryItem.value, DictionaryItem.label)
        .join(DictionaryType, DictionaryType.id == DictionaryItem.type_id)
        .where(DictionaryType.code == code, *types.visible(), *items.visible())
    )
    return {row[0]: row[1] for row in await session.execute(query)}


async def kept_codes(session: AsyncSession) -> set[str]:
    """Codes of all types, deleted ones too: what a person has removed is not seeded again."""
    return set((await session.scalars(select(DictionaryType.code))).all())

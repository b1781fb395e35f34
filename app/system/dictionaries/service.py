"""Dictionaries: their rules, and the copy that every worker answers from."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from app.core.crud import Service
from app.core.database import Database
from app.core.sheets import keeps_dictionaries
from app.core.versions import VersionedCache
from app.system.dictionaries import repository
from app.system.dictionaries.errors import type_is_deleted, unknown_type
from app.system.dictionaries.models import DictionaryItem, DictionaryType
from app.system.dictionaries.schemas import DictionaryAnswer, DictionaryEntry, DictionaryItemAnswer

VERSION = "dictionaries"
MESSAGE_KEY = "dictionary."


class TypeService(Service[DictionaryType, DictionaryAnswer]):
    async def more(self, session: AsyncSession, rows: Sequence[DictionaryType]) -> Mapping[int, Mapping[str, Any]]:
        counts = await repository.item_counts(session, [row.id for row in rows])
        return {row.id: {"item_count": counts.get(row.id, 0)} for row in rows}

    async def before_purge(self, session: AsyncSession, rows: Sequence[DictionaryType]) -> None:
        await repository.purge_items(session, [row.id for row in rows])


class ItemService(Service[DictionaryItem, DictionaryItemAnswer]):
    def title(self, row: DictionaryItem) -> str:
        return f"{row.label} ({row.value})"

    async def check(self, session: AsyncSession, row: DictionaryItem) -> None:
        if await repository.types.get(session, row.type_id) is None:
            raise unknown_type()
        if row.is_default:
            for other in await repository.other_defaults(session, row):
                other.is_default = False

    async def check_restore(self, session: AsyncSession, rows: Sequence[DictionaryItem]) -> None:
        wanted = {row.type_id for row in rows}
        if len(await repository.types.many(session, wanted)) != len(wanted):
            raise type_is_deleted()
        for row in rows:
            row.is_default = False


types = TypeService("dictionary", "dictionaries", repository.types, DictionaryAnswer, version=VERSION)
items = ItemService("dictionary_item", "dictionary_items", repository.items, DictionaryItemAnswer, version=VERSION)


@keeps_dictionaries
async def spoken_labels(session: AsyncSession, code: str) -> Mapping[str, str]:
    """Labels that a person wrote. A message key is the front end's, and a sheet has words of its own for those."""
    kept = await repository.labels(session, code)
    return {value: label for value, label in kept.items() if not label.startswith(MESSAGE_KEY)}


class CachedDictionaries:
    """All entries by code, in one copy a worker, right after every commit."""

    def __init__(self, database: Database, seconds: Callable[[], float]) -> None:
        self._database = database
        self._cache: VersionedCache[str, dict[str, list[DictionaryEntry]]] = VersionedCache(VERSION, seconds)

    async def by_code(self, codes: Iterable[str]) -> dict[str, list[DictionaryEntry]]:
        kept = await self._cache.get(self._database.points, "all", self._load)
        return {code: kept.get(code, []) for code in codes}

    async def _load(self) -> dict[str, list[DictionaryEntry]]:
        async with self._database.work() as work, work.reading() as session:
            rows = await repository.entries(session)
        found: dict[str, list[DictionaryEntry]] = defaultdict(list)
        for code, row in rows:
            found[code].append(DictionaryEntry.model_validate(row, from_attributes=True))
        return found

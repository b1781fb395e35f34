"""What may be exported by whom, and how its rows become cells."""

from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from zoneinfo import ZoneInfo

from pydantic import ValidationError
from sqlalchemy.ext.asyncio import AsyncSession

from app.core.crud import PageQuery, Place
from app.core.database import Database
from app.core.errors import ErrorCode, FieldError, ProblemError, not_valid
from app.core.principal import Principal
from app.core.sheets import Column, Locale, Sheet, dictionary_labels, find_sheet
from app.core.sheets.values import as_cell, known_words, say, unique
from app.transfer.exports.schemas import ExportBody

ROWS_AT_ONCE = 1_000


def known_sheet(resource: str) -> Sheet:
    sheet = find_sheet(resource)
    if sheet is None:
        raise ProblemError(ErrorCode.NOT_FOUND)
    return sheet


def refuse_unless_held(principal: Principal, label: str) -> None:
    if not principal.holds(label):
        raise ProblemError(ErrorCode.PERMISSION_DENIED, f"This needs the permission {label}.")


def asked_query(sheet: Sheet, asked: Mapping[str, Any]) -> PageQuery:
    """As the list itself would take it: the same names, the same rules."""
    try:
        return sheet.query.model_validate(asked)
    except ValidationError as error:
        wrong = [
            FieldError(loc=["body", "query", *item["loc"]], message=item["msg"], code=item["type"])
            for item in error.errors(include_input=False)
        ]
        raise ProblemError(ErrorCode.VALIDATION_FAILED, errors=wrong) from None


def asked_columns(sheet: Sheet, names: Sequence[str]) -> list[Column]:
    found = {name: sheet.column(name) for name in unique(names)}
    if not all(found.values()):
        missing = sorted(name for name, column in found.items() if column is None)
        raise not_valid("columns", "unknown", f"There are no columns {', '.join(missing)}.")
    return [column for column in found.values() if column] or list(sheet.columns)


async def words_of(session: AsyncSession, sheet: Sheet, column: Column, locale: Locale) -> dict[Any, str]:
    """The words for the values of a column."""
    labels = await dictionary_labels(session, column.dictionary) if column.dictionary else {}
    return known_words(sheet.words(column), labels, locale)


@dataclass(frozen=True)
class Export:
    """One list on its way out."""

    database: Database
    sheet: Sheet
    query: PageQuery
    columns: Sequence[Column]
    locale: Locale
    zone: ZoneInfo

    @staticmethod
    def of(database: Database, body: ExportBody) -> "Export":
        sheet = known_sheet(body.resource)
        query, columns = asked_query(sheet, body.query), asked_columns(sheet, body.columns)
        return Export(database, sheet, query, columns, body.locale, ZoneInfo(body.time_zone))

    @property
    def title(self) -> str:
        return say(self.sheet.title, self.locale)

    @property
    def headings(self) -> list[str]:
        return [say((column.en, column.zh), self.locale) for column in self.columns]

    async def total(self) -> int:
        async with self.database.work() as work, work.reading() as session:
            return await self.sheet.service.repository.total(session, self.query)

    async def batches(self) -> AsyncIterator[list[list[Any]]]:
        """Rows of cells in the list's own order. Each batch is a short read by itself, so that none lasts."""
        place: Place | None = Place()
        async with self.database.work() as work, work.reading() as session:
            words = [await words_of(session, self.sheet, column, self.locale) for column in self.columns]
        while place is not None:
            async with self.database.work() as work, work.reading() as session:
                rows, place = await self.sheet.service.repository.stretch(session, self.query, place, ROWS_AT_ONCE)
                answers = await self.sheet.service.answers(session, rows)
                values = [await shown(session, column, answers) for column in self.columns]
            if rows:
                yield [
                    [as_cell(value, known, self.zone) for value, known in zip(row, words, strict=True)]
                    for row in zip(*values, strict=True)
                ]


async def shown(session: AsyncSession, column: Column, answers: Sequence[Any]) -> Sequence[Any]:
    """What the cells of a column say, as values."""
    if column.show is not None:
        return await column.show(session, answers)
    return [getattr(answer, column.name) for answer in answers]

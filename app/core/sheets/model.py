"""A sheet is a list with its columns; one that can be imported also says how a row is recognised, and its rules."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from app.core.crud import Body, Labels, PageQuery, Service, partial_of
from app.core.sheets.values import BOOLEANS, Kind, Words, kind_of


@dataclass(frozen=True, eq=False)
class Column:
    """`name`: of the field in the answer, and in the schemas unless `field` says another.

    `choices`: the words for each value of an enum. `dictionary`: its labels come before those. `show`: what the cells
    of some answers say, where a field alone does not; `find`: the value behind each text of a cell, the other way
    round; `options`: what a drop-down offers then. `hint`: for whoever fills the column in.
    """

    name: str
    en: str
    zh: str
    choices: Mapping[Any, Words] = field(default_factory=dict)
    dictionary: str | None = None
    field: str = ""
    many: bool = False
    show: Callable[[AsyncSession, Sequence[Any]], Awaitable[Sequence[Any]]] | None = None
    find: Callable[[AsyncSession, set[str]], Awaitable[Mapping[str, Any]]] | None = None
    options: Callable[[AsyncSession], Awaitable[Sequence[str]]] | None = None
    hint: Words = ("", "")
    width: int = 18

    @property
    def fills(self) -> str:
        return self.field or self.name


@dataclass(frozen=True)
class Importing:
    """`key`: fields that tell which row is meant; one that is there is changed, another made.

    `complete`: what the service makes a row of, where it is not just what the schema says. `prepare`: values that
    every new row of one import gets; called once, outside of any transaction. `keeps_blank`: whether a blank cell of a
    field leaves this row as it is, where it would otherwise empty it.
    """

    labels: Labels
    create: type[Body]
    update: type[Body]
    key: tuple[str, ...]
    complete: Callable[[dict[str, Any]], dict[str, Any]] = lambda values: values
    prepare: Callable[[], Awaitable[Mapping[str, Any]]] | None = None
    keeps_blank: Callable[[Any, str], bool] = lambda row, name: False


@dataclass(frozen=True, eq=False)
class Sheet:
    service: Service[Any, Any]
    query: type[PageQuery]
    export: str  # the label that it takes
    title: Words
    columns: tuple[Column, ...]
    importing: Importing | None = None

    @property
    def resource(self) -> str:
        return self.service.plural

    def column(self, name: str) -> Column | None:
        return next((column for column in self.columns if column.name == name), None)

    def imported(self) -> tuple[Column, ...]:
        """The columns that an import reads; others are there to be looked at."""
        if self.importing is None:
            return ()
        known = self.importing.create.model_fields
        return tuple(column for column in self.columns if column.fills in known)

    async def rows_of(self, session: AsyncSession, keys: set[tuple[Any, ...]]) -> dict[tuple[Any, ...], Any]:
        """Those that are there, by their key."""
        names = self.importing.key if self.importing else ()
        rows = await self.service.repository.matching(session, names, keys)
        return {tuple(getattr(row, name) for name in names): row for row in rows}

    def kind(self, column: Column) -> Kind:
        if self.importing is not None and column.fills in self.importing.create.model_fields:
            return kind_of(self.importing.create.model_fields[column.fills])
        known = self.service.answer.model_fields.get(column.name)
        return kind_of(known) if known else Kind.TEXT

    def words(self, column: Column) -> Mapping[Any, Words]:
        if column.choices:
            return column.choices
        return BOOLEANS if self.kind(column) is Kind.BOOLEAN else {}


_sheets: dict[str, Sheet] = {}
_rows: dict[str, type[Body]] = {}


def register(sheet: Sheet) -> Sheet:
    if sheet.resource in _sheets:
        raise ValueError(f"the sheet {sheet.resource} is registered twice")
    importing, names = sheet.importing, [column.fills for column in sheet.columns]
    if importing is not None:
        missing = set(importing.key) - set(names)
        if missing:
            raise ValueError(f"the sheet {sheet.resource} has no column for {sorted(missing)}")
        _rows[sheet.resource] = partial_of(importing.create, name=f"{importing.create.__name__}Row")
    _sheets[sheet.resource] = sheet
    return sheet


def find_sheet(resource: str) -> Sheet | None:
    return _sheets.get(resource)


def all_sheets() -> list[Sheet]:
    """In the order of their names."""
    return [_sheets[name] for name in sorted(_sheets)]


def row_model(sheet: Sheet) -> type[Body]:
    """The body of one row: the rules of a new one, of which everything may be left out."""
    return _rows[sheet.resource]

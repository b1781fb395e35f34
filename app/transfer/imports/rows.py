"""Rows of cells become what is to be done: made, changed, left as they are, or wrong, each cell by itself."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any
from zoneinfo import ZoneInfo

from pydantic import BaseModel, ValidationError
from pydantic_core import to_json
from sqlalchemy import inspect
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from app.core.errors import ProblemError
from app.core.problems import refused_change
from app.core.sheets import Column, Importing, Sheet, dictionary_labels
from app.core.sheets.model import row_model
from app.core.sheets.values import CellError, Kind, as_text, choices_of, from_cell, may_be_none, split
from app.transfer.exports.service import shown
from app.transfer.imports.reading import Place, Reading

BLANK = ("", None)


@dataclass(frozen=True)
class Issue:
    row: int
    code: str
    message: str
    place: Place | None = None  # of the whole row, none


@dataclass
class Row:
    number: int
    values: dict[str, Any] = field(default_factory=dict)  # by field, of those that say something
    blanks: set[str] = field(default_factory=set)
    issues: list[Issue] = field(default_factory=list)
    existing: Any = None
    before: dict[str, Any] = field(default_factory=dict)
    changes: dict[str, Any] = field(default_factory=dict)

    @property
    def is_new(self) -> bool:
        return self.existing is None

    @property
    def is_same(self) -> bool:
        return not self.is_new and not self.changes


class Judge:
    """Reads rows of one file: keeps what it must remember of earlier ones, and asks the database a batch at a time."""

    def __init__(self, sheet: Sheet, importing: Importing, reading: Reading, zone: ZoneInfo) -> None:
        self._sheet, self._importing, self._zone = sheet, importing, zone
        self._places = {place.column.fills: place for place in reading.places}
        self._errors = reading.extent.errors
        self._row = row_model(sheet)
        self._emptied = self._what_blank_means()
        self._unique = self._unique_fields()
        self._seen: dict[tuple[Any, ...], int] = {}
        self._choices: dict[str, dict[str, Any]] = {}

    async def prepare(self, session: AsyncSession) -> None:
        """Which words mean which values."""
        for place in self._places.values():
            column = place.column
            labels = await dictionary_labels(session, column.dictionary) if column.dictionary else {}
            words = self._sheet.words(column)
            self._choices[column.name] = choices_of(words, labels) if words else {}

    async def judge(self, session: AsyncSession, batch: Sequence[tuple[int, list[Any]]]) -> list[Row]:
        """Those that are not blank. What only the services and the database know shows when it is done."""
        rows = [self._parsed(number, cells) for number, cells in batch if any(cell not in BLANK for cell in cells)]
        await self._find_links(session, rows)
        for row in rows:
            self._validate(row)
        keys = {key for row in rows if (key := self._key(row)) is not None}
        existing = await self._sheet.rows_of(session, keys)
        for row in rows:
            row.existing = existing.get(self._key(row) or ())
        befores = await current_values(
            session, self._sheet, [row.existing for row in rows if row.existing], self._places
        )
        for row in rows:
            if row.existing is not None:
                row.before = befores[row.existing.id]
                self._compare(row)
            elif not row.issues:
                self._complete(row)
            self._refuse_repeated(row)
        return rows

    # One cell.

    def _parsed(self, number: int, cells: Sequence[Any]) -> Row:
        row = Row(number)
        for name, place in self._places.items():
            cell = cells[place.position] if place.position < len(cells) else ""
            if (number, place.position + 1) in self._errors:
                row.issues.append(Issue(number, "cell_error", "The formula in this cell fails.", place))
            elif cell in BLANK:
                row.blanks.add(name)
            else:
                try:
                    row.values[name] = self._value(place.column, cell)
                except CellError as error:
                    row.issues.append(Issue(number, error.code, error.message, place))
        return row

    def _value(self, column: Column, cell: Any) -> Any:
        if column.many:
            return split(as_text(cell))
        if column.find is not None:
            return as_text(cell).strip()
        return from_cell(cell, self._sheet.kind(column), self._choices[column.name], self._zone)

    async def _find_links(self, session: AsyncSession, rows: Iterable[Row]) -> None:
        """Texts that name other rows become what they name."""
        rows = list(rows)
        for name, place in self._places.items():
            column = place.column
            if column.find is None:
                continue
            texts = {text for row in rows for text in _as_list(row.values.get(name, []))}
            found = await column.find(session, texts)
            for row in rows:
                if name not in row.values:
                    continue
                unknown = [text for text in _as_list(row.values[name]) if text not in found]
                if unknown:
                    del row.values[name]
                    words = f"There is no {column.en} {unknown[0]}."
                    row.issues.append(Issue(row.number, "unknown", words, place))
                elif column.many:
                    row.values[name] = [found[text] for text in row.values[name]]
                else:
                    row.values[name] = found[row.values[name]]

    # One row.

    def _validate(self, row: Row) -> None:
        """Each value by its own rules; what is sound goes on, so that all that is wrong shows at once."""
        try:
            row.values = self._row.model_validate(row.values).model_dump(exclude_unset=True)
        except ValidationError as error:
            self._note(row, error)
            for issue in row.issues:
                if issue.place is not None:
                    row.values.pop(issue.place.column.fills, None)
            try:
                row.values = self._row.model_validate(row.values).model_dump(exclude_unset=True)
            except ValidationError:
                row.values = {}
        for name in self._importing.key:
            if name in row.blanks:
                row.issues.append(Issue(row.number, "required", "This is needed.", self._places[name]))

    def _key(self, row: Row) -> tuple[Any, ...] | None:
        names = self._importing.key
        return tuple(row.values[name] for name in names) if all(name in row.values for name in names) else None

    def _with_blanks(self, row: Row) -> dict[str, Any]:
        """A blank cell empties what may be empty, and else leaves it as it is."""
        emptied = {
            name: self._emptied[name]
            for name in row.blanks & self._emptied.keys()
            if row.is_new or not self._importing.keeps_blank(row.existing, name)
        }
        return {**emptied, **row.values}

    def _compare(self, row: Row) -> None:
        wanted = self._with_blanks(row)
        for name, value in wanted.items():
            if _same(value, row.before[name]):
                continue
            if name in self._importing.update.model_fields:
                row.changes[name] = value
            elif name not in row.blanks:
                row.issues.append(Issue(row.number, "fixed", "This cannot be changed any more.", self._places[name]))

    def _complete(self, row: Row) -> None:
        try:
            row.changes = self._importing.create.model_validate(self._with_blanks(row)).model_dump()
        except ValidationError as error:
            self._note(row, error)

    def _refuse_repeated(self, row: Row) -> None:
        """What must be there once only: the key, and whatever else a unique index says."""
        values = {**row.before, **row.values} if not row.is_new else row.values
        for names in self._unique:
            found = tuple(values.get(name) for name in names)
            if None in found or (row.is_same and names != self._importing.key):
                continue
            first = self._seen.setdefault((names, *found), row.number)
            if first != row.number:
                words = f"Row {first} of this file has the same."
                row.issues.append(Issue(row.number, "duplicate_in_file", words, self._places.get(names[-1])))

    def _note(self, row: Row, error: ValidationError) -> None:
        told = {issue.place.column.fills for issue in row.issues if issue.place}
        for item in error.errors(include_input=False, include_url=False):
            name = str(item["loc"][0]) if item["loc"] else ""
            if name not in told:
                code = "not_a_choice" if item["type"] == "literal_error" else item["type"]
                row.issues.append(Issue(row.number, code, item["msg"], self._places.get(name)))
                told.add(name)

    # What holds for the whole file.

    def _what_blank_means(self) -> dict[str, Any]:
        """The empty value of each field that may be empty."""
        found: dict[str, Any] = {}
        for name, place in self._places.items():
            info = self._importing.create.model_fields[name]
            if may_be_none(info):
                found[name] = None
            elif place.column.many:
                found[name] = []
            elif self._sheet.kind(place.column) is Kind.TEXT and _accepts(self._row, name, ""):
                found[name] = ""
        return {name: value for name, value in found.items() if name not in self._importing.key}

    def _unique_fields(self) -> list[tuple[str, ...]]:
        table = inspect(self._sheet.service.repository.model).local_table
        indexes = [tuple(column.name for column in index.columns) for index in table.indexes if index.unique]
        found = [self._importing.key, *(each for each in indexes if set(each) <= self._places.keys())]
        return list(dict.fromkeys(found))

    def issues_of(self, number: int, error: Exception) -> list[Issue]:
        return as_issues(number, error, self._places)


def as_issues(number: int, error: Exception, places: Mapping[str, Place] | None = None) -> list[Issue]:
    """What the services or the database say against a row."""
    if isinstance(error, IntegrityError):
        error = refused_change(error) or error
    if not isinstance(error, ProblemError):
        raise error
    if not error.errors:
        return [Issue(number, error.code.value, error.detail)]
    known = places or {}
    return [Issue(number, each.code, each.message, known.get(str(each.loc[-1]))) for each in error.errors]


def _as_list(value: Any) -> list[str]:
    return value if isinstance(value, list) else [value]


def _same(one: Any, other: Any) -> bool:
    return sorted(one) == sorted(other) if isinstance(one, list) and isinstance(other, list) else one == other


def _accepts(model: type[BaseModel], name: str, value: Any) -> bool:
    try:
        model.model_validate({name: value})
    except ValidationError:
        return False
    return True


async def current_values(
    session: AsyncSession, sheet: Sheet, rows: Sequence[Any], names: Iterable[str]
) -> dict[int, dict[str, Any]]:
    """What an import could have set of these rows, by id: the columns themselves, and what cells name."""
    columns = {column.fills: column for column in sheet.imported()}
    found: dict[int, dict[str, Any]] = {row.id: {} for row in rows}
    answers: Sequence[Any] = ()
    for name in names:
        column = columns[name]
        if column.show is None or column.find is None:
            for row in rows:
                found[row.id][name] = getattr(row, name)
            continue
        answers = answers or await sheet.service.answers(session, rows)
        texts = await shown(session, column, answers)
        known = await column.find(session, {text for each in texts for text in _as_list(each)})
        for row, text in zip(rows, texts, strict=True):
            values = [known[each] for each in _as_list(text) if each in known]
            found[row.id][name] = values if column.many else next(iter(values), None)
    return found


def digest(values: Mapping[str, Any], row: Any) -> str:
    """Of a row as it is, to see whether anybody has changed it since."""
    plain = {name: sorted(value) if isinstance(value, list) else value for name, value in sorted(values.items())}
    return sha256(to_json([plain, row.modifier_time])).hexdigest()

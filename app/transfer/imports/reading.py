"""A workbook read row by row: its sheet, its headings, then its cells."""

import posixpath
import zipfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

from openpyxl.utils import get_column_letter
from python_calamine import CalamineError, CalamineWorkbook

from app.core.sheets import Column, Sheet, all_sheets
from app.transfer.imports.errors import FileRefusedError
from app.transfer.imports.upload import Extent, extents

RELATION = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}id"


@dataclass(frozen=True)
class Place:
    """A column of ours in the sheet: at which position, from 0."""

    column: Column
    position: int
    heading: str

    def cell(self, row: int) -> str:
        return f"{get_column_letter(self.position + 1)}{row}"


@dataclass(frozen=True)
class Reading:
    headings: list[str]
    places: list[Place]
    ignored: list[str]
    extent: Extent
    rows: Iterator[tuple[int, list[Any]]]  # number in the sheet, cells
    row_count: int

    def some(self, number: int) -> list[tuple[int, list[Any]]]:
        return list(islice(self.rows, number))


def open_workbook(path: Path, sheet: Sheet, most_rows: int) -> Reading:
    """Not for the event loop: it unpacks and reads the whole file. Raises FileRefusedError."""
    seen = extents(path)
    extent = seen.get(_first_part(path)) or Extent()
    if extent.rows > most_rows + 1:
        raise FileRefusedError("too_many_rows", details={"most": most_rows})
    try:
        found = CalamineWorkbook.from_path(str(path)).get_sheet_by_index(0)
        rows = found.iter_rows()
        # Empty columns before the first one that has a cell are not given; empty rows are.
        left = [""] * (found.start or (0, 0))[1]
    except (CalamineError, OSError, ValueError, IndexError) as error:
        raise FileRefusedError("file_damaged") from error
    headings = [str(cell).strip() for cell in (*left, *next(rows, []))]
    places, ignored = _places(sheet, headings)
    row_count = (found.end or (0, 0))[0]  # the row of the headings is number 0
    if row_count < 1:
        raise FileRefusedError("no_rows")
    if row_count > most_rows:
        raise FileRefusedError("too_many_rows", details={"most": most_rows})
    numbered = ((number, [*left, *cells]) for number, cells in enumerate(rows, 2))
    return Reading(headings, places, ignored, extent, numbered, row_count)


def _first_part(path: Path) -> str:
    """The name of the part that holds the first sheet, as the workbook says."""
    try:
        with zipfile.ZipFile(path) as archive:
            book = ElementTree.fromstring(archive.read("xl/workbook.xml"))  # noqa: S314 - of a bounded size
            links = ElementTree.fromstring(archive.read("xl/_rels/workbook.xml.rels"))  # noqa: S314
    except (KeyError, ElementTree.ParseError, zipfile.BadZipFile, OSError) as error:
        raise FileRefusedError("file_damaged") from error
    targets = {link.get("Id"): link.get("Target") or "" for link in links}
    first = next((each for each in book.iter() if each.tag.endswith("}sheet")), None)
    target = targets.get(first.get(RELATION)) if first is not None else None
    if not target:
        raise FileRefusedError("file_damaged")
    return target.lstrip("/") if target.startswith("/") else posixpath.normpath(f"xl/{target}")


def _known(sheet: Sheet) -> dict[str, Column]:
    """Columns by every name they go by."""
    names: dict[str, Column] = {}
    for column in sheet.columns:
        names.update({name.casefold(): column for name in (column.name, column.en, column.zh)})
    return names


def _places(sheet: Sheet, headings: Sequence[str]) -> tuple[list[Place], list[str]]:
    """Where our columns are, and which headings are not read."""
    known, imported = _known(sheet), set(sheet.imported())
    places, ignored = [], []
    for position, heading in enumerate(headings):
        column = known.get(heading.casefold())
        if column in imported and column is not None:
            places.append(Place(column, position, heading))
        elif heading:
            ignored.append(heading)
    found = [place.column.name for place in places]
    if len(set(found)) != len(found):
        twice = sorted({name for name in found if found.count(name) > 1})
        raise FileRefusedError("headings_twice", details={"columns": twice})
    wanted = sheet.importing.key if sheet.importing else ()
    missing = [name for name in wanted if name not in {place.column.fills for place in places}]
    if missing:
        _refuse_headings(sheet, headings, [column for column in sheet.imported() if column.fills in missing])
    return places, ignored


def _refuse_headings(sheet: Sheet, headings: Sequence[str], missing: Sequence[Column]) -> None:
    ours = {heading.casefold() for heading in headings if heading}
    for other in all_sheets():
        shared = len(ours & _known(other).keys()) if other is not sheet and other.importing is not None else 0
        if shared > 1 and shared > len(ours) / 2:
            raise FileRefusedError("wrong_sheet", details={"resource": other.resource})
    names = [column.en for column in missing]
    words = f"The first row must have the headings of the template. Missing: {', '.join(names)}."
    raise FileRefusedError("headings_missing", words, {"columns": names})

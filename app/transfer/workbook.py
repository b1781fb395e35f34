"""Workbooks written in constant memory.

openpyxl writes each sheet to a file before it packs them: ours stands beside the workbook, for a temporary folder may
be in memory. A text that a spreadsheet would take for a formula stays a text, without another character in it
(docs/decisions/0112).
"""

import os
from collections.abc import Iterable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

from openpyxl import Workbook
from openpyxl.cell import WriteOnlyCell
from openpyxl.comments import Comment
from openpyxl.styles import Alignment, Font, PatternFill
from openpyxl.utils import get_column_letter
from openpyxl.worksheet import _writer

from app.core.files import FOLDER_MODE, PARTIAL, as_disk_full, open_partial
from app.core.settings import Settings

FOLDER = "sheets"
MEDIA_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
MOST_ROWS = 1_048_576  # of a sheet, as Excel has it; the heading is one of them
LONGEST_TITLE = 31
FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "_x000D_")
TAKEN_AMISS = (*FORMULA_STARTS, "#")
HEAD_FONT, HEAD_FILL = Font(bold=True, color="FFFFFF"), PatternFill("solid", fgColor="33415C")
WRONG_FILL = PatternFill("solid", fgColor="F8D0CC")


def place(key: str) -> str:
    """Where a workbook is, below the output folder."""
    return f"{FOLDER}/{key}.xlsx"


def path_of(settings: Settings, key: str) -> Path:
    return settings.output_path / place(key)


class Book:
    """One list, in as many sheets as it takes. Not for the event loop: each call may write to the disk."""

    def __init__(self, path: Path, title: str, headings: Sequence[str], widths: Sequence[int] = ()) -> None:
        path.parent.mkdir(mode=FOLDER_MODE, parents=True, exist_ok=True)
        self._path, self._title, self._headings, self._widths = path, title, headings, widths
        self._book = Workbook(write_only=True)
        self._sheet: Any = None
        self._parts: list[Path] = []
        self._left = 0
        self.rows = 0

    def add(self, rows: Iterable[Sequence[Any]]) -> None:
        try:
            for row in rows:
                if not self._left:
                    self._next_sheet()
                self._sheet.append([self._safe(value) for value in row])
                self._left -= 1
                self.rows += 1
        except OSError as error:
            raise as_disk_full(error) from error

    def begin(self) -> None:
        """Have a sheet, for who makes cells before there are rows."""
        if self._sheet is None:
            self._next_sheet()

    def save(self) -> int:
        """Under its name, whole; its size in bytes."""
        try:
            self.begin()
            with open_partial(self._path) as descriptor, os.fdopen(os.dup(descriptor), "wb") as file:
                self._book.save(file)
            self._parts.clear()
            return self._path.stat().st_size
        except OSError as error:
            raise as_disk_full(error) from error

    def close(self) -> None:
        """Leave nothing behind of what was not saved."""
        for sheet in self._book.worksheets if self._parts else ():
            with suppress(OSError):  # of a full disk: the file goes all the same
                if not sheet.closed:
                    sheet.close()
        for part in self._parts:
            part.unlink(missing_ok=True)
            if str(part) in _writer.ALL_TEMP_FILES:
                _writer.ALL_TEMP_FILES.remove(str(part))

    def wrong(self, value: Any, words: str) -> Any:
        """A cell that is marked, and says why."""
        cell = self._cell(value)
        cell.fill = WRONG_FILL
        comment = Comment(words, "Import")
        comment.width, comment.height = 320, 30 + 20 * (1 + len(words) // 40)
        cell.comment = comment
        return cell

    def _cell(self, value: Any) -> Any:
        cell: Any = WriteOnlyCell(self._sheet)
        if isinstance(value, str):
            cell._value, cell.data_type = value, "s"
            cell.quotePrefix = value.startswith(FORMULA_STARTS)
        else:
            cell.value = value
        return cell

    def _safe(self, value: Any) -> Any:
        """A formula or an error, such as #N/A, is what openpyxl would make of these texts."""
        return self._cell(value) if isinstance(value, str) and value.startswith(TAKEN_AMISS) else value

    def _next_sheet(self) -> None:
        number = len(self._book.worksheets) + 1
        suffix = f" ({number})" if number > 1 else ""
        self._sheet = sheet = self._book.create_sheet(self._title[: LONGEST_TITLE - len(suffix)] + suffix)
        sheet.freeze_panes = "A2"
        for position, width in enumerate(self._widths, 1):
            sheet.column_dimensions[get_column_letter(position)].width = width
        part = self._path.with_name(f"{self._path.name}.{number}{PARTIAL}")
        self._parts.append(part)
        _writer.ALL_TEMP_FILES.append(str(part))
        sheet._writer = _writer.WorksheetWriter(sheet, str(part))
        sheet._writer.write_top()
        sheet.append([self._heading(text) for text in self._headings])
        self._left = MOST_ROWS - 1

    def _heading(self, text: str) -> Any:
        cell = self._cell(text)
        cell.font, cell.fill, cell.alignment = HEAD_FONT, HEAD_FILL, Alignment(vertical="center")
        return cell

"""The workbook as it came, with every mistake marked where it is: coloured, with a comment that says what is wrong."""

from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path

from app.core.sheets import Locale, Sheet
from app.core.sheets.values import escaped, say
from app.transfer.imports.errors import in_words
from app.transfer.imports.models import ImportIssue
from app.transfer.imports.reading import open_workbook
from app.transfer.workbook import Book

PROBLEMS = ("What is wrong", "问题")
SOME = 500


def annotate(
    source: Path, target: Path, sheet: Sheet, locale: Locale, issues: Sequence[ImportIssue], most_rows: int
) -> None:
    """Not for the event loop. The last column tells in words what is wrong with each row, to filter by."""
    reading = open_workbook(source, sheet, most_rows)
    positions = {place.heading: place.position for place in reading.places}
    by_row: dict[int, list[ImportIssue]] = defaultdict(list)
    for issue in issues:
        by_row[issue.row].append(issue)
    width = max(len(reading.headings), 1)
    book = Book(target, say(sheet.title, locale), [*reading.headings, say(PROBLEMS, locale)], [18] * width + [60])
    try:
        while rows := reading.some(SOME):
            book.begin()
            book.add([_marked(book, cells, width, by_row[number], positions, locale) for number, cells in rows])
        book.save()
    finally:
        book.close()


def _marked(
    book: Book,
    cells: Sequence[object],
    width: int,
    issues: Sequence[ImportIssue],
    positions: dict[str, int],
    locale: Locale,
) -> list[object]:
    row: list[object] = [escaped(cell) if isinstance(cell, str) else cell for cell in cells[:width]]
    row += [None] * (width - len(row))
    told: list[str] = []
    by_place: dict[int, list[str]] = defaultdict(list)
    for issue in issues:
        words = in_words(issue.code, issue.message, locale)
        told.append(f"{issue.heading}: {words}" if issue.heading else words)
        if issue.heading in positions:
            by_place[positions[issue.heading]].append(words)
    for position, words_here in by_place.items():
        row[position] = book.wrong(row[position], "\n".join(words_here))
    return [*row, "; ".join(told) or None]

"""Lists as spreadsheets: what a domain says of a resource so that it can be exported and imported.

    register(Sheet(service, NoteQuery, LABELS.get, ("Notes", "笔记"), columns=(Column("title", "Title", "标题"),)))

docs/add-excel.md goes through it; app/system/parameters/sheet.py is an example. The domain `transfer` does the rest.
"""

from app.core.sheets.model import Column, Importing, Sheet, all_sheets, find_sheet, register
from app.core.sheets.ports import dictionary_labels, keeps_dictionaries
from app.core.sheets.values import Locale, Words

__all__ = [
    "Column",
    "Importing",
    "Locale",
    "Sheet",
    "Words",
    "all_sheets",
    "dictionary_labels",
    "find_sheet",
    "keeps_dictionaries",
    "register",
]

"""An empty workbook to fill in: headings that explain themselves, and drop-downs where there is something to choose."""

import asyncio
from collections.abc import Mapping, Sequence
from io import BytesIO
from typing import Any

from openpyxl import Workbook
from openpyxl.comments import Comment
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.datavalidation import DataValidation
from sqlalchemy.ext.asyncio import AsyncSession

from app.core.sheets import Column, Locale, Sheet
from app.core.sheets.values import Kind, say
from app.transfer.exports.service import words_of
from app.transfer.workbook import HEAD_FILL, HEAD_FONT, LONGEST_TITLE, MOST_ROWS

CHOICES = "choices"  # a hidden sheet: a list inside the rule itself may have 255 characters only
KINDS = {
    Kind.TEXT: ("Text.", "文本。"),
    Kind.WHOLE: ("A whole number.", "整数。"),
    Kind.NUMBER: ("A number.", "数字。"),
    Kind.BOOLEAN: ("Yes or no.", "是或否。"),
    Kind.MOMENT: ("A date and time.", "日期时间。"),
}
NEEDED, OPTIONAL = ("Needed.", "必填。"), ("May be blank.", "可留空。")
RECOGNISED = (
    "Tells which row is meant: one that is there is changed, another is made.",
    "用于识别记录：已存在则更新，否则新建。",
)
ONE_OF = ("One of: {}", "可选：{}")
MOST_NAMED = 12


async def template(session: AsyncSession, sheet: Sheet, locale: Locale) -> bytes:
    choices = {column.name: await _choices(session, sheet, column, locale) for column in sheet.imported()}
    return await asyncio.to_thread(_made, sheet, locale, choices)


async def _choices(session: AsyncSession, sheet: Sheet, column: Column, locale: Locale) -> Sequence[str]:
    if column.options is not None:
        return await column.options(session)
    return list((await words_of(session, sheet, column, locale)).values())


def _made(sheet: Sheet, locale: Locale, choices: Mapping[str, Sequence[str]]) -> bytes:
    book = Workbook()
    page: Any = book.active
    page.title = say(sheet.title, locale)[:LONGEST_TITLE]
    page.freeze_panes = "A2"
    hidden = book.create_sheet(CHOICES)
    hidden.sheet_state = "hidden"
    for position, column in enumerate(sheet.imported(), 1):
        letter = get_column_letter(position)
        cell = page.cell(1, position, say((column.en, column.zh), locale))
        cell.font, cell.fill = HEAD_FONT, HEAD_FILL
        cell.comment = _comment(sheet, column, locale, choices[column.name])
        page.column_dimensions[letter].width = column.width
        if sheet.kind(column) is Kind.TEXT:
            page.column_dimensions[letter].number_format = "@"  # so that 007 stays what was typed
        offered = choices[column.name]
        if offered:
            for number, word in enumerate(offered, 1):
                hidden.cell(number, position).value = word
            rule = DataValidation("list", formula1=f"{CHOICES}!${letter}$1:${letter}${len(offered)}", allow_blank=True)
            # Of several in one cell a drop-down can only give the first.
            rule.showErrorMessage = not column.many
            rule.add(f"{letter}2:{letter}{MOST_ROWS}")
            page.add_data_validation(rule)
    written = BytesIO()
    book.save(written)
    return written.getvalue()


def _comment(sheet: Sheet, column: Column, locale: Locale, choices: Sequence[str]) -> Comment:
    importing = sheet.importing
    if importing is None:
        raise ValueError(f"{sheet.resource} cannot be imported")
    is_needed = importing.create.model_fields[column.fills].is_required()
    lines = [say(NEEDED if is_needed else OPTIONAL, locale)]
    if column.fills in importing.key:
        lines.append(say(RECOGNISED, locale))
    if choices and len(choices) <= MOST_NAMED:
        lines.append(say(ONE_OF, locale).format(", ".join(choices)))
    elif not choices:
        lines.append(say(KINDS[sheet.kind(column)], locale))
    lines.append(say(column.hint, locale))
    comment = Comment("\n".join(line for line in lines if line), "Groundwork")
    comment.width, comment.height = 300, 110
    return comment

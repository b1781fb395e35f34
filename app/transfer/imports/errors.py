"""How a file is refused: by a stable code, in words that say what to do."""

from collections.abc import Mapping
from typing import Any

from app.core.errors import ErrorCode, ProblemError, field_problem
from app.core.sheets import Locale, Words
from app.core.sheets.values import say

# Of a whole file. Pages translate the codes; a workbook that is handed back has these words.
REFUSALS: dict[str, str] = {
    "file_empty": "The file is empty.",
    "file_type": "This is no .xlsx workbook. Save it as one and try again.",
    "file_encrypted": "The workbook is protected with a password. Save it without one and try again.",
    "file_macros": "The workbook has macros. Save it as .xlsx, which has none, and try again.",
    "file_bomb": "The file is far larger unpacked than a list can be.",
    "file_damaged": "The file is damaged and cannot be read.",
    "sheet_too_large": "The sheet has more cells than can be read at once.",
    "too_many_rows": "There are more rows than may be imported at once. Split the file.",
    "no_rows": "There is no row below the headings.",
    "headings_missing": "The first row must have the headings of the template.",
    "headings_twice": "A heading stands there twice.",
    "wrong_sheet": "These are the headings of another list.",
}
# Of one cell or row. What is not here is told in the words of the rule itself.
ISSUES: dict[str, Words] = {
    "missing": ("This is needed.", "此项必填。"),
    "required": ("This is needed.", "此项必填。"),
    "string_too_short": ("This is too short.", "内容过短。"),
    "string_too_long": ("This is too long.", "内容过长。"),
    "string_pattern_mismatch": ("This has the wrong form.", "格式不正确。"),
    "text_expected": (
        "This is a date or a time; format the cell as text.",
        "这是日期或时间，请将单元格设为文本格式。",
    ),
    "number_expected": ("This must be a number.", "必须是数字。"),
    "whole_number_expected": ("This must be a whole number.", "必须是整数。"),
    "moment_expected": ("This must be a date and time.", "必须是日期时间。"),
    "not_a_choice": ("This is none of the choices.", "不在可选项中。"),
    "greater_than_equal": ("This is too small.", "数值过小。"),
    "less_than_equal": ("This is too large.", "数值过大。"),
    "value_error": ("This is not accepted.", "不接受此值。"),
    "cell_error": ("The formula in this cell fails.", "此单元格的公式出错。"),
    "duplicate_in_file": ("An earlier row of this file has the same.", "文件中前面的行已有相同的值。"),
    "taken": ("This is taken already.", "已被占用。"),
    "fixed": ("This cannot be changed any more.", "此项不能再修改。"),
    "unknown": ("This does not exist.", "不存在。"),
    "too_long": ("These are too many.", "数量过多。"),
    "email_invalid": ("This is no e-mail address.", "不是有效的邮箱地址。"),
    "email_refused": ("Throw-away addresses are not accepted here.", "不接受一次性邮箱。"),
    "wrong_value": ("This does not fit the type.", "与类型不符。"),
    "declared_in_code": ("This is built in and cannot be changed.", "内置项不能修改。"),
    "administrator_only": ("Only an administrator may set this.", "只有管理员可以设置。"),
    "permission_denied": ("Your account may not do this.", "您的账户无权执行此操作。"),
    "last_administrator": ("There must be an active administrator left.", "必须保留一名启用的管理员。"),
    "conflict": ("This goes against what is there.", "与现有数据冲突。"),
    "changed_since": ("It was changed since the import: left as it is.", "导入后已被修改，保持原样。"),
    "gone": ("It was deleted since the import.", "导入后已被删除。"),
}


class FileRefusedError(Exception):
    def __init__(self, code: str, message: str = "", details: Mapping[str, Any] | None = None) -> None:
        super().__init__(code, message)
        self.code = code
        self.message = message or REFUSALS[code]
        self.details = dict(details or {})

    def as_problem(self) -> ProblemError:
        return field_problem(ErrorCode.VALIDATION_FAILED, "file", self.code, self.message)


def in_words(code: str, message: str, locale: Locale) -> str:
    return say(ISSUES[code], locale) if code in ISSUES else message


def wrong_state(words: str) -> ProblemError:
    return field_problem(ErrorCode.CONFLICT, "state", "wrong_state", words)

"""Migrations are written once, in the words that `db revise` writes on SQLite; PostgreSQL hears here what they mean.

- Whole numbers have 64 bits, as SQLite's have: ids of events would not fit into 32 for ever.
- Names and codes are compared byte by byte (COLLATE "C"), as SQLite does it: the order and the ranges of `starts_with`
  are the same on every machine, and no update of its locales makes an index wrong. Long texts keep the database's.
- A Boolean has no default 0 or 1, and is not compared with them in the condition of an index.
"""

import re
from typing import Any

from sqlalchemy import Boolean, Column, DefaultClause, Engine, Integer, String, Text, TextClause, literal_column
from sqlalchemy.dialects.postgresql.base import PGDDLCompiler
from sqlalchemy.schema import CreateIndex

BOOLEANS = {"0": "false", "1": "true"}
IS_SO = re.compile(r"\b(is_\w+) = ([01])\b")


def condition_in_postgresql(condition: str) -> str:
    """`is_deleted = 0 AND kind = 'page'` -> `NOT is_deleted AND kind = 'page'`."""
    return IS_SO.sub(lambda found: found[1] if found[2] == "1" else f"NOT {found[1]}", condition)


class _Ddl(PGDDLCompiler):
    def get_column_specification(self, column: Column[Any], **kw: Any) -> str:
        words: str = super().get_column_specification(column, **kw)  # type: ignore[no-untyped-call]
        if isinstance(column.type, String) and not isinstance(column.type, Text):
            return f'{words} COLLATE "C"'
        if isinstance(column.type, Integer):
            return words.replace(" SERIAL", " BIGSERIAL", 1).replace(" INTEGER", " BIGINT", 1)
        return words

    def get_column_default_string(self, column: Column[Any]) -> str | None:
        default = column.server_default
        if isinstance(column.type, Boolean) and isinstance(default, DefaultClause):
            arg = default.arg
            if isinstance(arg, TextClause) and arg.text in BOOLEANS:
                return BOOLEANS[arg.text]
        words: str | None = super().get_column_default_string(column)
        return words

    def visit_create_index(self, create: CreateIndex, *args: Any, **kw: Any) -> str:
        options = create.element.dialect_options
        condition = options["sqlite"]["where"]
        if condition is not None and options["postgresql"]["where"] is None:
            options["postgresql"]["where"] = literal_column(condition_in_postgresql(str(condition)))
        words: str = super().visit_create_index(create, *args, **kw)  # type: ignore[no-untyped-call]
        return words


def speak_postgresql(engine: Engine) -> Engine:
    engine.dialect.ddl_compiler = _Ddl
    return engine

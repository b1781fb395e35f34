"""Which rule a change broke, as each database tells it."""

from typing import Any, NamedTuple

from sqlalchemy import Index, PrimaryKeyConstraint, Table, UniqueConstraint
from sqlalchemy.exc import IntegrityError

from app.core.models import Base

UNIQUE, FOREIGN_KEY = "23505", "23503"  # SQLSTATE


class BrokenRule(NamedTuple):
    """`field`: the last column of a unique index; none where a reference is broken."""

    field: str | None


def broken_rule(error: IntegrityError) -> BrokenRule | None:
    """None when it is neither a unique index nor a reference."""
    state = getattr(error.orig, "sqlstate", None)
    return _told_by_sqlite(str(error.orig)) if state is None else _told_by_postgresql(state, error.orig)


def _told_by_sqlite(words: str) -> BrokenRule | None:
    """`UNIQUE constraint failed: iam_role.code`"""
    rule, _, columns = words.partition(" constraint failed")
    if rule == "UNIQUE":
        return BrokenRule(columns.rpartition(".")[2])
    return BrokenRule(None) if rule == "FOREIGN KEY" else None


def _told_by_postgresql(state: str, error: Any) -> BrokenRule | None:
    """By the name of the index: its words are in the language of the server, and hold the values."""
    if state == FOREIGN_KEY:
        return BrokenRule(None)
    table = Base.metadata.tables.get(error.diag.table_name or "")
    if state != UNIQUE or table is None:
        return None
    field = _last_column(table, error.diag.constraint_name or "")
    return None if field is None else BrokenRule(field)


def _last_column(table: Table, name: str) -> str | None:
    rules: list[Index | UniqueConstraint | PrimaryKeyConstraint] = [*table.indexes]
    rules += [rule for rule in table.constraints if isinstance(rule, UniqueConstraint | PrimaryKeyConstraint)]
    for rule in rules:
        if rule.name == name:
            return str(list(rule.columns)[-1].name)
    return None

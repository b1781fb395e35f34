"""What a backup asks of a kind of database. sqlite.py and postgresql.py answer."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Protocol

from . import postgresql, sqlite
from .model import Plan

Contents = dict[str, Any]  # rows by table and the revision of the schema; a server's also has a hash of each table


class Database(Protocol):
    """Every function raises RefusedError in words of a person's."""

    def path(self, plan: Plan, folder: Path) -> Path:
        """The copy of it in what a backup is made of."""
        ...

    def files(self, plan: Plan) -> set[Path]:
        """Those of it that lie among the files of people: they are not staged as such."""
        ...

    def require(self, plan: Plan) -> int:
        """It is there and can be backed up; its bytes, about."""
        ...

    def copy(self, plan: Plan, target: Path) -> Contents:
        """One moment of it, while others write, and what it had at that moment."""
        ...

    def damage(self, plan: Plan, path: Path) -> str:
        """What is wrong with a copy; '' when it is whole."""
        ...

    def contents(self, plan: Plan, path: Path) -> Contents:
        """What is in a copy, found out by bringing it to life."""
        ...

    def bring(self, plan: Plan, path: Path) -> Contents:
        """The same, and it stays, beside the one in use, for `exchange`."""
        ...

    def exchange(self, plan: Plan) -> None:
        """Put what was brought in the place of the one in use, which is kept. The app must be stopped."""
        ...

    def take_back(self, plan: Plan) -> None:
        """The one that was in use is in use again, wherever that stopped; what was brought is gone."""
        ...

    def forget_brought(self, plan: Plan) -> None: ...

    def forget_replaced(self, plan: Plan) -> None: ...


KINDS: dict[str, Database] = {"sqlite": sqlite, "postgresql": postgresql}


def database_of(plan: Plan) -> Database:
    """The kind that the plan names."""
    return KINDS[plan.database["kind"]]

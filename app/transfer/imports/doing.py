"""What a file says, done in small batches: one transaction each, one savepoint a row.

A check does the same and takes it back, so it finds what only doing it shows: rules of the services, rights of who
asks, names that are taken. Small, so that nobody waits long for the turn to write.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import groupby
from typing import Any

from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from app.core.database import Database, Work
from app.core.errors import ErrorCode, ProblemError
from app.core.principal import Principal
from app.core.sheets import Importing, Sheet
from app.transfer.imports import repository
from app.transfer.imports.rows import Issue, Judge, Row, current_values, digest

ROWS_AT_ONCE = 100
Cells = Sequence[tuple[int, list[Any]]]
REFUSALS = (ProblemError, IntegrityError)


class TakenBackError(Exception):
    """Raised to leave a transaction without committing it."""


@dataclass
class Done:
    made: int = 0
    changed: int = 0
    same: int = 0
    issues: list[Issue] = field(default_factory=list)


def _take_back() -> None:
    raise TakenBackError


def _sorted_out(rows: Sequence[Row]) -> tuple[Done, list[Row]]:
    """What is known before anything is done, and the rows that there is something to do for."""
    sound = [row for row in rows if not row.issues]
    to_do = [row for row in sound if not row.is_same]
    issues = [issue for row in rows for issue in row.issues]
    return Done(same=len(sound) - len(to_do), issues=issues), to_do


@dataclass(frozen=True)
class Doing:
    database: Database
    sheet: Sheet
    importing: Importing
    judge: Judge
    principal: Principal
    given: Mapping[str, Any]  # what every new row gets besides

    async def check(self, batch: Cells) -> Done:
        """What would happen; nothing of it does."""
        async with self.database.work() as work, work.reading() as session:
            rows = await self.judge.judge(session, batch)
        done, to_do = _sorted_out(rows)
        if to_do:
            try:
                async with self.database.work() as work:
                    await self._each(work, to_do, done)
                    _take_back()
            except TakenBackError:
                """As it was."""
        return done

    async def do(self, work: Work, batch: Cells, import_id: int) -> Done:
        """In the transaction of `work`, so that what is compared with is what is there. Kept, to be taken back."""
        work.principal = self.principal
        session = await work.writing()
        done, to_do = _sorted_out(await self.judge.judge(session, batch))
        records = await self._each(work, to_do, done)
        names = [column.fills for column in self.sheet.imported()]
        after = await current_values(session, self.sheet, [record for _, record in records], names)
        changes = [
            {
                "import_id": import_id,
                "row": row.number,
                "record_id": record.id,
                "before": None if row.is_new else {name: row.before[name] for name in row.changes},
                "after": digest(after[record.id], record),
                "is_undone": False,
            }
            for row, record in records
        ]
        await repository.add_changes(session, changes)
        return done

    async def _each(self, work: Work, rows: Sequence[Row], done: Done) -> list[tuple[Row, Any]]:
        """In the order of the file. New ones together, and one by one where something is wrong with one of them."""
        work.principal = self.principal
        session, records = await work.writing(), []
        for is_new, run in groupby(rows, key=lambda row: row.is_new):
            some = list(run)
            made = await self._together(session, some) if is_new and len(some) > 1 else None
            records += made if made is not None else await self._one_by_one(session, some, done)
        done.made = sum(row.is_new for row, _ in records)
        done.changed = len(records) - done.made
        return records

    async def _together(self, session: AsyncSession, rows: Sequence[Row]) -> list[tuple[Row, Any]] | None:
        try:
            async with session.begin_nested():
                self._refuse_without(self.importing.labels.create)
                made = await self.sheet.service.create_many(session, [self._new(row) for row in rows])
        except REFUSALS:
            return None
        return list(zip(rows, made, strict=True))

    async def _one_by_one(self, session: AsyncSession, rows: Sequence[Row], done: Done) -> list[tuple[Row, Any]]:
        records = []
        for row in rows:
            try:
                async with session.begin_nested():
                    records.append((row, await self._one(session, row)))
            except REFUSALS as error:
                done.issues += self.judge.issues_of(row.number, error)
        return records

    async def _one(self, session: AsyncSession, row: Row) -> Any:
        if row.is_new:
            self._refuse_without(self.importing.labels.create)
            return await self.sheet.service.create(session, self._new(row))
        self._refuse_without(self.importing.labels.update)
        return await self.sheet.service.update(session, row.existing.id, row.changes)

    def _new(self, row: Row) -> dict[str, Any]:
        return {**self.importing.complete(dict(row.changes)), **self.given}

    def _refuse_without(self, label: str) -> None:
        if not self.principal.holds(label):
            raise ProblemError(ErrorCode.PERMISSION_DENIED, f"This needs the permission {label}.")

"""Taking an import back, a few rows at a time: what it made is deleted, what it changed is as before."""

import json
from dataclasses import dataclass, field

from sqlalchemy.ext.asyncio import AsyncSession

from app.core.sheets import Importing, Sheet
from app.transfer.imports import repository
from app.transfer.imports.doing import REFUSALS
from app.transfer.imports.models import ImportChange
from app.transfer.imports.rows import Issue, as_issues, current_values, digest

LAST = 2**62


@dataclass
class UndoneBatch:
    seen: int = 0
    undone: int = 0
    last: int = LAST  # where to go on: below this id
    issues: list[Issue] = field(default_factory=list)


async def undo_some(
    session: AsyncSession, sheet: Sheet, importing: Importing, import_id: int, below: int, limit: int
) -> UndoneBatch:
    changes = await repository.changes_to_undo(session, import_id, below, limit)
    batch = UndoneBatch(seen=len(changes), last=changes[-1].id if changes else below)
    records = {
        record.id: record
        for record in await sheet.service.repository.many(session, {change.record_id for change in changes})
    }
    names = [column.fills for column in sheet.imported()]
    now = await current_values(session, sheet, list(records.values()), names)
    done: list[int] = []
    for change in changes:
        record = records.get(change.record_id)
        if record is None:
            batch.issues.append(Issue(change.row, "gone", "It was deleted since the import."))
        elif digest(now[record.id], record) != change.after:
            batch.issues.append(Issue(change.row, "changed_since", "It was changed since the import: left as it is."))
        else:
            try:
                async with session.begin_nested():
                    await _undo(session, sheet, importing, change)
                done.append(change.id)
            except REFUSALS as error:
                batch.issues += as_issues(change.row, error)
    await repository.mark_undone(session, done)
    batch.undone = len(done)
    return batch


async def _undo(session: AsyncSession, sheet: Sheet, importing: Importing, change: ImportChange) -> None:
    if change.before is None:
        await sheet.service.delete(session, [change.record_id])
        return
    before = importing.update.model_validate_json(json.dumps(change.before))
    await sheet.service.update(session, change.record_id, before.model_dump(exclude_unset=True))

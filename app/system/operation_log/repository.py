"""Every query about the operation log."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, cast

from sqlalchemy import ColumnElement, CursorResult, delete, insert, select, tuple_
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import undefer

from app.core.crud import PageQuery, Repository
from app.system.operation_log.models import OperationRecord


class OperationRepository(Repository[OperationRecord]):
    def visible(self) -> list[ColumnElement[bool]]:
        """Nothing is ever marked as deleted here."""
        return []

    async def get(self, session: AsyncSession, id_: int) -> OperationRecord | None:
        query = select(OperationRecord).where(OperationRecord.id == id_)
        return await session.scalar(query.options(undefer(OperationRecord.changes)))

    async def after(
        self, session: AsyncSession, query: PageQuery, last: OperationRecord | None, limit: int
    ) -> Sequence[OperationRecord]:
        """The next rows of the list after `last`, newest first: as fast at the end as at the start."""
        conditions = self.conditions(query)
        if last is not None:
            conditions.append(tuple_(OperationRecord.created_at, OperationRecord.id) < (last.created_at, last.id))
        rows = select(OperationRecord).where(*conditions).order_by(*self.order("-at")).limit(limit)
        return (await session.scalars(rows)).all()


operations = OperationRepository(
    OperationRecord,
    sorts={"at": OperationRecord.created_at},
    filters={"user_id": lambda id_: OperationRecord.creator_id == id_},
)


async def add(session: AsyncSession, rows: list[dict[str, Any]]) -> int:
    """Add rows past the session's own bookkeeping; the id of the last one."""
    await session.execute(insert(OperationRecord), rows[:-1]) if rows[1:] else None
    made = cast(CursorResult[Any], await session.execute(insert(OperationRecord).values(**rows[-1])))
    return int(made.inserted_primary_key[0]) if made.inserted_primary_key else 0


async def remove_before(session: AsyncSession, moment: datetime, limit: int) -> int:
    """Remove the oldest rows before `moment`, at most `limit`: the write lock is others' too."""
    oldest = (
        select(OperationRecord.id)
        .where(OperationRecord.created_at < moment)
        .order_by(OperationRecord.created_at)
        .limit(limit)
    )
    removed = await session.execute(delete(OperationRecord).where(OperationRecord.id.in_(oldest)))
    return cast(CursorResult[Any], removed).rowcount

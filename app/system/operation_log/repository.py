"""Every query about the operation log."""

from typing import Any, cast

from sqlalchemy import CursorResult, insert, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import undefer

from app.core.crud import LogRepository
from app.system.operation_log.models import OperationRecord


class OperationRepository(LogRepository[OperationRecord]):
    async def get(self, session: AsyncSession, id_: int) -> OperationRecord | None:
        query = select(OperationRecord).where(OperationRecord.id == id_)
        return await session.scalar(query.options(undefer(OperationRecord.changes)))


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

"""Every query about the operation log."""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import undefer

from app.core.crud import LogRepository
from app.core.database import PointInsert, add_rows
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


_ROW = PointInsert(
    OperationRecord.__table__,
    *("creator_id", "created_at", "username", "action", "resource", "resource_id", "method", "path", "outcome"),
    *("status", "duration_ms", "client_network", "request_id", "changes"),
)


async def add(session: AsyncSession, rows: Sequence[Mapping[str, Any]]) -> int:
    """Add rows past the session's own bookkeeping; the id of the last one."""
    return await add_rows(session, _ROW, rows)

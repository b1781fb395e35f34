"""Keeps operations: a success in its own transaction, the rest a moment later by one writer a process."""

import asyncio
from collections.abc import Sequence
from contextlib import suppress
from datetime import datetime, timedelta
from typing import Any

from loguru import logger
from sqlalchemy.ext.asyncio import AsyncSession

from app.core.clock import utc_now
from app.core.crud import Service
from app.core.database import Database
from app.core.operations import Operation
from app.core.parameters import LOG_RETENTION_DAYS, Parameters
from app.system.operation_log import repository
from app.system.operation_log.schemas import OperationLogAnswer

PRUNE_EVERY = 50  # rows written; at the same pace, more is removed than comes in
PRUNED_AT_ONCE = 200
REMOVED_AT_ONCE = 5_000
MOST_WAITING = 1_000
STOP_SECONDS = 2.0
MOST_AT_ONCE = 100

log = Service("operation_log", "operation_logs", repository.operations, OperationLogAnswer)


def _outcome(status: int) -> str:
    if status < 400:
        return "success"
    if status == 403:
        return "denied"
    return "failed" if status < 500 else "error"


def _row(operation: Operation) -> dict[str, Any]:
    made = next((change["id"] for change in operation.changes if change["before"] is None), None)
    return {
        "creator_id": operation.user_id,
        "created_at": operation.at,
        "username": operation.username,
        "action": operation.action,
        "resource": operation.resource,
        "resource_id": operation.resource_id or (None if made is None else str(made)),
        "method": operation.method,
        "path": operation.path,
        "outcome": _outcome(operation.status),
        "status": operation.status,
        "duration_ms": operation.milliseconds(),
        "client_network": operation.client_network,
        "request_id": operation.request_id,
        "changes": operation.changes,
    }


class OperationLogKeeper:
    """The port of app.core.operations."""

    def __init__(self, database: Database, parameters: Parameters) -> None:
        self._database = database
        self._parameters = parameters
        self._waiting: asyncio.Queue[Operation] = asyncio.Queue(MOST_WAITING)
        self._forgotten = 0

    async def record(self, session: AsyncSession, operation: Operation) -> None:
        await self._add(session, [operation])

    def record_later(self, operation: Operation) -> None:
        try:
            self._waiting.put_nowait(operation)
        except asyncio.QueueFull:
            self._forgotten += 1

    async def _add(self, session: AsyncSession, operations: Sequence[Operation]) -> None:
        last = await repository.add(session, [_row(operation) for operation in operations])
        if last // PRUNE_EVERY > (last - len(operations)) // PRUNE_EVERY:
            days = await self._parameters.get(LOG_RETENTION_DAYS)
            await repository.operations.remove_before(session, utc_now() - timedelta(days=days), PRUNED_AT_ONCE)

    async def write(self) -> None:
        """Runs as long as the process: writes what waits, many in one transaction."""
        while True:
            batch = [await self._waiting.get()]
            await self._write(batch)

    async def _write(self, batch: list[Operation]) -> None:
        while len(batch) < MOST_AT_ONCE and not self._waiting.empty():
            batch.append(self._waiting.get_nowait())
        forgotten, self._forgotten = self._forgotten, 0
        if forgotten:
            logger.warning("{} refused or failed operations came too fast for the operation log", forgotten)
        try:
            async with self._database.work() as work:
                await self._add(await work.writing(), batch)
        except Exception:
            # Whatever it was, the next ones are to be written: nobody starts this writer anew.
            logger.exception("{} refused or failed operations could not be logged", len(batch))
        finally:
            for _ in batch:
                self._waiting.task_done()

    async def drained(self) -> None:
        """Wait until all that came in is written."""
        await self._waiting.join()

    async def stop(self, writer: "asyncio.Task[None]") -> None:
        """Write what still waits, then end."""
        with suppress(TimeoutError):
            await asyncio.wait_for(self.drained(), STOP_SECONDS)
        writer.cancel()
        await asyncio.wait({writer})  # not `await writer`: to swallow its cancellation would swallow ours too


async def remove_before(session: AsyncSession, moment: datetime) -> tuple[int, bool]:
    removed = await repository.operations.remove_before(session, moment, REMOVED_AT_ONCE)
    return removed, removed == REMOVED_AT_ONCE

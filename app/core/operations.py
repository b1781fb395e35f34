"""What a signed-in person changes: collected while the request runs, for the domain that keeps the operation log.

`current_principal` begins an operation for every request that is not a mere read. The request's transaction takes its
row along (core/dependencies.py); what was refused or failed is handed over when its answer has been sent
(core/middleware.py).
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from time import perf_counter
from typing import Any, Protocol

from fastapi import Request
from sqlalchemy import event, inspect
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Session
from starlette.types import Scope

from app.core.client import client_network
from app.core.clock import utc_now
from app.core.models import Audited
from app.core.request_context import current_request_id

CHANGES = "changes"
READING_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
AUDIT_COLUMNS = frozenset({"creator_id", "created_at", "modifier_id", "modifier_time"})
SECRET_NAME = re.compile(r"password|secret|token|hash|salt|refresh_id")
REDACTED = "•••"
LONGEST_VALUE = 200
MOST_CHANGES = 200

Change = dict[str, Any]  # table, id, field, before, after


@dataclass(slots=True)
class Operation:
    user_id: int
    username: str
    action: str
    resource: str
    resource_id: str | None
    method: str
    path: str
    client_network: str
    request_id: str
    status: int
    at: datetime
    started: float
    changes: list[Change] = field(default_factory=list)
    is_recorded: bool = False

    def milliseconds(self) -> int:
        return round((perf_counter() - self.started) * 1000)


class OperationLog(Protocol):
    async def record(self, session: AsyncSession, operation: Operation) -> None:
        """Keep an operation that succeeded, in the transaction of its own changes."""
        ...

    def record_later(self, operation: Operation) -> None:
        """Keep one that was refused or failed. Returns at once; may forget it when there are too many."""
        ...


def begin_operation(request: Request, user_id: int, username: str) -> None:
    """Remember who does what, unless the request only reads."""
    if request.method in READING_METHODS:
        return
    route = request.scope["route"]
    named = next(iter(request.path_params.values()), None)
    request.state.operation = Operation(
        user_id=user_id,
        username=username,
        action=route.name,
        resource=str(next(iter(route.tags), "")),
        resource_id=None if named is None else str(named)[:64],
        method=request.method,
        path=request.url.path[:256],
        client_network=client_network(request),
        request_id=current_request_id(),
        status=route.status_code or 200,
        at=utc_now(),
        started=perf_counter(),
    )


def operation_of(scope: Scope) -> Operation | None:
    """The operation of this request that is not recorded yet."""
    operation: Operation | None = scope.get("state", {}).get("operation")
    return None if operation is None or operation.is_recorded else operation


def note_change(session: AsyncSession, table: str, fields: Mapping[str, tuple[Any, Any]], id_: int | None) -> None:
    """Note (before, after) by field, for changes that no flush sees, such as one statement for many rows."""
    _append(session.info.get(CHANGES), table, id_, fields)


@event.listens_for(Session, "after_flush")
def _collect(session: Session, _: Any) -> None:
    changes: list[Change] | None = session.info.get(CHANGES)
    if changes is None:
        return
    for rows, fields_of in ((session.new, _made), (session.dirty, _changed), (session.deleted, _removed)):
        for row in rows:
            if isinstance(row, Audited):
                id_ = getattr(row, "id", None)
                _append(changes, row.__tablename__, id_, dict(_shown(row, fields_of)))


def _append(
    changes: list[Change] | None, table: str, id_: int | str | None, fields: Mapping[str, tuple[Any, Any]]
) -> None:
    for name, (before, after) in fields.items():
        if changes is not None and len(changes) < MOST_CHANGES:
            changes.append({"table": table, "id": id_, "field": name, "before": _short(before), "after": _short(after)})


def _made(value: Any, _: Any) -> tuple[Any, Any] | None:
    return None if value is None else (None, value)


def _changed(_: Any, history: Any) -> tuple[Any, Any] | None:
    if not history.has_changes():
        return None
    return (history.deleted[0] if history.deleted else None, history.added[0] if history.added else None)


def _removed(value: Any, _: Any) -> tuple[Any, Any] | None:
    return None if value is None else (value, None)


def _shown(row: Audited, fields_of: Any) -> Iterator[tuple[str, tuple[Any, Any]]]:
    """Fields with what they were and are; of secret ones only that they changed."""
    state = inspect(row)
    redacted = row.redacted()
    for column in state.mapper.column_attrs:
        if column.key in AUDIT_COLUMNS or column.key in state.unloaded or column.key == "id":
            continue
        pair = fields_of(state.dict.get(column.key), state.attrs[column.key].history)
        if pair is None:
            continue
        is_secret = column.key in redacted or column.columns[0].info.get("secret") or SECRET_NAME.search(column.key)
        if is_secret:
            pair = tuple(value if value is None or isinstance(value, bool) else REDACTED for value in pair)
        yield column.key, pair


def _short(value: Any) -> Any:
    if value is None or isinstance(value, bool | int | float):
        return value
    text = value.isoformat() if isinstance(value, datetime) else str(value)
    return text if len(text) <= LONGEST_VALUE else f"{text[:LONGEST_VALUE]}…"

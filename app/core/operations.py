"""What a signed-in person changes: collected while the request runs, for the domain that keeps the operation log.

`current_principal` begins an operation for every request that is not a mere read. The request's transaction takes its
row along (core/dependencies.py); what was refused or failed is handed over when its answer has been sent
(core/middleware.py).
"""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import cache
from time import perf_counter
from typing import Any, Protocol

from fastapi import Request
from sqlalchemy import event, inspect
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import InstanceState, Mapper, Session
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
Pairs = Iterator[tuple[str, tuple[Any, Any]]]  # a field's name, and what it was and is
PairsOf = Callable[[InstanceState[Any]], Pairs]


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


def note_new(session: AsyncSession, row: Audited) -> None:
    """Note a row that was added past the session's flush."""
    _note(session.info.get(CHANGES), row, _made)


def note_changed(session: AsyncSession, row: Audited, fields: Mapping[str, tuple[Any, Any]]) -> None:
    """Note a row that was changed past the session's flush: (before, after) by field."""
    _note(session.info.get(CHANGES), row, lambda _: iter(fields.items()))


@event.listens_for(Session, "after_flush")
def _collect(session: Session, _: Any) -> None:
    changes: list[Change] | None = session.info.get(CHANGES)
    if changes is None:
        return
    for rows, pairs_of in ((session.new, _made), (session.dirty, _changed), (session.deleted, _removed)):
        for row in rows:
            if isinstance(row, Audited):
                _note(changes, row, pairs_of)


def _note(changes: list[Change] | None, row: Audited, pairs_of: PairsOf) -> None:
    _append(changes, row.__tablename__, getattr(row, "id", None), dict(_shown(row, pairs_of)))


def _append(
    changes: list[Change] | None, table: str, id_: int | str | None, fields: Mapping[str, tuple[Any, Any]]
) -> None:
    for name, (before, after) in fields.items():
        if changes is not None and len(changes) < MOST_CHANGES:
            changes.append({"table": table, "id": id_, "field": name, "before": _short(before), "after": _short(after)})


def _made(state: InstanceState[Any]) -> Pairs:
    return ((name, (None, value)) for name, value in state.dict.items() if value is not None)


def _changed(state: InstanceState[Any]) -> Pairs:
    for name in state.committed_state:
        history = state.attrs[name].history
        if history.has_changes():
            yield name, (next(iter(history.deleted), None), next(iter(history.added), None))


def _removed(state: InstanceState[Any]) -> Pairs:
    return ((name, (value, None)) for name, value in state.dict.items() if value is not None)


@cache
def _columns(mapper: Mapper[Any]) -> Mapping[str, bool]:
    """Those whose changes are told, in their order, and whether they are secret for every row."""
    return {
        column.key: bool(column.columns[0].info.get("secret") or SECRET_NAME.search(column.key))
        for column in mapper.column_attrs
        if column.key not in AUDIT_COLUMNS and column.key != "id"
    }


def _shown(row: Audited, pairs_of: PairsOf) -> Pairs:
    """Fields with what they were and are; of secret ones only that they changed."""
    state = inspect(row)
    pairs = dict(pairs_of(state))
    redacted = row.redacted()
    for name, is_secret in _columns(state.mapper).items():
        if name in pairs:
            before, after = pairs[name]
            is_hidden = is_secret or name in redacted
            yield name, (_hidden(before), _hidden(after)) if is_hidden else (before, after)


def _hidden(value: Any) -> Any:
    return value if value is None or isinstance(value, bool) else REDACTED


def _short(value: Any) -> Any:
    if value is None or isinstance(value, bool | int | float):
        return value
    text = value.isoformat() if isinstance(value, datetime) else str(value)
    return text if len(text) <= LONGEST_VALUE else f"{text[:LONGEST_VALUE]}…"

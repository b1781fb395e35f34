"""Every query about jobs as people see them. What the worker asks is in engine/repository.py."""

from collections.abc import Container, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import (
    ColumnElement,
    ScalarSelect,
    Text,
    and_,
    bindparam,
    cast,
    column,
    func,
    literal_column,
    select,
    table,
    true,
)
from sqlalchemy.ext.asyncio import AsyncSession

from app.core.clock import utc_now
from app.core.crud import Repository, names_of, starts_with
from app.core.database import PointInsert, PointQuery, PointReader, add_rows, rows_in
from app.jobs.models import Job, JobEvent, JobState

# Constants, or the partial indexes of these states are not used.
is_queued = Job.state == literal_column("'queued'")
is_running = Job.state == literal_column("'running'")
_people = table("iam_user", column("id"), column("display_name"))  # known here by name only


class JobView(NamedTuple):
    """What an answer about a job is made of."""

    id: int
    kind: str
    queue: str
    title: str
    state: str
    rank: int
    turn: int
    progress: float | None
    progress_text: str | None
    result: dict[str, Any] | None
    error_code: str | None
    error_message: str | None
    error_details: dict[str, Any] | None
    user_id: int | None
    retry_of_id: int | None
    attempts: int
    created_at: datetime
    started_at: datetime | None
    finished_at: datetime | None
    cancel_asked_at: datetime | None
    user_name: str | None
    retried_by_id: int | None


OF_JOB = JobView._fields[:-2]

# Asked most of all (docs/decisions/0011, 0081): compiled once, and run by the point reader.
_retry = table(Job.__tablename__, column("id"), column("retry_of_id")).alias("retry")
_VIEW = PointQuery(
    select(
        *(getattr(Job, name) for name in OF_JOB),
        select(_people.c.display_name).where(_people.c.id == Job.user_id).scalar_subquery(),
        select(func.max(_retry.c.id)).where(_retry.c.retry_of_id == Job.id).scalar_subquery(),
    )
    .select_from(Job)
    .where(Job.id == bindparam("id"), ~Job.is_deleted)
)
_in_queue = (is_queued, Job.queue == bindparam("queue"))
_same = Job.rank == bindparam("rank")


def _number(*conditions: ColumnElement[bool]) -> ScalarSelect[Any]:
    return select(func.count()).where(*_in_queue, *conditions).scalar_subquery()


# Three walks along the index of the line. Its own row is not counted: it may be moving.
_BEFORE = PointQuery(
    select(
        _number(Job.rank < bindparam("rank"), Job.id != bindparam("id"))
        + _number(_same, Job.turn < bindparam("turn"))
        + _number(_same, Job.turn == bindparam("turn"), Job.id < bindparam("id"))
    )
)
_EVENT = PointInsert(JobEvent.__table__, "job_id", "name", "data", "created_at")
_HEAD = PointQuery(select(func.max(JobEvent.id)))
_told = (JobEvent.id, JobEvent.job_id, JobEvent.name, cast(JobEvent.data, Text))  # the text is passed on as it is
_EVENTS = PointQuery(
    select(*_told).where(JobEvent.id > bindparam("after"), JobEvent.id <= bindparam("until")).order_by(JobEvent.id)
)
_EVENTS_OF = PointQuery(
    select(*_told)
    .where(JobEvent.job_id == bindparam("job"), JobEvent.id > bindparam("after"))
    .order_by(JobEvent.id)
    .limit(bindparam("limit"))
)


class EventRow(NamedTuple):
    id: int
    job_id: int
    name: str
    data: str  # JSON, one line


async def view(points: PointReader, job_id: int) -> JobView | None:
    row = await points.first(_VIEW, {"id": job_id})
    return None if row is None else JobView._make(row)


async def place_in_line(points: PointReader, job: JobView) -> int | None:
    """1 is next; None when it is not in line. As many steps along the index as there are jobs before it."""
    if job.state != JobState.QUEUED:
        return None
    row = await points.first(_BEFORE, {"queue": job.queue, "rank": job.rank, "turn": job.turn, "id": job.id})
    return 1 + (row[0] if row else 0)


async def last_event(points: PointReader) -> int:
    row = await points.first(_HEAD)
    return (row[0] if row else 0) or 0


async def events(points: PointReader, after: int, until: int, job_ids: Container[int]) -> list[EventRow]:
    """Those of these jobs, oldest first. Give a range of ids that is short: it is read at once."""
    found = await points.all(_EVENTS, {"after": after, "until": until})
    return [EventRow._make(row) for row in found if row[1] in job_ids]


async def events_of(points: PointReader, job_id: int, after: int, limit: int) -> list[EventRow]:
    rows = await points.all(_EVENTS_OF, {"job": job_id, "after": after, "limit": limit})
    return [EventRow._make(row) for row in rows]


def _in_state(state: str) -> ColumnElement[bool]:
    return Job.state.in_([JobState.QUEUED, JobState.RUNNING]) if state == "active" else Job.state == state


jobs = Repository(
    Job,
    filters={
        "scope": lambda _: true(),  # becomes the filter on `user_id`
        "state": _in_state,
        "q": lambda text: starts_with(Job.title, text),
    },
)


async def views(session: AsyncSession, rows: Sequence[Job]) -> list[JobView]:
    """The same for many, with one query for the names and one for the retries."""
    names = await names_of(session, (row.user_id for row in rows))
    again = select(Job.retry_of_id, func.max(Job.id)).where(Job.retry_of_id.in_([row.id for row in rows]))
    retries = {row[0]: row[1] for row in await session.execute(again.group_by(Job.retry_of_id))}
    return [
        JobView._make([*(getattr(row, name) for name in OF_JOB), names.get(row.user_id or 0), retries.get(row.id)])
        for row in rows
    ]


async def places(session: AsyncSession, rows: Sequence[Job]) -> dict[int, int]:
    """The places in line of those that are in one, by id: one walk along each line, however many are asked for."""
    queues = {row.queue for row in rows if row.state == JobState.QUEUED}
    if not queues:
        return {}
    place = func.row_number().over(partition_by=Job.queue, order_by=(Job.rank, Job.turn, Job.id))
    lines = select(Job.id, place.label("place")).where(is_queued, Job.queue.in_(queues)).subquery()
    found = await session.execute(select(lines).where(lines.c.id.in_([row.id for row in rows])))
    return {row[0]: row[1] for row in found}


async def by_key(session: AsyncSession, user_id: int | None, key: str) -> Job | None:
    return await session.scalar(select(Job).where(Job.user_id == user_id, Job.idempotency_key == key))


async def is_retried(session: AsyncSession, job_id: int) -> bool:
    return await session.scalar(select(Job.id).where(Job.retry_of_id == job_id).limit(1)) is not None


def _next_turn(own: ColumnElement[bool]) -> PointQuery:
    of_queue = and_(Job.queue == bindparam("queue"), _same)
    served = select(func.max(Job.turn)).where(is_running, of_queue).scalar_subquery()
    first = select(func.min(Job.turn)).where(is_queued, of_queue).scalar_subquery()
    last = select(func.max(Job.turn)).where(is_queued, of_queue, own).scalar_subquery()
    return PointQuery(select(func.coalesce(served, first, 0), func.coalesce(last + 1, 0)))


_NEXT_TURN, _NEXT_TURN_OF_NOBODY = _next_turn(Job.user_id == bindparam("user")), _next_turn(Job.user_id.is_(None))


async def next_turn(session: AsyncSession, queue: str, user_id: int | None, rank: int) -> int:
    """The turn of one more job of this person: who waits for one is before whoever waits for many (decision 0082)."""
    query, whose = (_NEXT_TURN_OF_NOBODY, {}) if user_id is None else (_NEXT_TURN, {"user": user_id})
    ((now, own),) = await rows_in(session, query, {"queue": queue, "rank": rank, **whose})
    return max(int(now), int(own))


async def add_events(session: AsyncSession, rows: Iterable[Mapping[str, Any]]) -> None:
    """job_id, name and data of each, and created_at, if that is not now."""
    now = utc_now()
    await add_rows(session, _EVENT, [{"created_at": now, **row} for row in rows])

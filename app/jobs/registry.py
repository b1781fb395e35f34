"""The tasks that there are: `task` declares one, where its domain keeps it; app/tasks.py imports them all."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any, Literal, TypeVar

from pydantic import BaseModel
from sqlalchemy.ext.asyncio import AsyncSession

from app.core.settings import Settings
from app.jobs.context import JobContext
from app.jobs.models import Job
from app.jobs.schedules.forms import fields_of

Queue = Literal["system", "chat", "images", "files"]
# How many jobs of each queue the worker runs at once; APP_QUEUE_LIMITS overrides.
QUEUES: dict[Queue, int] = {"system": 4, "chat": 200, "images": 2, "files": 1}
DEFAULT_TIME_LIMIT = 600.0

P = TypeVar("P", bound=BaseModel)
Result = dict[str, Any] | None
OnEnd = Callable[[AsyncSession, Job], Awaitable[None]]
Concerns = Callable[[Job], bool]


@dataclass(frozen=True)
class Task:
    kind: str
    payload: type[BaseModel]
    queue: Queue
    time_limit: float
    user_may_cancel: bool
    retryable: bool
    on_end: OnEnd | None
    on_end_of: Concerns
    about: str | None
    run: Callable[[JobContext, Any], Awaitable[Result]]


@dataclass(frozen=True)
class Schedule:
    kind: str
    payload: BaseModel
    every: float


_tasks: dict[str, Task] = {}
_schedules: dict[str, Schedule] = {}
_end_listeners: list[tuple[Concerns, OnEnd]] = []


def _every(_: Job) -> bool:
    return True


def task(
    kind: str,
    *,
    payload: type[P],
    queue: Queue,
    time_limit: float = DEFAULT_TIME_LIMIT,
    user_may_cancel: bool = True,
    retryable: bool = True,
    on_end: OnEnd | None = None,
    on_end_of: Concerns = _every,
    schedulable: str | None = None,
) -> Callable[[Callable[[JobContext, P], Awaitable[Result]]], Callable[[JobContext, P], Awaitable[Result]]]:
    """Declare how a kind of job is done. After a crash it runs again from its start, so it must stand that.

    `time_limit`: seconds of one run. `on_end`: called in the transaction that ends the job, however it ends and in
    whichever process; also of a job that never ran. Short, and the database only. `on_end_of`: with which ends, as the
    row of the job says by itself: what is not called costs nothing. `schedulable`: in a sentence what it
    does, for whoever may put it on a schedule; its payload then holds plain values (schedules/forms.py), no secrets.
    """
    if schedulable is not None:
        fields_of(payload)  # here, where it says so at once what no form can show

    def declare(run: Callable[[JobContext, P], Awaitable[Result]]) -> Callable[[JobContext, P], Awaitable[Result]]:
        if kind in _tasks:
            raise ValueError(f"the task {kind} is declared twice")
        _tasks[kind] = Task(
            kind, payload, queue, time_limit, user_may_cancel, retryable, on_end, on_end_of, schedulable, run
        )
        return run

    return declare


def schedule(kind: str, payload: BaseModel, *, every: float) -> None:
    """Have a job of this kind put in line every so many seconds, by whichever worker runs."""
    if kind in _schedules:
        raise ValueError(f"{kind} is scheduled twice")
    _schedules[kind] = Schedule(kind, payload, every)


def after_ends(concerns: Concerns) -> Callable[[OnEnd], OnEnd]:
    """Have this called with every job that ends and that concerns it, after what its kind says itself."""

    def declare(listener: OnEnd) -> OnEnd:
        _end_listeners.append((concerns, listener))
        return listener

    return declare


def end_listeners(job: Job) -> list[OnEnd]:
    """Who is to hear of this one's end: each within a savepoint of its own, which costs more than asking first."""
    task = find_task(job.kind)
    own = [task.on_end] if task is not None and task.on_end is not None and task.on_end_of(job) else []
    return [*own, *(listener for concerns, listener in _end_listeners if concerns(job))]


def find_task(kind: str) -> Task | None:
    return _tasks.get(kind)


def known_kinds() -> list[str]:
    return sorted(_tasks)


def schedulable_tasks() -> list[Task]:
    return [_tasks[kind] for kind in known_kinds() if _tasks[kind].about is not None]


def schedules() -> list[Schedule]:
    return list(_schedules.values())


def limits(settings: Settings) -> dict[str, int]:
    """How many of each queue run at once."""
    return {queue: settings.queue_limits.get(queue, limit) for queue, limit in QUEUES.items()}

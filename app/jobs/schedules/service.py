"""What people do with schedules, and how these and their runs are shown."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from itertools import islice
from typing import Any

from pydantic import ValidationError
from sqlalchemy import inspect
from sqlalchemy.ext.asyncio import AsyncSession

from app.core.clock import utc_now
from app.core.crud import Service, names_of
from app.jobs.engine.repository import last_made
from app.jobs.idempotency import Once
from app.jobs.models import Job
from app.jobs.registry import Task, find_task, schedulable_tasks, schedules
from app.jobs.schedules import repository
from app.jobs.schedules.cron import CronError, check, following, time_zones, upcoming
from app.jobs.schedules.errors import cannot_run, unknown_task, wrong_arguments, wrong_plan
from app.jobs.schedules.forms import fields_of
from app.jobs.schedules.models import JobSchedule, JobScheduleRun, RunState
from app.jobs.schedules.planner import next_built_in
from app.jobs.schedules.runs import state_of
from app.jobs.schedules.schemas import (
    BuiltIn,
    BuiltIns,
    Plan,
    SchedulableTask,
    ScheduleAnswer,
    ScheduleOptions,
    ScheduleRunAnswer,
    ScheduleRunDetail,
)
from app.jobs.schemas import JobFailure
from app.jobs.service import enqueue, repeated, validated

NEXT_RUNS = 10
PLAN = frozenset({"cron", "time_zone", "is_enabled"})
ARGUMENTS = frozenset({"kind", "payload"})


def _schedulable(kind: str) -> Task | None:
    task = find_task(kind)
    return task if task is not None and task.about is not None else None


class ScheduleService(Service[JobSchedule, ScheduleAnswer]):
    async def check(self, session: AsyncSession, row: JobSchedule) -> None:
        changed = {name for name in PLAN | ARGUMENTS if inspect(row).attrs[name].history.has_changes()}
        # One whose task is gone can still be paused.
        if changed & ARGUMENTS or (row.is_enabled and changed):
            _check_arguments(row)
        if changed & PLAN or row.id is None:
            await _plan(session, row)

    async def check_delete(self, session: AsyncSession, rows: Sequence[JobSchedule]) -> None:
        for row in rows:
            row.next_run_at = None

    async def check_restore(self, session: AsyncSession, rows: Sequence[JobSchedule]) -> None:
        """It goes on from now: nothing was missed while it was deleted."""
        for row in rows:
            await _plan(session, row)

    async def before_purge(self, session: AsyncSession, rows: Sequence[JobSchedule]) -> None:
        await repository.remove_runs(session, [row.id for row in rows])

    async def more(self, session: AsyncSession, rows: Sequence[JobSchedule]) -> Mapping[int, Mapping[str, Any]]:
        last = await repository.last_runs(session, [row.id for row in rows])
        jobs = await repository.jobs_of(session, last.values())
        return {
            row.id: {
                "is_known": _schedulable(row.kind) is not None,
                "last_run": _last(last[row.id], jobs) if row.id in last else None,
            }
            for row in rows
        }


def _last(run: JobScheduleRun, jobs: Mapping[int, Job]) -> dict[str, Any]:
    return {"id": run.id, "state": state_of(run, jobs.get(run.job_id or 0)), "at": run.planned_for or run.created_at}


def _check_arguments(row: JobSchedule) -> None:
    task = _schedulable(row.kind)
    if task is None:
        raise unknown_task()
    try:
        validated(task.payload, row.payload)
    except ValidationError as error:
        raise wrong_arguments(error) from None


async def _plan(session: AsyncSession, row: JobSchedule) -> None:
    """From now on, and never again a time that had its run: the clock may have been put back."""
    now = utc_now()
    _check_plan(row.cron, row.time_zone, now)
    last = await repository.last_planned(session, row.id) if row.id is not None else None
    row.next_run_at = following(row.cron, row.time_zone, max(now, last or now)) if row.is_enabled else None


def _check_plan(cron: str, zone: str, now: datetime) -> None:
    if zone not in time_zones():
        raise wrong_plan("time_zone", "There is no such time zone.")
    try:
        check(cron, zone, now)
    except CronError as error:
        raise wrong_plan("cron", str(error)) from None


service = ScheduleService("schedule", "schedules", repository.schedules, ScheduleAnswer)


def options() -> ScheduleOptions:
    tasks = [
        SchedulableTask(
            kind=task.kind,
            about=task.about or "",
            queue=task.queue,
            time_limit=task.time_limit,
            fields=fields_of(task.payload),
        )
        for task in schedulable_tasks()
    ]
    return ScheduleOptions(tasks=tasks, time_zones=time_zones())


def preview(cron: str, zone: str) -> Plan:
    """The next planned times of what is not saved yet."""
    now = utc_now()
    _check_plan(cron, zone, now)
    return Plan(runs=list(islice(upcoming(cron, zone, now), NEXT_RUNS)))


def plan_of(row: JobSchedule) -> Plan:
    """What the worker will do: it begins with the row's own next time, which may have passed already."""
    if row.next_run_at is None:
        return Plan(runs=[])
    try:
        later = list(islice(upcoming(row.cron, row.time_zone, row.next_run_at), NEXT_RUNS - 1))
    except CronError:
        later = []
    return Plan(runs=[row.next_run_at, *later])


async def built_in(session: AsyncSession) -> BuiltIns:
    now = utc_now()
    items = []
    for one in schedules():
        due = await next_built_in(session, one, now)
        last = await last_made(session, one.kind)
        items.append(BuiltIn(kind=one.kind, every_seconds=one.every, last_at=last, next_at=due))
    return BuiltIns(items=items)


async def run_now(session: AsyncSession, schedule_id: int, user_id: int, once: Once | None) -> int:
    """The id of the job. Beside the plan: it waits for nothing, nothing waits for it, and the next time stays."""
    earlier = await repeated(session, user_id, once)
    if earlier is not None:
        return earlier.id
    row = await service.get(session, schedule_id)
    task = _schedulable(row.kind)
    if task is None:
        raise cannot_run("This release has no such task.")
    try:
        payload = validated(task.payload, row.payload)
    except ValidationError:
        raise cannot_run("The arguments do not fit the task of this release any more.") from None
    run = JobScheduleRun(schedule_id=row.id, state=RunState.GIVEN, payload=row.payload)
    session.add(run)
    await session.flush()
    job = await enqueue(
        session,
        row.kind,
        payload,
        user_id=user_id,
        title=row.name,
        idempotency_key=once,
        schedule_run_id=run.id,
    )
    run.job_id = job.id
    await session.flush()
    return job.id


class RunService(Service[JobScheduleRun, ScheduleRunAnswer]):
    """Read only: the worker writes it."""

    async def answers(self, session: AsyncSession, rows: Sequence[JobScheduleRun]) -> list[ScheduleRunAnswer]:
        return [ScheduleRunAnswer(**one) for one in await _shown(session, rows)]


async def run_detail(session: AsyncSession, run_id: int) -> ScheduleRunDetail:
    run = await runs.get(session, run_id)
    (shown,) = await _shown(session, [run])
    job = (await repository.jobs_of(session, [run])).get(run.job_id or 0)
    return ScheduleRunDetail(**shown, payload=run.payload, result=run.result if job is None else job.result)


async def _shown(session: AsyncSession, rows: Sequence[JobScheduleRun]) -> list[dict[str, Any]]:
    jobs = await repository.jobs_of(session, rows)
    of = await repository.of_ids(session, (row.schedule_id for row in rows))
    names = await names_of(session, (row.creator_id for row in rows))
    shown = []
    for row in rows:
        told = jobs.get(row.job_id or 0) if row.state == RunState.GIVEN else row
        error = None
        if told is not None and told.error_code is not None:
            error = JobFailure(code=told.error_code, message=told.error_message or "", details=told.error_details)
        shown.append(
            {
                "id": row.id,
                "schedule_id": row.schedule_id,
                "schedule_name": of[row.schedule_id].name,
                "kind": of[row.schedule_id].kind,
                "is_manual": row.planned_for is None,
                "planned_for": row.planned_for,
                "stands_for": row.stands_for,
                "state": state_of(row, jobs.get(row.job_id or 0)),
                "job_id": row.job_id,
                "created_at": row.created_at,
                "creator_id": row.creator_id,
                "creator_name": names.get(row.creator_id or 0),
                "started_at": told and told.started_at,
                "finished_at": told and told.finished_at,
                "error": error,
            }
        )
    return shown


runs = RunService("schedule_run", "schedule_runs", repository.runs, ScheduleRunAnswer)

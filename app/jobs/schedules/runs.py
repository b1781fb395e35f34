"""The life of a run: given to a job, kept waiting or passed over, and what is noted when its job ends.

Everything here happens in the caller's transaction, together with what made it happen.
"""

from datetime import datetime

from loguru import logger
from pydantic import ValidationError
from sqlalchemy.ext.asyncio import AsyncSession

from app.core.alerts import declare_alert, raise_alert
from app.core.clock import utc_now
from app.core.database import Database
from app.core.parameters import declare_parameter
from app.jobs.errors import PAYLOAD_INVALID
from app.jobs.models import ENDED, Job, JobState
from app.jobs.registry import after_ends, find_task
from app.jobs.schedules import repository
from app.jobs.schedules.errors import JOB_LOST, TASK_UNKNOWN
from app.jobs.schedules.models import JobSchedule, JobScheduleRun, Overlap, RunState
from app.jobs.service import enqueue, validated

MOST_WAITING = 100
REMOVED_AT_ONCE = 500
RUN_RETENTION_DAYS = declare_parameter(
    "jobs.schedule_run_days",
    "integer",
    90,
    "Days that runs of schedules are kept",
    "Entries of the run log older than this are removed by the worker, a few at a time.",
    least=1,
)
LINK = "/schedules"
FAILED = declare_alert("schedule_failed", "A scheduled run failed.")
DID_NOT_RUN = declare_alert("schedule_did_not_run", "A scheduled run did not begin when it was due.")


async def place(session: AsyncSession, schedule: JobSchedule, run: JobScheduleRun) -> None:
    """Begin a planned run, or do what the schedule says of one that is due while the one before is still at work."""
    if schedule.overlap != Overlap.ALLOW:
        waiting = await repository.planned_in(session, schedule.id, RunState.WAITING)
        if waiting or await repository.planned_in(session, schedule.id, RunState.GIVEN):
            waits = schedule.overlap == Overlap.WAIT and len(waiting) < MOST_WAITING
            run.state = RunState.WAITING if waits else RunState.SKIPPED
    session.add(run)
    await session.flush()
    if run.state == RunState.GIVEN:
        await give(session, schedule, run)


async def give(session: AsyncSession, schedule: JobSchedule, run: JobScheduleRun) -> bool:
    """Put its job in line. False, and the run has failed, when this release cannot do what was planned."""
    task = find_task(schedule.kind)
    if task is None or task.about is None:
        words = f"This release has no task {schedule.kind} that may be scheduled."
        await _fail(session, schedule, run, TASK_UNKNOWN, words)
        return False
    try:
        payload = validated(task.payload, run.payload)
    except ValidationError:
        words = "The arguments do not fit the task of this release any more."
        await _fail(session, schedule, run, PAYLOAD_INVALID, words)
        return False
    job = await enqueue(session, schedule.kind, payload, user_id=None, title=schedule.name, schedule_run_id=run.id)
    run.state, run.job_id = RunState.GIVEN, job.id
    await session.flush()
    return True


async def settle(session: AsyncSession, run: JobScheduleRun, job: Job | None) -> None:
    """Note how its job ended, tell of a failure, and begin the run that waited for it."""
    if run.state != RunState.GIVEN:
        return
    schedule = (await repository.of_ids(session, [run.schedule_id]))[run.schedule_id]
    if job is None:
        await _fail(session, schedule, run, JOB_LOST, "Its job is gone, and nobody noted how it ended.")
    else:
        run.state = RunState(job.state)
        run.started_at, run.finished_at, run.result = job.started_at, job.finished_at, job.result
        run.error_code, run.error_message, run.error_details = job.error_code, job.error_message, job.error_details
        await session.flush()
        if run.state == RunState.FAILED:
            await _tell_of_failure(session, schedule, run)
    if run.planned_for is not None:
        await go_on(session, schedule)


async def go_on(session: AsyncSession, schedule: JobSchedule) -> None:
    """Begin what waits, once nothing of this schedule is at work; of one that was paused or deleted, nothing."""
    if await repository.planned_in(session, schedule.id, RunState.GIVEN):
        return
    for run in await repository.planned_in(session, schedule.id, RunState.WAITING):
        if schedule.is_deleted or not schedule.is_enabled:
            run.state = RunState.SKIPPED
            await session.flush()
        elif await give(session, schedule, run):
            return


async def _fail(session: AsyncSession, schedule: JobSchedule, run: JobScheduleRun, code: str, words: str) -> None:
    run.state, run.finished_at, run.error_code, run.error_message = RunState.FAILED, utc_now(), code, words
    await session.flush()
    await _tell_of_failure(session, schedule, run)


async def _tell_of_failure(session: AsyncSession, schedule: JobSchedule, run: JobScheduleRun) -> None:
    details = {
        "schedule_id": schedule.id,
        "name": schedule.name,
        "run_id": run.id,
        "job_id": run.job_id,
        "code": run.error_code,
        "message": run.error_message,
    }
    await raise_alert(session, FAILED, details, link=f"{LINK}?schedule={schedule.id}")


async def tell_of_silence(
    session: AsyncSession, schedule: JobSchedule, run: JobScheduleRun | None = None, *, missed: int = 1
) -> None:
    """That planned times passed without a run, once for each time that was next."""
    planned = run.planned_for if run is not None else schedule.next_run_at
    details = {
        "schedule_id": schedule.id,
        "name": schedule.name,
        "planned_for": planned and planned.isoformat(),
        "missed": missed,
    }
    await raise_alert(session, DID_NOT_RUN, details, link=f"{LINK}?schedule={schedule.id}")


@after_ends(lambda job: job.schedule_run_id is not None)
async def _note_end(session: AsyncSession, job: Job) -> None:
    if job.schedule_run_id is None:
        return
    run = await repository.run_of(session, job.schedule_run_id)
    if run is not None:
        await settle(session, run, job)


async def settle_forgotten(session: AsyncSession) -> int:
    """Set right what an end did not: noted by another release, or by nobody. Returns how much there was."""
    unsettled = await repository.unsettled(session)
    for run_id, job in unsettled:
        run = await repository.run_of(session, run_id)
        if run is not None and (job is None or job.state in ENDED):
            logger.warning("The end of run {} of schedule {} had not been noted", run.id, run.schedule_id)
            await settle(session, run, job)
    forgotten = await repository.forgotten(session)
    for schedule in (await repository.of_ids(session, forgotten)).values():
        await go_on(session, schedule)
    return len(unsettled) + len(forgotten)


def state_of(run: JobScheduleRun, job: Job | None) -> str:
    """As people are told it: of one that was given to a job, the job's."""
    if run.state != RunState.GIVEN:
        return run.state
    return JobState.FAILED if job is None else job.state


async def prune(database: Database, before: datetime) -> None:
    removed = REMOVED_AT_ONCE
    while removed == REMOVED_AT_ONCE:
        async with database.work() as work:
            removed = await repository.runs.remove_before(await work.writing(), before, REMOVED_AT_ONCE)

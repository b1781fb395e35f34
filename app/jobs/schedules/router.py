"""/api/v1/schedules and /api/v1/schedule-runs"""

from typing import Annotated

from fastapi import Query, Response

from app.core.crud import NOT_FOUND, NOT_FOUND_OR_CONFLICT, PathId, add_routes
from app.core.dependencies import ReadSession, WriteSession
from app.core.errors import ErrorCode, problem_responses
from app.core.permissions import require
from app.core.principal import CurrentPrincipal
from app.core.routing import Router
from app.jobs.idempotency import OnceDependency
from app.jobs.schedules import service
from app.jobs.schedules.permissions import LABELS, RUN
from app.jobs.schedules.schemas import (
    BuiltIns,
    Plan,
    PlanQuery,
    ScheduleCreate,
    ScheduleOptions,
    ScheduleQuery,
    ScheduleRunDetail,
    ScheduleRunQuery,
    ScheduleUpdate,
)
from app.jobs.schemas import Accepted, accepted

router = Router(prefix="/schedules", tags=["schedules"])
runs = Router(prefix="/schedule-runs", tags=["schedules"])


@router.get("/options", dependencies=[require(LABELS.get)])
async def list_schedule_options() -> ScheduleOptions:
    """What may be scheduled, with the form of its arguments, and the time zones."""
    return service.options()


@router.get("/preview", dependencies=[require(LABELS.get)])
async def preview_schedule(query: Annotated[PlanQuery, Query()]) -> Plan:
    """When a cron expression falls due next."""
    return service.preview(query.cron, query.time_zone)


@router.get("/built-in", dependencies=[require(LABELS.get)])
async def list_built_in_schedules(session: ReadSession) -> BuiltIns:
    """What the product does by itself again and again."""
    return await service.built_in(session)


@router.get("/{id}/plan", dependencies=[require(LABELS.get)], responses=NOT_FOUND)
async def plan_schedule(session: ReadSession, id: PathId) -> Plan:
    """When the worker will begin its next runs; of a paused one, none."""
    return service.plan_of(await service.service.get(session, id))


@router.post(
    "/{id}/run",
    status_code=202,
    dependencies=[require(RUN)],
    responses=NOT_FOUND_OR_CONFLICT | problem_responses(ErrorCode.IDEMPOTENCY_CONFLICT, ErrorCode.CONFLICT),
)
async def run_schedule(
    session: WriteSession, response: Response, principal: CurrentPrincipal, once: OnceDependency, id: PathId
) -> Accepted:
    """Run it once now, beside the plan, also while it is paused."""
    return accepted(response, await service.run_now(session, id, principal.user_id, once))


add_routes(router, service.service, LABELS, query=ScheduleQuery, create=ScheduleCreate, update=ScheduleUpdate)


@runs.get("", dependencies=[require(LABELS.get)], response_model=service.runs.page_answer)
async def list_schedule_runs(session: ReadSession, query: Annotated[ScheduleRunQuery, Query()]) -> object:
    """What ran and what did not, of one schedule or of all."""
    return await service.runs.page(session, query)


@runs.get("/{id}", dependencies=[require(LABELS.get)], responses=NOT_FOUND)
async def get_schedule_run(session: ReadSession, id: PathId) -> ScheduleRunDetail:
    """One run, with its arguments and what came of it."""
    return await service.run_detail(session, id)

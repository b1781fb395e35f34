"""/api/v1/job-queues and /api/v1/health/jobs"""

from app.core.dependencies import ReadSession, SettingsDependency
from app.core.permissions import public, require
from app.core.routing import Router
from app.jobs.permissions import GET
from app.jobs.queues import service
from app.jobs.queues.schemas import JobHealth, Queues

router = Router(prefix="/job-queues", tags=["jobs"])
health = Router(prefix="/health", tags=["health"])


@router.get("", dependencies=[require(GET)])
async def list_job_queues(session: ReadSession, settings: SettingsDependency) -> Queues:
    """What waits and runs in each queue, and who works on it."""
    return await service.overview(session, settings)


@health.get("/jobs", dependencies=[public()])
async def answer_job_health(session: ReadSession, settings: SettingsDependency) -> JobHealth:
    """Whether somebody works on the jobs, and how long the oldest waits. Always 200."""
    return service.health(await service.overview(session, settings))

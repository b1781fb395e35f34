"""Health outside /api/v1, and what signed-in people may see of the system."""

from fastapi import Request, Response

from app.core.dependencies import DatabaseDependency, ReleaseDependency, SettingsDependency
from app.core.errors import ErrorCode, problem_responses
from app.core.permissions import public, require, self_
from app.core.routing import Router
from app.system.health import service
from app.system.health.permissions import LINK_CHECK_GET
from app.system.health.schemas import Health, LinkCheckReport, Live, Readiness, ReleaseServed

root = Router(tags=["health"])
health = Router(prefix="/health", tags=["health"])
system = Router(prefix="/system", tags=["system"])


@root.get("/health", dependencies=[public()])
async def answer_health(release: ReleaseDependency, settings: SettingsDependency) -> Health:
    """Which release answers; asks nothing else, so that it also answers when the database does not."""
    return Health(release=release.id, version=release.version, slot=settings.slot)


@health.get("/live", dependencies=[public()])
async def answer_live() -> Live:
    """The process serves requests."""
    return Live()


@health.get(
    "/ready",
    dependencies=[public()],
    responses={503: {"model": Readiness, "description": "At least one check failed."}},
)
async def answer_ready(
    request: Request, response: Response, database: DatabaseDependency, release: ReleaseDependency
) -> Readiness:
    """Whether requests can be served whole: the database reads and lets us write, its schema is this release's."""
    checks = await service.readiness(database, request.app.state.migration_heads)
    ready = all(check.ok for check in checks)
    if not ready:
        response.status_code = 503
    return Readiness(status="ready" if ready else "unavailable", release=release.id, checks=checks)


@system.get(
    "/link-check", dependencies=[require(LINK_CHECK_GET)], responses=problem_responses(ErrorCode.LINK_CHECK_NOT_RUN)
)
async def get_link_check(settings: SettingsDependency) -> LinkCheckReport:
    """The last link-check report of this machine."""
    return await service.last_link_check(settings.link_check_report)


@system.get("/release", dependencies=[self_()])
async def get_release(request: Request, release: ReleaseDependency, settings: SettingsDependency) -> ReleaseServed:
    """The release that answers, and since when."""
    return ReleaseServed(
        **release.model_dump(),
        slot=settings.slot,
        environment=settings.environment,
        started_at=request.app.state.started_at,
    )

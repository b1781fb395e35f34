"""The history of releases."""

from typing import Annotated

from fastapi import Query

from app.core.dependencies import SettingsDependency
from app.core.permissions import require
from app.core.routing import Router
from app.system.releases import service
from app.system.releases.permissions import RELEASE_GET
from app.system.releases.schemas import ReleaseRuns

router = Router(prefix="/system/releases", tags=["system"])


@router.get("", dependencies=[require(RELEASE_GET)])
async def list_releases(
    settings: SettingsDependency,
    page: Annotated[int, Query(ge=1)] = 1,
    page_size: Annotated[int, Query(ge=1, le=200)] = 20,
) -> ReleaseRuns:
    """Every provisioning, deployment and rollback of this machine, newest first."""
    return await service.releases(settings.audit_log, page, page_size)

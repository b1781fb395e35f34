"""Drift: what was changed by hand."""

from app.core.dependencies import SettingsDependency
from app.core.errors import ErrorCode, problem_responses
from app.core.permissions import require
from app.core.routing import Router
from app.system.drift import service
from app.system.drift.schemas import DriftReport
from app.system.health.permissions import LINK_CHECK_GET

router = Router(prefix="/system/drift", tags=["system"])


@router.get("", dependencies=[require(LINK_CHECK_GET)], responses=problem_responses(ErrorCode.DRIFT_NOT_CHECKED))
async def get_drift(settings: SettingsDependency) -> DriftReport:
    """What on this machine no longer equals what was provisioned, as of the last check."""
    return await service.last_drift(settings.drift_report)

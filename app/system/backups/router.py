"""/api/v1/system/backups"""

from app.core.dependencies import SettingsDependency
from app.core.errors import ErrorCode, problem_responses
from app.core.permissions import require
from app.core.routing import Router
from app.system.backups import service
from app.system.backups.permissions import CREATE, GET
from app.system.backups.schemas import BackupState

router = Router(prefix="/system/backups", tags=["system"])


@router.get("", dependencies=[require(GET)])
async def get_backups(settings: SettingsDependency) -> BackupState:
    """How the last backup went, and which are kept. Restoring one is done from the controller."""
    return await service.state(settings)


@router.post(
    "", status_code=202, dependencies=[require(CREATE)], responses=problem_responses(ErrorCode.BACKUP_NOT_OFFERED)
)
async def request_backup(settings: SettingsDependency) -> BackupState:
    """Ask for a backup now. It begins within a minute; asking again before that changes nothing."""
    return await service.ask_for_one(settings)

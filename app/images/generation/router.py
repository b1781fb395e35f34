"""/api/v1/generate/text2image and /api/v1/image-options"""

from fastapi import Response

from app.core.clock import utc_now
from app.core.database import Work
from app.core.dependencies import DatabaseDependency, PrincipalWork, ReadSession, SettingsDependency
from app.core.errors import ErrorCode, problem_responses
from app.core.files import DiskFullError
from app.core.parameters import ParametersDependency
from app.core.permissions import require
from app.core.principal import CurrentPrincipal
from app.core.routing import Router
from app.images.gallery.disk import room
from app.images.generation import service
from app.images.generation.errors import no_room, quota_reached
from app.images.generation.quota import DAILY_QUOTA, day_of, used_today
from app.images.generation.repository import KIND
from app.images.generation.schemas import Disk, ImageOptions, Order, Quota, Text2Image
from app.images.permissions import USE
from app.images.providers.repository import providers
from app.jobs import Accepted, Job, Once, OnceDependency, accepted, enqueue, repeated

router = Router(tags=["images"])


@router.post(
    "/generate/text2image",
    status_code=202,
    dependencies=[require(USE)],
    responses=problem_responses(ErrorCode.IMAGE_QUOTA_REACHED, ErrorCode.DISK_BUDGET, ErrorCode.IDEMPOTENCY_CONFLICT),
)
async def generate_text2image(
    work: PrincipalWork,
    principal: CurrentPrincipal,
    database: DatabaseDependency,
    settings: SettingsDependency,
    parameters: ParametersDependency,
    once: OnceDependency,
    response: Response,
    body: Text2Image,
) -> Accepted:
    """Have pictures made from text. The job tells of each as soon as it is there, and ends with their ids."""
    async with work.reading() as reading:
        job = await repeated(reading, principal.user_id, once)
        if job is None:
            order = await service.decide(reading, body)
    if job is None:
        try:
            (await room(database, parameters, settings)).refuse_unless(service.needed_bytes(order))
        except DiskFullError as error:
            raise no_room(str(error)) from error
        job = await _put_in_line(work, order, principal.user_id, await parameters.get(DAILY_QUOTA), once)
    return accepted(response, job.id)


async def _put_in_line(work: Work, order: Order, user_id: int, limit: int, once: Once | None) -> Job:
    session, now = await work.writing(), utc_now()
    job = await enqueue(session, KIND, order, user_id=user_id, idempotency_key=once, title=order.prompt)
    # With the new one, under the write lock: of two at once the second sees the first.
    if limit and await used_today(session, user_id, now) > limit:
        raise quota_reached(limit, now, day_of(now).ends)
    return job


@router.get("/image-options", dependencies=[require(USE)])
async def get_image_options(
    session: ReadSession,
    principal: CurrentPrincipal,
    database: DatabaseDependency,
    settings: SettingsDependency,
    parameters: ParametersDependency,
) -> ImageOptions:
    """What can be asked for, and how much of it is left."""
    # These read by themselves: first, for a request that holds one connection and waits for another can wait for ever.
    space = await room(database, parameters, settings)
    limit = await parameters.get(DAILY_QUOTA)
    options = service.options_of(await providers.enabled(session))
    return ImageOptions(
        providers=options,
        default=service.default_of(options),
        quota=Quota(used=await used_today(session, principal.user_id, utc_now()), limit=limit or None),
        disk=Disk(used_bytes=space.used_bytes, budget_bytes=space.budget_bytes),
    )

"""The port of app.core.people: who is meant by "the administrators" or "whoever holds this label"."""

from collections.abc import Sequence

from sqlalchemy.ext.asyncio import AsyncSession

from app.core.people import ADMINISTRATORS, Audience, Somebody
from app.core.permissions import all_labels
from app.iam.menus.repository import roles_granting
from app.iam.users import repository


async def find(session: AsyncSession, audience: Audience) -> Sequence[Somebody]:
    if audience == ADMINISTRATORS:
        found = await repository.able_administrators(session)
    elif isinstance(audience, str):
        if audience not in all_labels():
            raise ValueError(f"{audience} is no audience")
        found = await repository.able_with_roles(session, await roles_granting(session, audience))
    else:
        found = await repository.able_of(session, audience)
    return [Somebody(row.id, row.display_name, row.email, row.locale, row.time_zone) for row in found]

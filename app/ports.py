"""Who stands behind the ports of app/core that have no request to be found through. Import it in every process."""

from sqlalchemy.ext.asyncio import AsyncSession

from app.core import alerts, notices
from app.core.people import people_are_found_by
from app.iam.users import people
from app.notify import posting


async def _to_administrators(session: AsyncSession, alert: alerts.Alert) -> None:
    await notices.alert(session, alert.kind.code, alert.details, alert.link or "")


people_are_found_by(people.find)
notices.notices_are_posted_by(posting.post)
alerts.listen(_to_administrators)

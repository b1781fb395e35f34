"""How many pictures a person may have made in a day."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy.ext.asyncio import AsyncSession

from app.core.parameters import declare_parameter
from app.images.gallery.repository import made_since
from app.images.generation.repository import pending

DAILY_QUOTA = declare_parameter(
    "images.daily_quota",
    "integer",
    100,
    "Images a day",
    "Pictures that one person may have made between midnight and midnight (UTC). 0: as many as they like.",
)


@dataclass(frozen=True)
class Day:
    begins: datetime
    ends: datetime


def day_of(now: datetime) -> Day:
    begins = now.replace(hour=0, minute=0, second=0, microsecond=0)
    return Day(begins, begins + timedelta(days=1))


async def used_today(session: AsyncSession, user_id: int, now: datetime) -> int:
    """Made since midnight, and still to be made. Of a job that is at work, all that it was asked for counts."""
    waiting = await pending(session, user_id)
    made = await made_since(session, user_id, day_of(now).begins, [job_id for job_id, _ in waiting])
    return made + sum(count for _, count in waiting)

"""What is still to be made, asked of the jobs themselves."""

from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from app.jobs import Job, JobState

KIND = "images.text2image"
PENDING = (JobState.QUEUED, JobState.RUNNING)


async def pending(session: AsyncSession, user_id: int) -> Sequence[tuple[int, int]]:
    """Id and number of pictures of each job of this person that has not ended."""
    count = Job.payload["count"].as_integer()
    query = select(Job.id, count).where(Job.user_id == user_id, Job.kind == KIND, Job.state.in_(PENDING))
    return [(row[0], row[1]) for row in await session.execute(query)]

"""Who is logged in, and who tried: for people who look after that."""

from collections.abc import Sequence
from datetime import datetime

from loguru import logger
from sqlalchemy.ext.asyncio import AsyncSession

from app.core.clock import utc_now
from app.core.errors import ErrorCode, ProblemError
from app.core.events import publish
from app.core.principal import written_by
from app.iam.sessions import repository
from app.iam.sessions.schemas import (
    LoginLogAnswer,
    LoginLogPage,
    LoginLogQuery,
    SessionAnswer,
    SessionPage,
    SessionQuery,
)
from app.iam.users.service import refuse_stronger

REMOVED_AT_ONCE = 5_000


async def session_page(session: AsyncSession, query: SessionQuery, current_id: str) -> SessionPage:
    rows = await repository.sessions.page(session, query)
    total, is_exact = await repository.sessions.count(session, query)
    people = await repository.people(session, [row.user_id for row in rows])
    items = [
        SessionAnswer(
            id=row.id,
            user_id=row.user_id,
            username=people[row.user_id].username,
            display_name=people[row.user_id].display_name,
            client_network=row.client_network,
            user_agent=row.user_agent,
            created_at=row.created_at,
            refreshed_at=row.refreshed_at,
            expires_at=row.expires_at,
            is_remembered=row.is_remembered,
            is_current=row.id == current_id,
        )
        for row in rows
    ]
    return SessionPage(items=items, total=total, total_is_exact=is_exact, page=query.page, page_size=query.page_size)


async def kick(session: AsyncSession, ids: Sequence[str]) -> None:
    """All or nothing. It holds from the next request on, whichever worker gets it; the page is told at once."""
    rows = await repository.sessions.of_ids(session, ids)
    if {row.id for row in rows} != set(ids):
        raise ProblemError(ErrorCode.NOT_FOUND)
    user_ids = {row.user_id for row in rows}
    await refuse_stronger(session, user_ids)
    for row in rows:
        row.revoked_at = utc_now()
    for user_id in user_ids:
        await publish(session, "rights", {}, user_id=user_id)
    principal = written_by(session)
    logger.info("User {} ended {} sessions of users {}", principal and principal.user_id, len(rows), sorted(user_ids))


async def log_page(session: AsyncSession, query: LoginLogQuery) -> LoginLogPage:
    rows = await repository.login_log.page(session, query)
    total, is_exact = await repository.login_log.count(session, query)
    items = [LoginLogAnswer.model_validate(row, from_attributes=True) for row in rows]
    return LoginLogPage(items=items, total=total, total_is_exact=is_exact, page=query.page, page_size=query.page_size)


async def remove_log(session: AsyncSession, before: datetime) -> tuple[int, bool]:
    """(removed, whether there is more)."""
    removed = await repository.login_log.remove_before(session, before, REMOVED_AT_ONCE)
    return removed, removed == REMOVED_AT_ONCE

"""Log files."""

from typing import Annotated

from fastapi import Depends, Query, Request

from app.core.errors import ErrorCode, problem_responses
from app.core.permissions import require
from app.core.routing import Router
from app.system.logs.permissions import LOG_GET
from app.system.logs.schemas import LogInstances, LogPage, LogQuery
from app.system.logs.service import LogSearch

router = Router(prefix="/system/logs", tags=["system"])


async def _search(request: Request) -> LogSearch:
    search: LogSearch = request.app.state.log_search
    return search


Search = Annotated[LogSearch, Depends(_search)]


@router.get("", dependencies=[require(LOG_GET)], responses=problem_responses(ErrorCode.SERVICE_UNAVAILABLE))
async def search_logs(search: Search, query: Annotated[LogQuery, Query()]) -> LogPage:
    """Records of this machine's log files, newest first. It takes a few seconds at most, and says how far it got."""
    return await search.page(query)


@router.get("/instances", dependencies=[require(LOG_GET)])
async def list_log_instances(search: Search) -> LogInstances:
    """Whose log files there are."""
    return await search.instances()

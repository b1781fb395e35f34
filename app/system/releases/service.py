"""Makes runs of the audit log's entries."""

import asyncio
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from loguru import logger
from pydantic import ValidationError

from app.system.releases import repository
from app.system.releases.schemas import Outcome, ReleaseRun, ReleaseRuns


async def releases(audit_log: Path, page: int, page_size: int) -> ReleaseRuns:
    """Newest first. A page beyond the end is empty."""
    end = await asyncio.to_thread(repository.read_end, audit_log)
    runs = merged(end.entries)
    first = (page - 1) * page_size
    return ReleaseRuns(
        items=runs[first : first + page_size],
        total=len(runs),
        total_is_exact=end.is_whole,
        page=page,
        page_size=page_size,
    )


def merged(entries: Iterable[dict[str, Any]]) -> list[ReleaseRun]:
    """The entries of one run share its id; later ones know more. Newest first."""
    by_id: dict[str, dict[str, Any]] = {}
    for entry in entries:
        known = by_id.setdefault(str(entry.get("id")), {"started_at": entry.get("at")})
        known.update({key: value for key, value in entry.items() if value is not None})
    runs: list[ReleaseRun] = []
    for run in reversed(by_id.values()):
        if run.get("event") != "finished":
            # One deployment at a time: whoever started later found this one gone.
            run["outcome"] = Outcome.INTERRUPTED if runs else Outcome.RUNNING
            run.pop("seconds", None)
        try:
            runs.append(ReleaseRun.model_validate(run))
        except ValidationError as error:
            logger.warning("A run of the audit log cannot be shown: {}", [item["loc"] for item in error.errors()])
    return runs

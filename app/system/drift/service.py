"""The last drift report."""

import asyncio
from pathlib import Path

from app.system.drift.errors import drift_not_checked
from app.system.drift.schemas import DriftReport


async def last_drift(report: Path) -> DriftReport:
    try:
        content = await asyncio.to_thread(report.read_bytes)
    except FileNotFoundError:
        raise drift_not_checked() from None
    return DriftReport.model_validate_json(content)

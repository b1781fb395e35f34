"""A clock that tests move, and what they do with schedules."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from app.core.alerts import Alert
from app.core.database import Database
from app.jobs.models import Job, JobState
from app.jobs.schedules import repository, service
from app.jobs.schedules.models import JobSchedule, JobScheduleRun
from app.jobs.schedules.planner import Planner
from app.jobs.schedules.schemas import ScheduleRunQuery
from app.jobs.service import end

Change = Callable[[JobSchedule], Awaitable[None]]


def at(text: str, zone: str = "UTC", fold: int = 0) -> datetime:
    """A moment as the clock on the wall says it."""
    return datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone), fold=fold).astimezone(UTC)


@dataclass
class Clock:
    database: Database
    monkeypatch: pytest.MonkeyPatch
    now: datetime = field(default_factory=lambda: at("2026-03-01T12:00:30"))
    alerts: list[Alert] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.monkeypatch.setattr(service, "utc_now", lambda: self.now)
        self.planner = Planner(self.database)

    async def heard(self, _: object, alert: Alert) -> None:
        self.alerts.append(alert)

    async def make(self, cron: str = "0 * * * *", **columns: Any) -> int:
        values: dict[str, Any] = {
            "name": f"{cron} {len(columns)}",
            "kind": "test.arguments",
            "payload": {"words": "planned"},
            "time_zone": "UTC",
            "misfire": "once",
            "overlap": "skip",
            "is_enabled": True,
            **columns,
        }
        async with self.database.work() as work:
            row = await service.service.create(await work.writing(), {"cron": cron, **values})
        return row.id

    async def change(self, id_: int, **columns: Any) -> None:
        async with self.database.work() as work:
            await service.service.update(await work.writing(), id_, columns)

    async def move(self, now: datetime, planner: Planner | None = None) -> None:
        """The worker looks at this moment, and not before."""
        self.now = now
        await (planner or self.planner).begin_due(now)

    async def walk(self, until: datetime, step: timedelta = timedelta(seconds=30)) -> None:
        """A worker that is always there."""
        while self.now < until:
            await self.move(self.now + step)

    async def end(self, job_id: int, state: JobState = JobState.DONE, **more: Any) -> None:
        async with self.database.work() as work:
            session = await work.writing()
            job = await session.get(Job, job_id)
            assert job is not None
            await end(session, job, state, **more)

    async def plan(self, id_: int) -> list[datetime]:
        """As the page shows it."""
        async with self.database.work() as work, work.reading() as session:
            return service.plan_of(await service.service.get(session, id_)).runs

    async def runs(self, id_: int) -> list[JobScheduleRun]:
        async with self.database.work() as work, work.reading() as session:
            query = ScheduleRunQuery(page_size=200, sort="created_at", schedule_id=id_)
            found = await repository.runs.page(session, query)
        return sorted(found, key=lambda run: (run.planned_for or run.created_at, run.id))

    async def told(self, id_: int) -> list[tuple[str, str, int]]:
        """Time on the wall in UTC, state, how many it stands for."""
        return [
            (f"{run.planned_for:%H:%M}" if run.planned_for else "asked", run.state, run.stands_for)
            for run in await self.runs(id_)
        ]

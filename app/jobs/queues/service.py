"""How it stands with the queues and the workers."""

from datetime import datetime, timedelta

from sqlalchemy.ext.asyncio import AsyncSession

from app.core.clock import utc_now
from app.core.settings import Settings
from app.jobs.models import ALIVE_SECONDS, JobWorker
from app.jobs.queues import repository
from app.jobs.queues.schemas import JobHealth, QueueAnswer, Queues, WorkerAnswer
from app.jobs.registry import limits

FAILED_WITHIN = timedelta(hours=24)


def _is_alive(worker: JobWorker, now: datetime) -> bool:
    return (now - worker.seen_at).total_seconds() < ALIVE_SECONDS


def _age(moment: datetime | None, now: datetime) -> float | None:
    return None if moment is None else round(max(0.0, (now - moment).total_seconds()), 3)


async def overview(session: AsyncSession, settings: Settings) -> Queues:
    now = utc_now()
    known = limits(settings)
    waiting, running = await repository.waiting(session), await repository.running(session)
    failed = await repository.failed(session, known, now - FAILED_WITHIN)
    none = repository.Waiting(0, None)
    queues = [
        QueueAnswer(
            name=name,
            concurrency=limit,
            queued=waiting.get(name, none).number,
            running=running.get(name, 0),
            failed_24h=failed.get(name, 0),
            oldest_queued_seconds=_age(waiting.get(name, none).oldest, now),
        )
        for name, limit in known.items()
    ]
    workers = [
        WorkerAnswer(
            name=worker.name,
            release=worker.release,
            host=worker.host,
            pid=worker.pid,
            started_at=worker.started_at,
            seen_at=worker.seen_at,
            is_alive=_is_alive(worker, now),
        )
        for worker in await repository.workers(session)
    ]
    return Queues(queues=queues, workers=workers)


def health(found: Queues) -> JobHealth:
    ages = [queue.oldest_queued_seconds for queue in found.queues if queue.oldest_queued_seconds is not None]
    return JobHealth(
        workers_alive=sum(worker.is_alive for worker in found.workers),
        queued=sum(queue.queued for queue in found.queues),
        oldest_queued_seconds=max(ages, default=None),
    )
